"""What snapshots say of parcels as a whole: the latest word of each source, with the first estimate kept.

A fact that the newest snapshot does not tell is kept from the last one that told it; which that was, is noted, so that
it does not matter in which order or batches snapshots are worked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from tracking import bulk
from tracking.connectors.contract import Observation as Told
from tracking.connectors.contract import Place, When
from tracking.models import Observation
from tracking.status.times import settle
from tracking.vocabulary import Milestone

FACTS = (
    "observed_at", "about_at", "not_found", "not_found_since", "estimate_at", "estimate_until", "estimate_precision",
    "estimate_told_at", "original_estimate_at", "original_told_at", "delay_flag", "return_by", "signed_by",
    "delivered_city", "delivered_region", "delivered_postcode", "delivered_country", "delivered_to", "proof_url",
    "told_before",
)  # fmt: skip

KEPT = (
    "estimate_at", "return_by", "signed_by", "delivered_to", "proof_url", "delivered_city", "delivered_region",
    "delivered_postcode", "delivered_country",
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

    A snapshot that was received earlier than the one that is kept, or comes late and so speaks of an earlier time, is
    no news: only facts of which nothing newer is known, and the first estimate, are taken from it.
    """
    items = sorted(said, key=lambda item: (item.shipment_id, item.source_id, item.received_at))
    if not items:
        return frozenset()
    rows = Observation.objects.filter(shipment_id__any_of={item.shipment_id for item in items})
    known = {(row.shipment_id, row.source_id): row for row in rows.select_for_update().order_by("shipment_id", "id")}
    touched: dict[tuple[int, int], Observation] = {}
    for item in items:
        key = (item.shipment_id, item.source_id)
        row = known.setdefault(key, Observation(shipment_id=key[0], source_id=key[1]))
        if row.observed_at is None or _is_newer(item, (row.observed_at, row.about_at)):
            _fill(row, item)  # the moment counts even if no fact changed: an estimate told again is told after the scan
            touched[key] = row
        elif _complete(row, item):
            touched[key] = row
    bulk.insert(Observation, WRITTEN, (_written(touched[key]) for key in sorted(touched)), UPSERT)
    return frozenset(key[0] for key in touched)


Moment = tuple[datetime, datetime | None]
"""When a snapshot was received, and of what time it speaks where that is known; aware UTC."""


def _is_newer(item: Said, moment: Moment) -> bool:
    """Whether a snapshot is as new as another: of a later time, else received later."""
    received_at, about_at = moment
    if item.about_at and about_at and item.about_at != about_at:
        return item.about_at > about_at
    return item.received_at >= received_at


def _kept_from(row: Observation, name: str) -> Moment:
    """The moment of the snapshot that told a fact."""
    if name not in row.told_before:
        return row.observed_at, row.about_at
    received_at, about_at = row.told_before[name]
    return datetime.fromisoformat(received_at), datetime.fromisoformat(about_at) if about_at else None


def _keep_from(row: Observation, name: str, moment: Moment) -> None:
    received_at, about_at = moment
    row.told_before[name] = [received_at.isoformat(), about_at.isoformat() if about_at else None]


def _fill(row: Observation, item: Said) -> None:
    """Take everything from the newest snapshot; facts it does not tell stay as they were told before."""
    facts = _facts(item)
    for name in KEPT:
        if name in facts:
            _set(row, name, facts[name], item, item.received_at)
            row.told_before.pop(name, None)
        elif getattr(row, name):
            _stay(row, name, item)
    _note_original(row, item, facts.get("estimate_at"))
    _fill_found(row, item.told, item.received_at)
    row.delay_flag = item.told.delay_flag[:40]
    row.observed_at, row.about_at = item.received_at, item.about_at or row.about_at


def _stay(row: Observation, name: str, item: Said) -> None:
    moment = _kept_from(row, name)
    _keep_from(row, name, moment)
    if name == "estimate_at" and row.estimate_told_at and row.estimate_told_at > item.received_at:
        row.estimate_told_at = moment[1] or row.estimate_told_at


def _complete(row: Observation, item: Said) -> bool:
    """Take from an older snapshot the facts of which nothing newer is known; True when there were any."""
    facts = _facts(item)
    late = item.about_at if item.received_at > row.observed_at else None
    missed = [name for name in facts if not getattr(row, name) or _is_newer(item, _kept_from(row, name))]
    for name in missed:
        _set(row, name, facts[name], item, late or item.received_at)
        _keep_from(row, name, (item.received_at, item.about_at))
    return _note_original(row, item, facts.get("estimate_at")) or bool(missed)


def _facts(item: Said) -> dict[str, Any]:
    """The facts a snapshot tells, as they are stored, of those that later ones need not repeat."""
    told, place = item.told, item.told.delivered_place or Place()
    facts = {
        "estimate_at": _moment(told.estimate_at, item),
        "return_by": told.return_by,
        "signed_by": told.signed_by[:120],
        "delivered_to": told.delivered_to[:120],
        "proof_url": told.proof_url[:500],
        "delivered_city": place.city[:120],
        "delivered_region": place.region[:64],
        "delivered_postcode": place.postcode[:32],
        "delivered_country": place.country[:2],
    }
    return {name: value for name, value in facts.items() if value}


def _set(row: Observation, name: str, value: Any, item: Said, told_at: datetime) -> None:
    setattr(row, name, value)
    if name == "estimate_at" and item.told.estimate_at:
        row.estimate_until = _moment(item.told.estimate_until, item)
        row.estimate_precision = item.told.estimate_at.precision
        row.estimate_told_at = told_at


def _note_original(row: Observation, item: Said, estimate: datetime | None) -> bool:
    """Keep the estimate that was received first; True when it is this one."""
    first = row.original_told_at
    if estimate is None or (row.original_estimate_at and (first is None or first <= item.received_at)):
        return False
    row.original_estimate_at, row.original_told_at = estimate, item.received_at
    return True


def _fill_found(row: Observation, told: Told, at: datetime) -> None:
    if told.not_found is None:
        return
    row.not_found_since = (row.not_found_since or at) if told.not_found else None
    row.not_found = told.not_found


def _moment(when: When | None, item: Said) -> datetime | None:
    if when is None:
        return None
    return settle(when, item.told.destination, item.zone, Milestone.DELIVERED).occurred_at
