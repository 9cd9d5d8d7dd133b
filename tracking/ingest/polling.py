"""Asking sources: when each parcel is due, and the calls themselves. No call is made inside a transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from tracking.connectors.carriers import group_for
from tracking.connectors.contract import Connector, ParcelAsk, PollAnswer
from tracking.connectors.http import CallFailed, Transport
from tracking.connectors.registry import get
from tracking.ingest.allowance import note_failure, note_success, take_call
from tracking.ingest.operations import store_polled
from tracking.ingest.outgoing import account_for, keep_token
from tracking.models import PollPolicy, PollState, Shipment, Source, TrackingNumber
from tracking.transactions import alone
from tracking.vocabulary import ShipmentStatus

MINUTES: dict[str, int] = {
    PollPolicy.Phase.LABEL_ONLY: 12 * 60,
    PollPolicy.Phase.MOVING: 4 * 60,
    PollPolicy.Phase.OUT_FOR_DELIVERY: 30,
    PollPolicy.Phase.SILENT: 24 * 60,
    PollPolicy.Phase.AFTER_END: 12 * 60,
}
STOP_AFTER_END = timedelta(days=3)
STOP_AFTER_LAST_EVENT = timedelta(days=45)
SILENT_AFTER = timedelta(days=5)
CURSOR_EVERY = timedelta(minutes=30)
LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=10)
MOST_PAGES = 20


class Intervals:
    """Minutes between questions by phase: the stored policies over the defaults."""

    def __init__(self) -> None:
        stored = dict(PollPolicy.objects.values_list("phase", "minutes"))
        self._minutes = {**MINUTES, **stored}

    def next_for(self, shipment: Shipment, now: datetime) -> datetime | None:
        """Return when to ask about a parcel again; None when there is nothing left to ask."""
        phase = phase_of(shipment, now)
        minutes = self._minutes[phase] if phase else 0
        return now + timedelta(minutes=minutes) if minutes else None


def phase_of(shipment: Shipment, now: datetime) -> str:
    """Return the polling phase of a parcel, "" when asking about it has stopped."""
    last = shipment.last_event_at or shipment.number_at or shipment.created_at
    if shipment.merged_into_id or now - last > STOP_AFTER_LAST_EVENT:
        return ""
    if shipment.ended_at:
        return PollPolicy.Phase.AFTER_END if now - shipment.ended_at <= STOP_AFTER_END else ""
    if shipment.status == ShipmentStatus.OUT_FOR_DELIVERY:
        return PollPolicy.Phase.OUT_FOR_DELIVERY
    if shipment.first_scan_at is None:
        return PollPolicy.Phase.LABEL_ONLY
    return PollPolicy.Phase.SILENT if now - last > SILENT_AFTER else PollPolicy.Phase.MOVING


def plan_polls(*, shipment_ids: Iterable[int], now: datetime) -> None:
    """Make sure that every parcel with a number is asked about at the sources of its carrier, and soon enough."""
    askable = _askable_sources()
    ids = list(shipment_ids)
    if not askable or not ids:
        return
    intervals = Intervals()
    shipments = {row.pk: row for row in Shipment.objects.filter(pk__in=ids).select_related("carrier")}
    wanted: dict[tuple[int, int, str], Shipment] = {}
    for row in TrackingNumber.objects.filter(shipment_id__in=ids, valid_to=None).order_by("id"):
        shipment = shipments[row.shipment_id]
        group = row.carrier_group or (group_for(shipment.carrier.code) if shipment.carrier else "")
        for source_id in askable.get(group, ()):
            wanted[(source_id, row.shipment_id, row.number)] = shipment
    _sooner(wanted, intervals, now)
    new = [
        PollState(source_id=key[0], shipment_id=key[1], number=key[2], next_poll_at=now)
        for key, shipment in sorted(wanted.items(), key=lambda each: each[0])
        if phase_of(shipment, now)
    ]
    PollState.objects.bulk_create(new, ignore_conflicts=True)


def _askable_sources() -> dict[str, list[int]]:
    """Return carrier group -> sources that can be asked about its numbers."""
    found: dict[str, list[int]] = {}
    for row in Source.objects.filter(is_active=True, polling_is_on=True).only("pk", "kind"):
        connector = get(row.kind)
        if connector.poll.style == "numbers" and connector.carrier:
            found.setdefault(group_for(connector.carrier), []).append(row.pk)
    return found


def _sooner(wanted: dict[tuple[int, int, str], Shipment], intervals: Intervals, now: datetime) -> None:
    """Move questions nearer for parcels that entered a livelier phase, never further away."""
    states = PollState.objects.filter(shipment_id__in={key[1] for key in wanted})
    for row in states.filter(next_poll_at__isnull=False).order_by("id"):
        shipment = wanted.get((row.source_id, row.shipment_id, row.number))
        due = intervals.next_for(shipment, now) if shipment else None
        if due and row.next_poll_at and due < row.next_poll_at:
            PollState.objects.filter(pk=row.pk, next_poll_at__gt=due).update(next_poll_at=due)


@dataclass(slots=True)
class Polled:
    """Counts of one round of polling."""

    calls: int = 0
    stored: int = 0
    repeated: int = 0
    failures: int = 0

    def add(self, other: "Polled") -> None:
        """Add another round's counts."""
        self.calls += other.calls
        self.stored += other.stored
        self.repeated += other.repeated
        self.failures += other.failures


def poll_all(
    *, clock: Callable[[], datetime], until: datetime | None = None, transport: Transport | None = None
) -> Polled:
    """Ask every source that is due; begins no new call after `until` (aware UTC)."""
    total = Polled()
    for source_id in Source.objects.filter(is_active=True, polling_is_on=True).values_list("pk", flat=True):
        total.add(poll_source(source_id=source_id, clock=clock, until=until, transport=transport))
    return total


def poll_source(
    *,
    source_id: int,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    transport: Transport | None = None,
) -> Polled:
    """Ask one source about all that is due, call by call, as its allowance permits; one asker at a time."""
    source = Source.objects.get(pk=source_id)
    connector = get(source.kind)
    if connector.poll.style == "none" or missing_for_polling(source, connector):
        return Polled()
    one_call = _ask_numbers if connector.poll.style == "numbers" else _ask_cursor
    total = Polled()
    with alone(f"poll:{source.pk}") as is_ours:
        for _ in range(MOST_PAGES if is_ours else 0):
            now = clock()
            if (until and now > until) or not one_call(source, connector, now, transport, total):
                break
    return total


def missing_for_polling(source: Source, connector: Connector) -> list[str]:
    """Return the labels of settings without which the source cannot be asked."""
    told = source.all_settings()
    return [
        field.label
        for field in connector.setting_fields
        if field.needed_for == "poll" and not (told.get(field.key) or field.default)
    ]


def _ask_numbers(
    source: Source, connector: Connector, now: datetime, transport: Transport | None, total: Polled
) -> bool:
    """One call about the parcels that are due; False when there is nothing to do or the call failed."""
    states = _claim(source, connector, now)
    if not states:
        return False
    if not take_call(source.pk, connector, now=now):
        _put_off(states, now)
        return False
    asks = [ParcelAsk(number=row.number, carrier=connector.carrier) for row in states]
    answer = _call(source, connector, now, transport, total, asks, "")
    if answer is None:
        _put_off(states, now, failed=True)
        return False
    _reschedule(states, now)
    return True


def _claim(source: Source, connector: Connector, now: datetime) -> list[PollState]:
    with transaction.atomic():
        due = PollState.objects.filter(source=source, next_poll_at__lte=now).order_by("next_poll_at", "id")
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[: connector.poll.per_call])
        PollState.objects.filter(pk__in=ids).update(next_poll_at=now + LEASE)
        return list(PollState.objects.filter(pk__in=ids).select_related("shipment").order_by("id"))


def _call(
    source: Source,
    connector: Connector,
    now: datetime,
    transport: Transport | None,
    total: Polled,
    asks: Sequence[ParcelAsk],
    cursor: str,
) -> PollAnswer | None:
    """Make one call; a token the vendor no longer takes is renewed once. None when it failed."""
    try:
        answer = _fetch(source, connector, now, transport, asks, cursor)
    except CallFailed as failure:
        total.failures += 1
        note_failure(source.pk, failure, now=now)
        return None
    total.calls += 1
    if answer.token is not None:
        keep_token(source, answer.token)
    note_success(source.pk, answer.quota, now=now)
    stored, repeated = store_polled(source_id=source.pk, parts=answer.parts, now=now)
    total.stored += stored
    total.repeated += repeated
    return answer


def _fetch(
    source: Source,
    connector: Connector,
    now: datetime,
    transport: Transport | None,
    asks: Sequence[ParcelAsk],
    cursor: str,
) -> PollAnswer:
    try:
        return connector.fetch(account_for(source, connector, now=now, transport=transport), asks, cursor)
    except CallFailed as failure:
        if failure.kind != "auth" or not source.token:
            raise
    return connector.fetch(account_for(source, connector, now=now, transport=transport, fresh=True), asks, cursor)


def _reschedule(states: Sequence[PollState], now: datetime) -> None:
    intervals = Intervals()
    for row in states:
        PollState.objects.filter(pk=row.pk).update(
            last_polled_at=now, failures=0, next_poll_at=intervals.next_for(row.shipment, now)
        )


def _put_off(states: Sequence[PollState], now: datetime, *, failed: bool = False) -> None:
    rows = PollState.objects.filter(pk__in=[row.pk for row in states])
    rows.update(next_poll_at=now + RETRY if failed else now + timedelta(minutes=1), failures=F("failures") + int(failed))


def _ask_cursor(
    source: Source, connector: Connector, now: datetime, transport: Transport | None, total: Polled
) -> bool:
    """One page of what changed since the cursor; True when there is another page to fetch at once."""
    source.refresh_from_db()
    if source.next_poll_at and source.next_poll_at > now:
        return False
    if not take_call(source.pk, connector, now=now):
        return False
    answer = _call(source, connector, now, transport, total, (), source.cursor)
    if answer is None:
        Source.objects.filter(pk=source.pk).update(next_poll_at=now + RETRY)
        return False
    Source.objects.filter(pk=source.pk).update(
        cursor=answer.cursor or source.cursor, next_poll_at=None if answer.more else now + CURSOR_EVERY
    )
    return answer.more
