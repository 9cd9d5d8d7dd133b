"""When each parcel is asked about next, and at which sources."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import connection

from tracking import bulk
from tracking.connectors.carriers import CARRIERS, group_for
from tracking.connectors.registry import get
from tracking.models import PollPolicy, PollState, Shipment, Source, TrackingNumber
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
NEW_STATE = ("source_id", "shipment_id", "number", "next_poll_at")

ADOPT = """
INSERT INTO tracking_pollstate (source_id, shipment_id, number, next_poll_at, failures)
SELECT %s, shipment.id, named.number, %s, 0
FROM tracking_trackingnumber AS named
JOIN tracking_shipment AS shipment ON shipment.id = named.shipment_id
LEFT JOIN tracking_carrier AS carrier ON carrier.id = shipment.carrier_id
WHERE named.valid_to IS NULL AND shipment.merged_into_id IS NULL
  AND (named.carrier_group = %s OR (named.carrier_group = '' AND carrier.code = ANY(%s)))
  AND COALESCE(shipment.last_event_at, shipment.number_at, shipment.created_at) >= %s
  AND (shipment.ended_at IS NULL OR shipment.ended_at >= %s)
ORDER BY shipment.id, named.number
ON CONFLICT DO NOTHING
"""


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


def plan_polls(*, shipment_ids: Iterable[int], now: datetime, shipments: Mapping[int, Shipment] | None = None) -> None:
    """Make sure that every parcel with a number is asked about at the sources of its carrier, and soon enough.

    `shipments`: by id, those that the caller has read and locked already, with their carriers.
    """
    askable = _askable_sources()
    ids = list(shipment_ids)
    if not askable or not ids:
        return
    intervals = Intervals()
    known = dict(shipments or {})
    unread = [key for key in ids if key not in known]
    if unread:
        known |= {row.pk: row for row in Shipment.objects.filter(pk__in=unread).select_related("carrier")}
    wanted: dict[tuple[int, int, str], Shipment] = {}
    rows = TrackingNumber.objects.filter(shipment_id__any_of=ids, valid_to=None).order_by("id")
    for shipment_id, number, told_group in rows.values_list("shipment_id", "number", "carrier_group"):
        shipment = known[shipment_id]
        group = told_group or (group_for(shipment.carrier.code) if shipment.carrier else "")
        for source_id in askable.get(group, ()):
            wanted[(source_id, shipment_id, number)] = shipment
    _sooner(wanted, intervals, now)
    new = ((*key, now) for key in sorted(wanted) if intervals.next_for(wanted[key], now))
    bulk.insert(PollState, NEW_STATE, new, "ON CONFLICT DO NOTHING")


def _askable_sources() -> dict[str, list[int]]:
    """Return carrier group -> sources that can be asked about its numbers."""
    found: dict[str, list[int]] = {}
    for row in Source.objects.filter(is_active=True, polling_is_on=True).only("pk", "kind"):
        connector = get(row.kind)
        if connector.poll.style == "numbers" and connector.carrier:
            found.setdefault(group_for(connector.carrier), []).append(row.pk)
    return found


def _sooner(wanted: dict[tuple[int, int, str], Shipment], intervals: Intervals, now: datetime) -> None:
    """Move questions nearer for parcels that entered a livelier phase, never further away; a parcel that moves again
    after its questions had stopped is asked about again."""
    rows = PollState.objects.filter(shipment_id__any_of={key[1] for key in wanted}).order_by("id")
    sooner: list[tuple[int, datetime]] = []
    stored = rows.values_list("pk", "next_poll_at", "source_id", "shipment_id", "number")
    for pk, planned, source_id, shipment_id, number in stored:
        shipment = wanted.get((source_id, shipment_id, number))
        due = intervals.next_for(shipment, now) if shipment else None
        if due and (planned is None or due < planned):
            sooner.append((pk, due))
    later = "(row.next_poll_at IS NULL OR row.next_poll_at > told.next_poll_at)"
    bulk.update(PollState, ("id", "next_poll_at"), sooner, later)


def adopt(*, source_id: int, now: datetime) -> int:
    """Ask a source that was connected (or resumed) just now about the parcels that are on their way already.

    Returns how many parcels it had not been asked about. Takes only active parcels that somebody gave a number.
    """
    source = Source.objects.defer("secrets", "token").get(pk=source_id)
    connector = get(source.kind)
    if connector.poll.style != "numbers" or not connector.carrier:
        return 0
    group = group_for(connector.carrier)
    codes = [carrier.code for carrier in CARRIERS if carrier.group == group]
    with connection.cursor() as cursor:
        cursor.execute(ADOPT, [source_id, now, group, codes, now - STOP_AFTER_LAST_EVENT, now - STOP_AFTER_END])
        return int(cursor.rowcount)
