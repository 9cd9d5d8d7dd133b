"""Who is responsible when a parcel is late or comes back."""

from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.windows import due_after, window_of
from tracking.vocabulary import EVIDENCE_RANK, CauseFamily, Evidence, Reason

CAUSE_OF_REASON: dict[str, str] = {
    Reason.ADDRESS_ISSUE: CauseFamily.CUSTOMER,
    Reason.FAILED_ATTEMPT: CauseFamily.CUSTOMER,
    Reason.REFUSED: CauseFamily.CUSTOMER,
    Reason.PAYMENT_DUE: CauseFamily.CUSTOMER,
    Reason.HELD_AT_LOCATION: CauseFamily.CUSTOMER,
    Reason.CUSTOMS_HOLD: CauseFamily.CUSTOMS,
    Reason.WEATHER_DELAY: CauseFamily.WEATHER,
    Reason.CARRIER_DELAY: CauseFamily.CARRIER,
    Reason.MISSED_WINDOW: CauseFamily.CARRIER,
    Reason.DAMAGED: CauseFamily.CARRIER,
    Reason.LOST: CauseFamily.CARRIER,
}
BECAUSE: dict[str, str] = {
    CauseFamily.CARRIER: "The carrier had it in time.",
    CauseFamily.WAREHOUSE: "The first scan is late or missing.",
    CauseFamily.CUSTOMER: "The carrier waits for the customer.",
    CauseFamily.CUSTOMS: "Customs held it.",
    CauseFamily.WEATHER: "Weather held it up.",
}


def cause_of_lateness(facts: ShipmentFacts, policy: Policy) -> str:
    """Return the cause family of a missed promise: that of the latest reason outside the carrier, else who was late.

    Without such a reason it is the warehouse's when the first scan is missing or came after the no_first_scan window,
    and the carrier's otherwise.
    """
    outside = [fact for fact in facts.state.reasons if _cause(fact.reason) not in ("", CauseFamily.CARRIER)]
    if outside:
        return _cause(max(outside, key=lambda fact: (fact.last_at, fact.last_identity)).reason)
    return CauseFamily.CARRIER if _handed_over_in_time(facts, policy) else CauseFamily.WAREHOUSE


def cause_of_return(facts: ShipmentFacts) -> str:
    """Return the cause family of why a parcel comes back: the return's own reason, else the first one reported.

    "" when the carrier gave none with a responsible.
    """
    named = [fact for fact in facts.state.reasons if _cause(fact.reason)]
    first = min(named, key=lambda fact: (fact.first_at, fact.last_identity), default=None)
    return _cause(facts.state.reason) or (_cause(first.reason) if first else "")


def _cause(reason: str) -> str:
    return CAUSE_OF_REASON.get(reason, "")


def _handed_over_in_time(facts: ShipmentFacts, policy: Policy) -> bool:
    """True when the carrier had the parcel before the no_first_scan window was over, as far as is known."""
    scanned_at, start = facts.state.first_scan_at, facts.pickup_cutoff_at or facts.label_at
    if scanned_at is None:
        return EVIDENCE_RANK[facts.state.evidence] >= EVIDENCE_RANK[Evidence.BATCH_ACCEPTED]
    return start is None or scanned_at <= due_after(facts, start, window_of(policy, "no_first_scan")).at
