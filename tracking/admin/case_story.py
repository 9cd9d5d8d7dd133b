"""The story of a case as lines to read: activity, signals, status changes and events in one order, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Value
from django.db.models.functions import Concat, Trim
from django.utils.dateparse import parse_datetime

from tracking.admin.reader import Reader
from tracking.models import CaseActivity, Signal, StatusChange, Team, TrackingEvent
from tracking.shipments.queries import Entry
from tracking.vocabulary import (
    KIND_ICON,
    SEVERITY_LOOK,
    STATUS_LOOK,
    ActivityKind,
    Outcome,
    Precision,
    ShipmentStatus,
    SignalState,
    WaitingParty,
)

ACTIVITY_ICON = {
    ActivityKind.NOTE: "edit_note",
    ActivityKind.ROUTED: "alt_route",
    ActivityKind.RESOLVED: "flag",
    ActivityKind.REOPENED: "refresh",
    ActivityKind.WAITING: "snooze",
    ActivityKind.WOKEN: "alarm",
    ActivityKind.NEXT_ACTION: "event",
    ActivityKind.OPENED: "inbox",
    ActivityKind.PROMISED: "handshake",
    ActivityKind.PROMISE_BROKEN: "heart_broken",
    ActivityKind.CARE_SET: "favorite",
    ActivityKind.MACRO: "bolt",
    ActivityKind.UNDONE: "undo",
    ActivityKind.DISPUTED: "gavel",
}
DID = {  # what a person did, after the name
    ActivityKind.TAKEN: "took it",
    ActivityKind.ASSIGNED: "assigned it",
    ActivityKind.RELEASED: "gave it back",
    ActivityKind.ACKNOWLEDGED: "acknowledged it",
    ActivityKind.WAITING: "put it aside",
    ActivityKind.NOTE: "noted",
    ActivityKind.NEXT_ACTION: "set the next action:",
    ActivityKind.RESOLVED: "resolved it:",
    ActivityKind.REOPENED: "reopened it",
    ActivityKind.PROMISED: "promised the customer",
    ActivityKind.PROMISE_KEPT: "kept the promise",
    ActivityKind.PROMISE_BROKEN: "said that the promise was broken",
    ActivityKind.PROMISE_WITHDRAWN: "withdrew the promise",
    ActivityKind.CARE_SET: "changed the care level",
    ActivityKind.MACRO: "used a macro:",
    ActivityKind.UNDONE: "undid the last action",
    ActivityKind.HANDED_OVER: "handed it over",
}
WHY_IN_NOTE = {  # what the system did: its note says why, or what it was
    ActivityKind.ROUTED,
    ActivityKind.WOKEN,
    ActivityKind.ESCALATED,
    ActivityKind.HANDED_OVER,
    ActivityKind.PROMISE_BROKEN,
}
SAID_BY_SIGNALS = {ActivityKind.SIGNAL_ADDED, ActivityKind.SIGNAL_CLEARED}  # the signals' own lines say it better


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `tint` and `icon` make its node; `who` is "" for the system."""

    at: datetime
    when: str
    tint: str
    icon: str
    title: str
    detail: str = ""
    quote: str = ""
    who: str = ""
    hover: str = ""
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Names of the people and teams that activities mention by id."""

    people: dict[int, str]
    teams: dict[int, str]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Names":
        """Look them up: one query however long the story is."""
        told = [each.subject.after for each in entries if isinstance(each.subject, CaseActivity)]
        people = {found for after in told for key in ("owner", "owner_id") if (found := after.get(key))}
        teams = {found for after in told for key in ("team", "team_id") if (found := after.get(key))}
        full = Trim(Concat("first_name", Value(" "), "last_name"))
        users = get_user_model().objects.filter(pk__in=people).annotate(what=Value("person"), full=full)
        groups = Team.objects.filter(pk__in=teams).annotate(what=Value("team"), full=Value(""))
        rows = users.order_by().values_list("what", "pk", "full", "username")
        rows = rows.union(groups.order_by().values_list("what", "pk", "full", "name"), all=True)
        found = [(what, pk, full or name) for what, pk, full, name in rows]
        named = {what: {pk: name for kind, pk, name in found if kind == what} for what in ("person", "team")}
        return cls(named["person"], named["team"])


def lines(entries: Iterable[Entry], who: Reader) -> list[Line]:
    """Turn the entries of a parcel's story into lines."""
    entries = list(entries)
    names = Names.of(entries)
    found = [_line(entry, who, names) for entry in entries]
    return [line for line in found if line is not None]


def activity_line(activity: CaseActivity, who: Reader, names: Names | None = None) -> Line:
    """One activity as a line; names it mentions are looked up unless they are at hand."""
    return _activity(activity, who, names or Names.of([Entry(activity.at, "activity", activity)]))


def _line(entry: Entry, who: Reader, names: Names) -> Line | None:
    subject = entry.subject
    if isinstance(subject, TrackingEvent):
        return _event(subject, who)
    if isinstance(subject, StatusChange):
        return _status(subject, who)
    if isinstance(subject, Signal):
        return _signal(subject, entry, who)
    if subject.kind in SAID_BY_SIGNALS:
        return None
    return _activity(subject, who, names)


def _event(event: TrackingEvent, who: Reader) -> Line:
    milestone = event.code.milestone if event.code else event.corrected_status
    tint, icon = STATUS_LOOK.get(milestone, ("low", "info"))
    place = " ".join(part for part in (event.city, event.region, event.country) if part)
    source = str(event.source) if event.source else event.get_kind_display()
    code = str(event.code) if event.code and event.code.raw_code else ""
    heard = f"Heard {who.moment(event.received_at)}"
    own_time = f"carrier's own time {event.time_text}" if event.time_text else ""
    quote = event.text if event.source_id else ""
    title = "" if quote else event.get_kind_display()
    return Line(
        at=event.occurred_at,
        when=event_time(event, who),
        tint=tint,
        icon=icon,
        title=title or (ShipmentStatus(event.corrected_status).label if event.corrected_status else ""),
        detail=" · ".join(part for part in (place, code, source) if part),
        quote=quote,
        hover=" · ".join(part for part in (heard, own_time, event.occurred_at.isoformat(timespec="seconds")) if part),
        message_id=event.message_id,
    )


def event_time(event: TrackingEvent, who: Reader) -> str:
    """When an event happened, no more exact than it is known: only the day where the carrier told only a day."""
    if event.precision == Precision.DATE:
        day = event.local_date or who.local(event.occurred_at).date()
        return f"{day:%a} {day.day} {day:%b}"
    return who.moment(event.occurred_at)


def _status(change: StatusChange, who: Reader) -> Line:
    tint, icon = STATUS_LOOK.get(change.to_status, ("low", "info"))
    is_new = change.from_status != change.to_status
    label = str(ShipmentStatus(change.to_status).label)
    before = f"was: {ShipmentStatus(change.from_status).label}" if is_new and change.from_status else ""
    version = f"mapping {change.mapping_version}" if change.mapping_version else ""
    detail = " · ".join(part for part in (before, str(change.get_cause_display()).lower(), version) if part)
    title = f"Status: {label}" if is_new else f"{label}: the customer's sentence changed"
    return _simple(change.known_at, who, tint, icon, title, detail)


def _signal(signal: Signal, entry: Entry, who: Reader) -> Line:
    icon = KIND_ICON.get(signal.kind, "report")
    kind = str(signal.get_kind_display())
    if entry.kind == "signal_opened":
        tint = SEVERITY_LOOK[signal.severity][0].removesuffix("-solid")
        return _simple(entry.at, who, tint, icon, f"Signal: {kind}", signal.evidence)
    word = "settled by a person" if signal.state == SignalState.SETTLED else "cleared"
    return _simple(entry.at, who, "ok", icon, f"Signal {word}: {kind}", "")


def _activity(activity: CaseActivity, who: Reader, names: Names) -> Line:
    detail = _change(activity, who, names)
    is_person = activity.actor is not None
    return Line(
        at=activity.at,
        when=who.moment(activity.at),
        tint="pri" if is_person else "",
        icon=ACTIVITY_ICON.get(ActivityKind(activity.kind), "person" if is_person else "settings"),
        title=_title(activity),
        detail=detail,
        quote=activity.note if is_person else "",
        who=_name(activity.actor),
        hover=activity.at.isoformat(timespec="seconds")
        + ("" if is_person or not activity.note else f" · {activity.note}"),
    )


def _title(activity: CaseActivity) -> str:
    label = str(activity.get_kind_display())
    if activity.actor is None:
        return label
    if activity.kind == ActivityKind.NEXT_ACTION and "next_action" not in activity.after:
        return "moved the next action:" if "next_action_due_at" in activity.after else "confirmed the next action"
    return DID.get(ActivityKind(activity.kind), label.lower())


def _change(activity: CaseActivity, who: Reader, names: Names) -> str:
    after: dict[str, Any] = activity.after or {}
    parts = []
    owner, team = after.get("owner", after.get("owner_id")), after.get("team", after.get("team_id"))
    if owner and activity.kind != ActivityKind.TAKEN:
        parts.append(f"to {names.people.get(owner, 'somebody')}")
    if team:
        parts.append(f"team {names.teams.get(team, '?')}")
    parts += _planned(after, who) if activity.kind == ActivityKind.NEXT_ACTION else []
    if activity.kind == ActivityKind.RESOLVED and after.get("outcome") in Outcome.values:
        parts.append(str(Outcome(after["outcome"]).label))
    parts += _waiting(after, who) if activity.kind == ActivityKind.WAITING else []
    if not activity.actor and activity.kind in WHY_IN_NOTE:
        parts.append(activity.note)
    return " · ".join(part for part in parts if part)


def _planned(after: dict[str, Any], who: Reader) -> list[str]:
    due = parse_datetime(after["next_action_due_at"]) if after.get("next_action_due_at") else None
    return [str(after.get("next_action") or ""), f"due {who.moment(due)}" if due else ""]


def _waiting(after: dict[str, Any], who: Reader) -> list[str]:
    until = parse_datetime(after["waiting_until"]) if after.get("waiting_until") else None
    party = after.get("waiting_party")
    return [
        f"on the {WaitingParty(party).label.lower()}" if party in WaitingParty.values else "",
        f"{'for' if party else 'on'} {after['waiting_on']}" if after.get("waiting_on") else "",
        f"until {who.moment(until)}" if until else "",
        "until the next scan" if after.get("waiting_for_scan") else "",
    ]


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def _simple(at: datetime, who: Reader, tint: str, icon: str, title: str, detail: str) -> Line:
    return Line(at, who.moment(at), tint, icon, title, detail, hover=at.isoformat(timespec="seconds"))
