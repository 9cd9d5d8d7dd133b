"""Detectors of stories whose end does not hold: wrong place, not received, still moving."""

from datetime import datetime

from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.gates import shown
from tracking.detectors.rule import MOST_IN_BRIEF, Condition, Rule
from tracking.detectors.same_place import Doubt, doubt, told
from tracking.vocabulary import ShipmentStatus

NOT_DELIVERED = "It is not delivered."


def find_misdelivery(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier delivered at a place that cannot be the ship-to, or the customer says that it was another address."""
    state = facts.state
    if state.status != ShipmentStatus.DELIVERED:
        return NOT_DELIVERED
    if facts.wrong_address_at and (state.delivered_at or facts.created_at) <= facts.wrong_address_at:
        return _said_wrong(facts, facts.wrong_address_at)
    if not any(state.delivered_place):
        return "The carrier has not said where it was delivered."
    how_sure = doubt(state.delivered_place, facts.ship_to)
    if how_sure is Doubt.NONE:
        return "It was delivered where it should go, as far as the carrier says."
    weak = " Only the towns' names differ; it may be a neighbouring one." if how_sure is Doubt.TOWN_ALONE else ""
    since = state.delivered_at or facts.created_at
    return Condition(
        since,
        evidence=lambda: (
            f"Delivered on {shown(state, since, facts.ship_to_zone)} in {told(state.delivered_place)};"
            f" the ship-to is {told(facts.ship_to)}.{weak}"
        ),
        brief=f"left in {state.delivered_place[0] or 'another place'}"[:MOST_IN_BRIEF],
        fingerprint=told(state.delivered_place).casefold()[:120],
        window="at once",
        value=f"delivered in {told(state.delivered_place)}",
        steps_up=-1 if weak else 0,
    )


def _said_wrong(facts: ShipmentFacts, since: datetime) -> Condition:
    state = facts.state
    place = f"in {told(state.delivered_place)}" if any(state.delivered_place) else "without naming a place"
    return Condition(
        since,
        evidence=lambda: (
            f"Reported on {shown(state, since, facts.ship_to_zone)} as delivered to a wrong address; the carrier"
            f" says it was delivered {place}, the ship-to is {told(facts.ship_to) or 'not known'}."
        ),
        brief="said by the customer or by us",
        fingerprint=since.isoformat(),
        window="at once",
    )


def find_not_received(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The customer or an agent says that a parcel marked delivered did not arrive."""
    since, state = facts.not_received_at, facts.state
    if since is None:
        return "Nobody has said that it did not arrive."
    if state.status != ShipmentStatus.DELIVERED:
        return NOT_DELIVERED
    zone = facts.ship_to_zone
    delivered = f" on {shown(state, state.delivered_at, zone)}" if state.delivered_at else ""
    signed = f", signed by {state.signed_by}" if state.signed_by else ", without a signature"
    return Condition(
        since,
        evidence=lambda: (
            f"Reported as not received on {shown(state, since, zone)}; the carrier says it was delivered"
            f"{delivered}{signed}."
        ),
        brief="signed for" if state.signed_by else "without a signature",
        fingerprint=since.isoformat(),
        window="at once",
    )


def find_movement_after_end(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier scanned the parcel, or reported an exception, after its story had ended."""
    state = facts.state
    moved_at = state.moved_after_end_at
    if moved_at is None:
        return "Nothing has moved it since the end of its story."
    ended = f" on {shown(state, state.ended_at, facts.ship_to_zone)}" if state.ended_at else ""
    return Condition(
        moved_at,
        evidence=lambda: (
            f"The carrier saw it again on {shown(state, moved_at, facts.ship_to_zone)}, although"
            f" its story had ended as {ShipmentStatus(state.status).label.lower()}{ended}."
        ),
        brief=f"although {ShipmentStatus(state.status).label.lower()}",
        fingerprint=moved_at.isoformat(),
        window="at once",
    )


MISDELIVERY_SUSPECTED = Rule("misdelivery_suspected", find_misdelivery, needs_person=True)
DELIVERED_NOT_RECEIVED = Rule("delivered_not_received", find_not_received, needs_person=True)
MOVEMENT_AFTER_DELIVERY = Rule("movement_after_delivery", find_movement_after_end)
