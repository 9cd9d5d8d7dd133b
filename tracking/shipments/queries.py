"""Questions about parcels: look-up by what people type, the customer's sentence, and the whole story of one parcel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.numbers import normalize, without_routing
from tracking.models import (
    CaseActivity,
    ExceptionCase,
    Observation,
    Shipment,
    Signal,
    Source,
    StatusChange,
    TrackingEvent,
    TrackingNumber,
)
from tracking.orders.queries import MOST_FOUND, ids_by_number, parcels_of, starts_with
from tracking.status.contract import Sentence
from tracking.status.wording import UnknownSentence, render
from tracking.vocabulary import EVIDENCE_RANK, SILENT_MILESTONES, Evidence, Milestone

SHORTEST_PREFIX = 4
MOST_EVENTS = 1000


def ids_by_tracking_number(text: str) -> list[int]:
    """Return ids of parcels whose number is what somebody typed or scanned (spaces, dashes and a USPS routing prefix
    do not matter), else begins with it; current and former numbers alike."""
    number = without_routing(normalize(text))
    if not number:
        return []
    rows = TrackingNumber.objects.filter(shipment__merged_into=None)
    exact = list(rows.filter(number=number).values_list("shipment_id", flat=True)[:MOST_FOUND])
    if exact or len(number) < SHORTEST_PREFIX:
        return list(dict.fromkeys(exact))
    found = rows.filter(starts_with("number", number)).order_by("number").values_list("shipment_id", flat=True)
    return list(dict.fromkeys(found[:MOST_FOUND]))


def ids_by_text(text: str) -> list[int]:
    """Return ids of parcels by tracking number or by the number of their order. Index look-ups only."""
    orders = ids_by_number(text)
    by_order = Shipment.objects.filter(order_id__in=orders).values_list("pk", flat=True)[:MOST_FOUND] if orders else []
    return list(dict.fromkeys([*ids_by_tracking_number(text), *by_order]))


@dataclass(frozen=True, slots=True)
class Told:
    """The customer's sentence as stored, and the same in the reader's language ("" when it would be no different)."""

    text: str
    language: str
    translation: str = ""


def customer_language(shipment: Shipment) -> str:
    """The language a parcel's customer is written to in: their own, else the store's, else English.

    Reads `order.customer` and `store`: select them with the shipment.
    """
    customer = shipment.order.customer if shipment.order else None
    store = shipment.store or (shipment.order.store if shipment.order else None)
    return (customer.locale if customer else "") or (store.default_language if store else "") or "en"


def written(holder: Shipment | StatusChange, language: str) -> str:
    """Write the stored sentence of a shipment or status change; "" when none is stored or its wording is unknown."""
    if not holder.sentence_key:
        return ""
    stored = Sentence(holder.sentence_key, holder.sentence_parameters, holder.sentence_version)
    try:
        return render(stored, language)
    except UnknownSentence:
        return ""


def told(shipment: Shipment, reader_language: str = "en") -> Told:
    """Return what the customer reads now, byte for byte, and the reader's own version if that differs."""
    language = customer_language(shipment)
    text, own = written(shipment, language), written(shipment, reader_language)
    return Told(text, language, own if own != text else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a parcel's story. `subject` is the row it came from; `kind` names its type for the template:
    event, status, signal_opened, signal_ended, activity."""

    at: datetime
    kind: str
    subject: TrackingEvent | StatusChange | Signal | CaseActivity


@dataclass(frozen=True, slots=True)
class SourceWord:
    """The last thing one source said about a parcel; any part may be missing."""

    source: Source
    event: TrackingEvent | None
    observation: Observation | None


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one parcel."""

    shipment: Shipment
    numbers: tuple[TrackingNumber, ...]
    events: tuple[TrackingEvent, ...]  # newest first
    entries: tuple[Entry, ...]  # newest first
    words: tuple[SourceWord, ...]
    open_case: ExceptionCase | None
    past_cases: tuple[ExceptionCase, ...]
    siblings: tuple[Shipment, ...]  # parcels of the same order, this one included
    events_left_out: bool

    @property
    def label_event(self) -> TrackingEvent | None:
        """The earliest event that says a label exists."""
        labels = [event for event in self.events if event.code and event.code.milestone == Milestone.LABEL_CREATED]
        return min(labels, key=lambda event: event.occurred_at, default=None)

    @property
    def first_scan(self) -> TrackingEvent | None:
        """The event of the first physical scan."""
        return self._scan_at(self.shipment.first_scan_at)

    @property
    def last_scan(self) -> TrackingEvent | None:
        """The event of the last physical scan."""
        return self._scan_at(self.shipment.last_scan_at)

    def _scan_at(self, moment: datetime | None) -> TrackingEvent | None:
        same = (event for event in self.events if moment and event.occurred_at == moment and _is_scan(event))
        return next(same, None)


def story(shipment_id: int) -> Story | None:
    """Return everything about one parcel in a constant number of queries, or None when there is no such parcel."""
    related = ("store", "order__customer", "order__store", "carrier", "service", "warehouse", "estimate_source")
    shipment = Shipment.objects.select_related(*related, "merged_into").filter(pk=shipment_id).first()
    if shipment is None:
        return None
    newest = shipment.events.select_related("code", "source").order_by("-occurred_at", "-id")
    events = tuple(newest[: MOST_EVENTS + 1])
    cases = tuple(shipment.cases.select_related("owner", "team").order_by("-opened_at"))
    return Story(
        shipment=shipment,
        numbers=tuple(shipment.numbers.select_related("told_by")),
        events=events[:MOST_EVENTS],
        entries=tuple(_entries(shipment, events[:MOST_EVENTS])),
        words=tuple(_words(shipment, events)),
        open_case=next((case for case in cases if not case.resolved_at), None),
        past_cases=tuple(case for case in cases if case.resolved_at),
        siblings=tuple(parcels_of(shipment.order)) if shipment.order else (),
        events_left_out=len(events) > MOST_EVENTS,
    )


def _is_scan(event: TrackingEvent) -> bool:
    return bool(event.code and EVIDENCE_RANK.get(event.code.evidence, 0) == EVIDENCE_RANK[Evidence.ITEM_SCANNED])


def _entries(shipment: Shipment, events: Iterable[TrackingEvent]) -> list[Entry]:
    """Merge events, status changes, signals and case activity; newest first, causes under their effects."""
    signals = list(shipment.signals.select_related("case"))
    activities = CaseActivity.objects.filter(case__shipment=shipment).select_related("actor", "case")
    found = [Entry(event.occurred_at, "event", event) for event in events]
    found += [Entry(change.known_at, "status", change) for change in shipment.status_changes.all()]
    found += [Entry(signal.fired_at, "signal_opened", signal) for signal in signals]
    found += [Entry(signal.ended_at, "signal_ended", signal) for signal in signals if signal.ended_at]
    found += [Entry(activity.at, "activity", activity) for activity in activities]
    order = {"event": 0, "status": 1, "signal_opened": 2, "signal_ended": 2, "activity": 3}
    return sorted(found, key=lambda entry: (entry.at, order[entry.kind], entry.subject.pk), reverse=True)


def _words(shipment: Shipment, newest_first: Iterable[TrackingEvent]) -> list[SourceWord]:
    observations = {row.source_id: row for row in shipment.observations.select_related("source")}
    last: dict[int, TrackingEvent] = {}
    for event in newest_first:
        if event.source_id and event.code and event.code.milestone not in SILENT_MILESTONES:
            last.setdefault(event.source_id, event)
    sources = {row.source_id: row.source for row in observations.values()}
    sources |= {event.source_id: event.source for event in last.values() if event.source_id and event.source}
    words = [SourceWord(source, last.get(pk), observations.get(pk)) for pk, source in sources.items()]
    return sorted(words, key=lambda word: str(word.source))
