"""Detector of outbound parcels that come back."""

from datetime import datetime

from tracking.detectors.attribution import cause_of_return
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.gates import reported, shown
from tracking.detectors.rule import Condition, Rule
from tracking.vocabulary import Reason, ShipmentStatus


def find_return(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The parcel travels back, is back, or the carrier announced that it will come back."""
    state, announced = facts.state, reported(facts.state, "return_to_sender")
    if state.status == ShipmentStatus.RETURNED:
        return _comes_back(facts, state.returning_since or state.status_at, "It is back at the sender", "returned")
    if state.is_returning or state.status == ShipmentStatus.RETURNING:
        return _comes_back(facts, state.returning_since or state.status_at, "It is on its way back", "returning")
    if announced is None:
        return "It is not on its way back."
    if announced.cleared_by_outbound_scan_at:
        return "It travels towards the customer again."
    return _comes_back(facts, announced.first_at, "The carrier announced that it comes back", "announced")


def _comes_back(facts: ShipmentFacts, since: datetime | None, said: str, phase: str) -> Condition:
    since = since or facts.created_at
    uncollected = facts.state.reason == Reason.HELD_AT_LOCATION
    named = facts.state.reason in Reason.values and facts.state.reason != Reason.RETURN_TO_SENDER
    why = (
        f"the carrier says why: {Reason(facts.state.reason).label.lower()}" if named else "the carrier does not say why"
    )
    why = "nobody collected it" if uncollected else why
    brief = why.removeprefix("the carrier says why: ") if named else "no reason given"
    return Condition(
        since,
        evidence=lambda: f"{said}, since {shown(facts.state, since, facts.ship_to_zone)}; {why}.",
        brief=brief,
        fingerprint=since.isoformat(),
        window="at once",
        cause=cause_of_return(facts),
        parameters={"phase": phase},
    )


RETURN_TO_SENDER = Rule("return_to_sender", find_return, needs_person=True)
