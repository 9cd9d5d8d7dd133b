"""Questions several detectors ask of the facts. Sentences say why a detector has nothing to watch."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from tracking.detectors import words
from tracking.detectors.contract import ShipmentFacts
from tracking.status.contract import ReasonFact, ShipmentState
from tracking.vocabulary import Precision, ShipmentStatus

ENDED: dict[str, str] = {
    ShipmentStatus.DELIVERED: "The parcel is delivered.",
    ShipmentStatus.RETURNED: "The parcel is back at the sender.",
    ShipmentStatus.CANCELLED: "The shipment is cancelled.",
}
# Where a day without a time of day is put: at its begin or its last second.
DAY_ONLY_CLOCKS = (time(0, 0), time(23, 59, 59))


def ended(facts: ShipmentFacts) -> str:
    """Return why no scan, number or estimate is awaited any more; "" while one is."""
    if facts.order_cancelled:
        return "The order is cancelled."
    return ENDED.get(facts.state.status, "")


def reported(state: ShipmentState, reason: str) -> ReasonFact | None:
    """Return what is known of a reason the carrier reported; None if it did not."""
    for fact in state.reasons:
        if fact.reason == reason:
            return fact
    return None


def reached_since(state: ShipmentState, statuses: frozenset[str], at: datetime) -> bool:
    """True when the parcel has one of these statuses now, or took one at or after a moment."""
    return state.status in statuses or any(step.status in statuses and step.occurred_at >= at for step in state.steps)


def scanned_since_status(state: ShipmentState) -> bool:
    """True when a physical scan followed the event that gave the parcel its status."""
    return state.last_scan_at is not None and state.status_at is not None and state.last_scan_at > state.status_at


def is_day_only(state: ShipmentState, at: datetime, zone: str) -> bool:
    """True when only the day of a moment of this parcel is known, so that no time of day may be shown."""
    known = {state.first_scan_at: state.first_scan_precision, state.status_at: state.status_precision}
    if at in known:
        return known[at] == Precision.DATE
    return at.astimezone(ZoneInfo(zone or "UTC")).time().replace(microsecond=0) in DAY_ONLY_CLOCKS


def shown(state: ShipmentState, at: datetime, zone: str) -> str:
    """Return a moment of this parcel in words, as exactly as it is known."""
    return words.day(at, zone) if is_day_only(state, at, zone) else words.moment(at, zone)


def lasting(state: ShipmentState, since: datetime, now: datetime, zone: str) -> str:
    """Return how long something lasts in words; in days when only the day of its begin is known."""
    return words.days_between(since, now, zone) if is_day_only(state, since, zone) else words.duration(now - since)


def origin_zone(facts: ShipmentFacts) -> str:
    """Return the zone for times at the warehouse; the ship-to's if the warehouse's is unknown."""
    return facts.warehouse_zone or facts.ship_to_zone
