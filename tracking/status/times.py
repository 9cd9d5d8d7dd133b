"""When an event happened: a vendor's time made into one UTC moment to order by, with its precision kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from tracking.status.places import zone_of
from tracking.vocabulary import Milestone, Precision

if TYPE_CHECKING:
    from tracking.connectors.contract import Place, When

# A day without a time counts from its start for these, from its end for all others: a pickup told by its day must not
# hide the scans of that day, a delivery told by its day must not be overtaken by them.
START_OF_DAY_MILESTONES = frozenset({Milestone.LABEL_CREATED, Milestone.FIRST_SCAN, Milestone.IN_TRANSIT})
_ORIGIN_MILESTONES = frozenset({Milestone.LABEL_CREATED, Milestone.FIRST_SCAN, Milestone.RETURNED, Milestone.CANCELLED})
_DAY_START, _DAY_END = time(0, 0), time(23, 59, 59, fold=1)  # fold: the later of two equal clock times


@dataclass(frozen=True, slots=True)
class Settled:
    """A moment to order by. `local_date` is the place's calendar day; `zone` the IANA zone used ("" = none known)."""

    occurred_at: datetime  # aware UTC
    precision: str  # vocabulary.Precision
    local_date: date | None
    zone: str


def zone_side(milestone: str) -> Literal["origin", "destination"]:
    """Say whose zone stands in when an event names no place: the warehouse's (origin) or the ship-to's."""
    return "origin" if milestone in _ORIGIN_MILESTONES else "destination"


def settle(when: When, place: Place | None, fallback_zone: str, milestone: str) -> Settled:
    """Turn a vendor's time into a UTC moment.

    An instant stays as it is. Local time uses the zone of the place, else `fallback_zone`, else UTC; of a clock time
    that happens twice the first is meant, one that a spring change skips moves forward. A date becomes the first or
    the last second of that local day, by milestone. Raises OverflowError for years the calendar cannot convert.
    """
    zone = _known(zone_of(place.country, place.region) if place else "") or _known(fallback_zone)
    tz = zone_info(zone)
    if when.precision == Precision.DATE:
        day = when.value.date() if isinstance(when.value, datetime) else when.value
        clock = _DAY_START if milestone in START_OF_DAY_MILESTONES else _DAY_END
        return Settled(datetime.combine(day, clock, tz).astimezone(UTC), when.precision, day, zone)
    moment = _as_datetime(when.value)
    if when.precision == Precision.LOCAL and moment.tzinfo is None:
        return Settled(moment.replace(tzinfo=tz).astimezone(UTC), when.precision, moment.date(), zone)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Settled(moment.astimezone(UTC), when.precision, moment.astimezone(tz).date() if zone else None, zone)


def zone_info(zone: str) -> tzinfo:
    """Return the zone of that IANA name; UTC when there is none of that name."""
    known = _known(zone)
    return ZoneInfo(known) if known else UTC


def _as_datetime(value: datetime | date) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, _DAY_START)


@lru_cache(maxsize=512)
def _known(zone: str) -> str:
    """Return `zone` if the zone database has it, else "": a warehouse's typing error must not stop an event."""
    try:
        return ZoneInfo(zone).key if zone else ""
    except (ValueError, OSError, LookupError):
        return ""
