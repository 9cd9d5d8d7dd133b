"""Writes down all that the product made of one play: changes, signals, cases and their times, for people to read."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Model

from tracking.models import (
    CaseActivity,
    ExceptionCase,
    InboundMessage,
    Order,
    Shipment,
    Signal,
    Source,
    StatusChange,
    Team,
)
from tracking.shipments.projection import destination_zone
from tracking.status.contract import Sentence
from tracking.status.wording import render

WIDTH = 118
NAMES: dict[str, type[Model]] = {"team": Team, "owner": get_user_model(), "owner_id": get_user_model()}
# What stands first where several things happen in one moment: a change causes signals, signals move the case.
_CHANGE, _SIGNAL, _ACTIVITY, _PLAN = range(4)
_HIDDEN = ("routed_by", "version")


class Line(NamedTuple):
    """One thing that happened, sortable into the parcel's story."""

    at: datetime
    rank: int
    serial: int
    text: str
    quote: str = ""


class Plans:
    """Notes, while a story is played, what each case asks for next and by when."""

    def __init__(self) -> None:
        self.lines: dict[int, list[Line]] = {}
        self._last: dict[int, tuple[object, ...]] = {}

    def look(self, now: datetime) -> None:
        """Note every open case whose next action or clocks are others than before."""
        last, self._last = self._last, {}
        for case in ExceptionCase.objects.exclude(state="resolved").order_by("id"):
            plan = (case.next_action, case.next_action_due_at, case.first_response_due_at)
            self._last[case.pk] = plan
            if last.get(case.pk) != plan:
                self.lines.setdefault(case.pk, []).append(self._line(case, now))

    def _line(self, case: ExceptionCase, now: datetime) -> Line:
        due = f"next action by {{{case.next_action_due_at.isoformat()}}}"
        first = f"first response by {{{case.first_response_due_at.isoformat()}}}"
        return Line(now, _PLAN, case.pk, f"case     {due}, {first}", case.next_action)


class Diary:
    """The record of one play, with times on the clock of one zone."""

    def __init__(self, zone: str, plans: Plans) -> None:
        self._zone, self._plans = ZoneInfo(zone), plans
        self._numbers = {key: count for count, key in enumerate(_ids(Shipment), start=1)}

    def text(self) -> str:
        """Return the whole record, one line a fact."""
        parts = [self._orders()]
        parts += ["\n".join(self._parcel(row)) for row in Shipment.objects.order_by("id")]
        parts.append(_messages())
        return "\n\n".join(parts) + "\n"

    def _orders(self) -> str:
        rows = [
            f"Order {row.number}, placed {self._at(row.created_at)}, told {self._at(row.received_at)}"
            f"{', cancelled ' + self._at(row.cancelled_at) if row.cancelled_at else ''}"
            f"{', promised for ' + str(row.promised_date) if row.promised_date else ''}"
            f"{'; needs review' if row.needs_review else ''}"
            for row in Order.objects.order_by("id")
        ]
        return "\n".join(rows) or "No order."

    def _parcel(self, row: Shipment) -> Iterator[str]:
        joined = f" (joined into parcel {self._numbers[row.merged_into_id]})" if row.merged_into_id else ""
        yield f"Parcel {self._numbers[row.pk]}{joined}"
        yield from (f"  {name:<10} {value}" for name, value in self._facts(row) if value)
        yield ""
        yield from self.story(row)

    def story(self, row: Shipment) -> Iterator[str]:
        """Yield what happened to one parcel, line by line."""
        for line in sorted(self._story(row)):
            yield from self._written(line)

    def _facts(self, row: Shipment) -> Iterator[tuple[str, str]]:
        yield (
            "numbers",
            "; ".join(
                f"{name.number} {name.role} from {self._at(name.valid_from)}"
                f"{' to ' + self._at(name.valid_to) if name.valid_to else ''}"
                for name in row.numbers.order_by("id")
            ),
        )
        yield "carrier", ", ".join(str(part) for part in (row.carrier, row.service) if part)
        yield "way", f"{row.warehouse or 'unknown'} to {self._ship_to(row)}{', abroad' if row.is_international else ''}"
        yield "care", f"{row.care_level} ({row.care_policy})" if row.care_policy else ""
        yield "promise", self._promise(row)
        yield "status", f"{row.status}{' ' + row.reason if row.reason else ''}, {self._at(row.status_at)}"
        yield "evidence", row.evidence
        yield "label", self._at(row.label_at)
        yield "first scan", self._day_or_moment(row.first_scan_at, row.first_scan_precision)
        yield "last scan", self._at(row.last_scan_at)
        yield "delivered", self._delivery(row)
        yield "estimate", self._estimate(row)
        yield "return by", str(row.return_by or "")
        yield "attempts", str(row.attempts or "")
        yield "unmapped", str(row.unmapped_events or "")
        yield "held", "customer messages are held" if row.holds_messages else ""
        yield "conflict", self._at(row.conflict_since)
        yield "next check", self._at(row.next_check_at)

    def _ship_to(self, row: Shipment) -> str:
        return ", ".join(
            filter(None, (row.ship_to_city, row.ship_to_region, row.ship_to_postcode, row.ship_to_country))
        )

    def _promise(self, row: Shipment) -> str:
        if row.promise_at is None:
            return ""
        local = row.promise_at.astimezone(ZoneInfo(destination_zone(row)))
        shown = f"{local:%a %d %b} at the ship-to" if row.promise_is_date else self._at(row.promise_at)
        return f"{shown}, by {row.promise_origin}"

    def _delivery(self, row: Shipment) -> str:
        if row.delivered_at is None:
            return ""
        place = ", ".join(filter(None, (row.delivered_city, row.delivered_region, row.delivered_postcode)))
        return " ".join(
            filter(
                None, (self._at(row.delivered_at), place and f"in {place}", row.signed_by and f"signed {row.signed_by}")
            )
        )

    def _estimate(self, row: Shipment) -> str:
        first = row.original_estimate_at
        now = self._day_or_moment(row.estimate_at, row.estimate_precision) or "none any more" if first else ""
        return f"{now}, at first {self._at(first)}" if first and first != row.estimate_at else now

    def _story(self, row: Shipment) -> Iterator[Line]:
        for change in StatusChange.objects.filter(shipment=row).order_by("known_at", "id"):
            yield self._change(change)
        for signal in Signal.objects.filter(shipment=row).order_by("fired_at", "id"):
            yield from self._signal(signal)
        for case in ExceptionCase.objects.filter(shipment=row).order_by("id"):
            yield from (self._activity(each) for each in CaseActivity.objects.filter(case=case).order_by("at", "id"))
            yield from (line._replace(text=self._filled(line.text)) for line in self._plans.lines.get(case.pk, ()))

    def _change(self, row: StatusChange) -> Line:
        why = f" {row.reason}" if row.reason else ""
        step = (
            f"{row.from_status} -> {row.to_status}" if row.from_status != row.to_status else f"{row.to_status}, still"
        )
        happened = f", happened {self._at(row.occurred_at)}" if row.occurred_at else ""
        sentence = Sentence(row.sentence_key, row.sentence_parameters, row.sentence_version)
        said = f'"{render(sentence, "en")}"'
        return Line(row.known_at, _CHANGE, row.pk, f"status   {step}{why} ({row.cause}){happened}", said)

    def _signal(self, row: Signal) -> Iterator[Line]:
        count = f" x{row.count}" if row.count > 1 else ""
        end = f" until {self._at(row.ended_at)} ({row.state})" if row.ended_at else f" ({row.state})"
        told = f"signal   {row.kind}{count}, {row.severity}, {row.cause}, since {self._at(row.since)}{end}"
        yield Line(row.fired_at, _SIGNAL, row.pk, told, row.evidence)

    def _activity(self, row: CaseActivity) -> Line:
        before, after = _words(row.before), _words(row.after)
        moved = " -> ".join(filter(None, (before, after)))
        actor = f" by {row.actor.username}" if row.actor else ""
        return Line(row.at, _ACTIVITY, row.pk, f"case     {row.kind}{actor}: {moved}".removesuffix(": "))

    def _written(self, line: Line) -> Iterator[str]:
        yield f"  {self._at(line.at)}  {line.text}"
        yield from (f"{' ' * 34}{part}" for part in wrap(line.quote, WIDTH - 34))

    def _filled(self, text: str) -> str:
        head, *rest = text.split("{")
        pieces = (piece.split("}") for piece in rest)
        return head + "".join(self._at(datetime.fromisoformat(stamp)) + tail for stamp, tail in pieces)

    def _day_or_moment(self, at: datetime | None, precision: str) -> str:
        shown = self._at(at)
        return f"{shown} (its day alone)" if shown and precision == "date" else shown

    def _at(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%a %d %b %H:%M %Z}" if at else ""


def _ids(model: type[Shipment]) -> list[int]:
    return list(model.objects.order_by("id").values_list("pk", flat=True))


def _words(values: dict[str, object]) -> str:
    shown = {name: value for name, value in values.items() if name not in _HIDDEN}
    return ", ".join(f"{name} {_named(name, value)}" for name, value in sorted(shown.items()))


def _named(name: str, value: object) -> str:
    if value is None:
        return "nobody"
    if name in NAMES:
        return str(NAMES[name]._default_manager.get(pk=value))
    return str(value)


def _messages() -> str:
    lines = []
    for source in Source.objects.order_by("slug"):
        rows = InboundMessage.objects.filter(source=source)
        counts = sorted(
            (*key, rows.filter(transport=key[0], state=key[1]).count())
            for key in set(rows.values_list("transport", "state"))
        )
        if counts:
            told = ", ".join(f"{count} {transport} {state}" for transport, state, count in counts)
            noted = rows.exclude(notes=[]).count()
            lines.append(f"  {source.slug:<18} {told}{f', {noted} with parts that could not be read' if noted else ''}")
    return "\n".join(["Messages", *lines])
