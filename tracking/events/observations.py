"""What snapshots say of parcels as a whole: the latest word of each source, with the first estimate kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from tracking import bulk
from tracking.connectors.contract import Observation as Told
from tracking.connectors.contract import Place, When
from tracking.models import Observation
from tracking.status.times import settle
from tracking.vocabulary import Milestone

FACTS = (
    "observed_at", "about_at", "not_found", "not_found_since", "estimate_at", "estimate_until", "estimate_precision",
    "estimate_told_at", "original_estimate_at", "delay_flag", "return_by", "signed_by", "delivered_city",
    "delivered_region", "delivered_postcode", "delivered_country", "delivered_to", "proof_url",
)  # fmt: skip


WRITTEN = ("shipment_id", "source_id", *FACTS)
UPSERT = (
    f"ON CONFLICT (shipment_id, source_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in FACTS)}"
)
_written = attrgetter(*WRITTEN)


@dataclass(frozen=True, slots=True)
class Said:
    """One observation of one parcel by one source, received at an aware UTC moment; the zone is the destination's."""

    shipment_id: int
    source_id: int
    told: Told
    received_at: datetime
    zone: str = ""
    about_at: datetime | None = None  # newest event in the same snapshot: of what time it speaks, aware UTC


def observe(said: Iterable[Said]) -> frozenset[int]:
    """Keep the newest observation of each parcel and source; return the shipments concerned.

    A snapshot that comes late, and so speaks of an earlier time than the one that is kept, is no news; only an estimate
    that is not known yet is taken from it, because the last one known is kept.
    """
    items = sorted(said, key=lambda item: (item.shipment_id, item.source_id, item.received_at))
    if not items:
        return frozenset()
    rows = Observation.objects.filter(shipment_id__in={item.shipment_id for item in items})
    known = {(row.shipment_id, row.source_id): row for row in rows.select_for_update().order_by("shipment_id", "id")}
    touched: dict[tuple[int, int], Observation] = {}
    for item in items:
        key = (item.shipment_id, item.source_id)
        row = known.get(key) or Observation(shipment_id=key[0], source_id=key[1])
        if row.observed_at and item.received_at < row.observed_at:
            continue
        if _speaks_of_earlier(item, row):
            _complete(row, item)
        else:
            _fill(row, item)  # the moment counts even if no fact changed: an estimate told again is told after the scan
        known[key] = touched[key] = row
    bulk.insert(Observation, WRITTEN, (_written(touched[key]) for key in sorted(touched)), UPSERT)
    return frozenset(key[0] for key in touched)


def _speaks_of_earlier(item: Said, row: Observation) -> bool:
    return item.about_at is not None and row.about_at is not None and item.about_at < row.about_at


def _complete(row: Observation, item: Said) -> None:
    if row.estimate_at is None:
        _fill_estimate(row, item)
        row.estimate_told_at = item.about_at if row.estimate_at else None


def _fill(row: Observation, item: Said) -> None:
    told, place = item.told, item.told.delivered_place or Place()
    _fill_found(row, told, item.received_at)
    _fill_estimate(row, item)
    row.delay_flag = told.delay_flag[:40]
    row.return_by = told.return_by or row.return_by
    row.signed_by = told.signed_by[:120] or row.signed_by
    row.delivered_to = told.delivered_to[:120] or row.delivered_to
    row.proof_url = told.proof_url[:500] or row.proof_url
    row.delivered_city, row.delivered_region = (
        place.city[:120] or row.delivered_city,
        place.region[:64] or row.delivered_region,
    )
    row.delivered_postcode = place.postcode[:32] or row.delivered_postcode
    row.delivered_country = place.country[:2] or row.delivered_country
    row.observed_at, row.about_at = item.received_at, item.about_at or row.about_at


def _fill_estimate(row: Observation, item: Said) -> None:
    told = item.told
    estimate = _moment(told.estimate_at, item)
    row.estimate_at = estimate or row.estimate_at
    row.estimate_until = _moment(told.estimate_until, item) or (row.estimate_until if not estimate else None)
    row.estimate_precision = told.estimate_at.precision if told.estimate_at else row.estimate_precision
    row.estimate_told_at = item.received_at if estimate else row.estimate_told_at
    row.original_estimate_at = row.original_estimate_at or estimate


def _fill_found(row: Observation, told: Told, at: datetime) -> None:
    if told.not_found is None:
        return
    row.not_found_since = (row.not_found_since or at) if told.not_found else None
    row.not_found = told.not_found


def _moment(when: When | None, item: Said) -> datetime | None:
    if when is None:
        return None
    return settle(when, item.told.destination, item.zone, Milestone.DELIVERED).occurred_at
