"""Makes the cards that connected services show, for a batch of messages in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from notifications.channels.card import CaseCard, DigestCard
from notifications.models import Decision, OutboxAction, OutboxRow
from notifications.vocabulary import Audience, OutboxAct
from notifications.wording import sentence_of
from tracking.customer_knowledge.queries import latest_for
from tracking.exception_queue.queries import by_ids
from tracking.exception_queue.wanted import BREACHING
from tracking.models import CustomerKnowledge, DomainEvent, ExceptionCase
from tracking.models.case import OPEN
from tracking.privacy import masking
from tracking.tickets.queries import deleted
from tracking.vocabulary import ActivityKind, CareLevel, Outcome

CARRIERS = frozenset({"slack", "zendesk", "help_desk"})
"""Channels that show cases: each message is about one case as it is when it leaves."""
DESKS = frozenset({"zendesk", "help_desk"})
DIGEST = "queue.unowned"
DIGEST_LINES = 5
OPENED = frozenset({"case.opened", "case.reopened"})
_WORDS = {
    "case.changed": "What is wrong has changed",
    "case.went_quiet": "Quiet for too long: new again",
    "dispute.opened": "Disputed by the customer",
    "case.promise_broken": "A promise to the customer was broken",
}


@dataclass(slots=True)
class Cards:
    """The cards of a batch, by outbox row, and the other side's names of earlier messages about the same case."""

    by_row: dict[int, CaseCard | DigestCard] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    """Rows about a case whose ticket a person deleted at the desk, and which nobody asked to try again."""


def cards_for(rows: Sequence[OutboxRow], now: datetime) -> Cards:
    """Return what the messages to connected services show at `now` (aware UTC). No query when there are none."""
    mine = [row for row in rows if row.channel in CARRIERS]
    if not mine:
        return Cards()
    news = _news(mine)
    cases = {case.pk: case for case in by_ids(row.case_id for row in mine if row.case_id)}
    told = latest_for(case.shipment_id for case in cases.values())
    names = _names(news.values())
    found = Cards(references=_references(mine))
    _drop_deleted(found, mine)
    for row in mine:
        happening = news.get(row.pk)
        if row.case_id in cases:
            case = cases[row.case_id]
            found.by_row[row.pk] = _card(case, told.get(case.shipment_id), happening, names, now)
        elif happening is not None and happening.kind == DIGEST:
            found.by_row[row.pk] = digest(now)
    return found


def card_of(case_id: int, now: datetime) -> CaseCard | None:
    """Return a case as it is now, without news, or None. Two queries."""
    case = by_ids([case_id]).first()
    if case is None:
        return None
    return _card(case, latest_for([case.shipment_id]).get(case.shipment_id), None, {}, now)


def digest(now: datetime) -> DigestCard:
    """Return the open cases that nobody has and whose time is up within the hour. Two queries."""
    rows = ExceptionCase.objects.filter(OPEN, owner=None, time_left_at__lte=now + BREACHING)
    first = list(rows.select_related("order").order_by("time_left_at", "id")[:DIGEST_LINES])
    return DigestCard(
        count=rows.count(),
        first_due_at=first[0].time_left_at if first else None,
        lines=tuple(
            {"number": f"C-{case.pk}", "title": _title(case), "due_at": case.time_left_at, "url": case_url(case.pk)}
            for case in first
        ),
        url=f"{settings.PUBLIC_URL}{reverse('admin:tracking_exceptioncase_changelist')}?view=unowned",
    )


def case_url(case_id: int) -> str:
    """Return the address of a case's page."""
    return f"{settings.PUBLIC_URL}{reverse('admin:tracking_exceptioncase_change', args=[case_id])}"


def _title(case: ExceptionCase) -> str:
    return f"{case.get_kind_display()}, order {case.order.number}" if case.order else str(case.get_kind_display())


def _card(
    case: ExceptionCase,
    told: CustomerKnowledge | None,
    news: DomainEvent | None,
    names: Mapping[int, str],
    now: datetime,
) -> CaseCard:
    parcel = case.shipment
    carrier = " ".join(
        filter(None, (case.carrier.name if case.carrier else "", parcel.service.name if parcel.service else ""))
    )
    place = ", ".join(filter(None, (parcel.ship_to_region, parcel.ship_to_country)))
    return CaseCard(
        case_id=case.pk,
        version=case.version,
        kind=case.kind,
        kind_words=str(case.get_kind_display()),
        severity=case.severity,
        severity_words=str(case.get_severity_display()),
        state=case.state,
        state_words=str(case.get_state_display()),
        is_high_care=case.care_level == CareLevel.HIGH,
        order_number=case.order.number if case.order else "",
        sentence=sentence_of(parcel, "en"),
        why=masking.text(case.evidence),
        parcel=f"{carrier or 'Carrier not known'} to {place}" if place else carrier or "Carrier not known",
        owner=_name(case.owner) if case.owner else "",
        team=case.team.name,
        team_place=case.team.slack_channel,
        next_action=case.next_action,
        next_action_due_at=case.next_action_due_at,
        first_response_due_at=None if case.first_responded_at else case.first_response_due_at,
        told=_told(told),
        outcome=str(case.get_outcome_display()) if case.outcome else "",
        url=case_url(case.pk),
        happened=_happened(news, case, names),
        happened_at=news.at if news else now,
        is_new=bool(news and news.kind in OPENED),
    )


def _told(row: CustomerKnowledge | None) -> str:
    if row is None:
        return "Nothing yet"
    topic = row.topic.replace("_", " ").replace(":", ", ")
    return f"{row.get_state_display()}: {topic}" + (f" ({row.reason.replace('_', ' ')})" if row.reason else "")


def _happened(news: DomainEvent | None, case: ExceptionCase, names: Mapping[int, str]) -> str:
    if news is None:
        return f"{case.get_state_display()}"
    suffix = news.kind.rpartition(".")[2]
    words = _WORDS.get(news.kind) or (
        ActivityKind(suffix).label if suffix in ActivityKind.values else suffix.replace("_", " ").capitalize()
    )
    outcome, actor, owner = news.payload.get("outcome"), news.payload.get("actor"), news.payload.get("owner")
    if news.kind == "case.resolved" and outcome in Outcome.values:
        words = f"{words}: {Outcome(outcome).label}"
    if news.kind == "case.assigned":
        words += f" to {names[owner]}" if owner in names else f" to {case.team.name}"
    return words + (f" by {names[actor]}" if actor in names else "")


def _news(rows: Iterable[OutboxRow]) -> dict[int, DomainEvent]:
    pairs = dict(Decision.objects.filter(row_id__in=[row.pk for row in rows]).values_list("row_id", "domain_event_id"))
    events = DomainEvent.objects.in_bulk(set(pairs.values()))
    return {row_id: events[event_id] for row_id, event_id in pairs.items() if row_id and event_id in events}


def _names(news: Iterable[DomainEvent]) -> dict[int, str]:
    wanted = {each.payload.get(key) for each in news for key in ("actor", "owner")} - {None}
    return {user.pk: _name(user) for user in User.objects.filter(pk__in=wanted)}


def _name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def _drop_deleted(found: Cards, rows: Sequence[OutboxRow]) -> None:
    """A deleted ticket is not made again silently; where a person tried the message again, it is made anew."""
    for desk in {row.channel for row in rows} & DESKS:
        of_desk = [row for row in rows if row.channel == desk and row.pk in found.references]
        lost = deleted(desk, {found.references[row.pk] for row in of_desk})
        rows_lost = {row.pk for row in of_desk if found.references[row.pk] in lost}
        asked = OutboxAction.objects.filter(row_id__in=rows_lost, kind=OutboxAct.RETRIED)
        again = set(asked.values_list("row_id", flat=True)) if rows_lost else set()
        found.gone |= rows_lost - again
        for row_id in again:
            found.references.pop(row_id)


def _references(rows: Sequence[OutboxRow]) -> dict[int, str]:
    """The newest name the other side gave to the message or ticket about each row's case. One query."""
    about = Q(case_id__in={row.case_id for row in rows if row.case_id}, channel__in={row.channel for row in rows})
    earlier = OutboxRow.objects.filter(about, audience=Audience.SYSTEM).exclude(provider_id="").order_by("pk")
    known = {
        (channel, case_id): reference
        for channel, case_id, reference in earlier.values_list("channel", "case_id", "provider_id")
    }
    return {row.pk: known[(row.channel, row.case_id)] for row in rows if (row.channel, row.case_id) in known}
