"""Detectors of parcels that wait for the customer at a pickup point."""

from datetime import datetime

from tracking.calendars.days import day_start
from tracking.detectors import words
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.gates import lasting, reached_since, reported, shown
from tracking.detectors.rule import Condition, Rule
from tracking.detectors.windows import Due, due_after, window_of
from tracking.vocabulary import ShipmentStatus

GONE = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED,
        ShipmentStatus.CANCELLED,
    }
)


def waits_since(facts: ShipmentFacts) -> datetime | None:
    """Return since when (aware UTC) the parcel can be picked up; None when it cannot, or not any more."""
    state, held = facts.state, reported(facts.state, "held_at_location")
    if state.available_at is not None:
        return state.available_at
    if held is None or held.cleared_by_scan_at or reached_since(state, GONE, held.last_at):
        return None
    return held.since_at or held.first_at


def find_held_at_location(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The customer has not fetched the parcel for a while."""
    since = waits_since(facts)
    if since is None:
        return "It does not wait at a pickup point."
    window, zone = window_of(policy, "held_at_location"), facts.ship_to_zone
    value = lasting(facts.state, since, now, zone)
    until = (
        f"; it goes back on {words.day(day_start(zone or 'UTC', facts.state.return_by), zone)}"
        if facts.state.return_by
        else ""
    )
    return Condition(
        since,
        evidence=lambda: (
            f"Waiting at the pickup point for {value}, since {shown(facts.state, since, zone)};"
            f" the window is {words.window(window)}{until}."
        ),
        brief=until.removeprefix("; it ") or f"not fetched, window {words.window(window)}",
        fingerprint=since.isoformat(),
        due=due_after(facts, since, window),
        window=f"{words.window(window)} after it was ready",
        value=f"ready for {value}",
    )


def find_pickup_expiring(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier will soon send the parcel back. A clock window: the carrier names a day, open or not."""
    since, return_by = waits_since(facts), facts.state.return_by
    if since is None:
        return "It does not wait at a pickup point."
    if return_by is None:
        return "The carrier has not named a return date."
    zone, window = facts.ship_to_zone or "UTC", window_of(policy, "pickup_expiring")
    end = day_start(zone, return_by)
    left = f"on {words.day(end, zone)}" if end > now else f"at any time now, since {words.day(end, zone)}"
    return Condition(
        max(since, end - window.clock()),
        evidence=lambda: (
            f"Not picked up for {lasting(facts.state, since, now, zone)}; the carrier sends it back {left},"
            f" and the window is the last {words.duration(window.clock())} before."
        ),
        brief=f"goes back {words.day(end, zone)}",
        fingerprint=return_by.isoformat(),
        due=Due(max(since, end - window.clock())),
        window=f"{words.duration(window.clock())} before the return date",
        value=f"return date {words.day(end, zone)}",
    )


HELD_AT_LOCATION = Rule("held_at_location", find_held_at_location)
PICKUP_EXPIRING = Rule("pickup_expiring", find_pickup_expiring)
