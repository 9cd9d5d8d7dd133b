"""Detectors of what the carrier reports as a reason, on whatever milestone. Hints never reach the state's reasons."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tracking.detectors import words
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.gates import ended, reached_since, reported, scanned_since_status, shown
from tracking.detectors.rule import Condition, Find, Rule
from tracking.detectors.same_place import told
from tracking.detectors.windows import due_after, window_of
from tracking.status.contract import ReasonFact
from tracking.vocabulary import ShipmentStatus

NOT_REPORTED = "The carrier has not reported it."
ATTEMPT_IS_OVER = frozenset(
    {
        ShipmentStatus.DELIVERED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED,
        ShipmentStatus.AVAILABLE_FOR_PICKUP,
        ShipmentStatus.CANCELLED,
    }
)
FOUND = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED})

Cleared = Callable[[ShipmentFacts, ReasonFact], str]


def by_scan(facts: ShipmentFacts, fact: ReasonFact) -> str:
    """Cleared by a later physical scan that does not repeat the reason, or when no scan is awaited any more."""
    return "A later scan no longer says so." if fact.cleared_by_scan_at else ended(facts)


def by_outbound_scan(facts: ShipmentFacts, fact: ReasonFact) -> str:
    """Like `by_scan`, but a scan on the way back does not count."""
    return "A later scan towards the customer cleared it." if fact.cleared_by_outbound_scan_at else ended(facts)


def by_next_stage(facts: ShipmentFacts, fact: ReasonFact) -> str:
    """Cleared when the parcel was delivered, turned round, or waits at a pickup point."""
    return "The parcel went on after it." if reached_since(facts.state, ATTEMPT_IS_OVER, fact.last_at) else ""


def by_arrival(facts: ShipmentFacts, fact: ReasonFact) -> str:
    """Cleared when the parcel arrived somewhere after all; an arrival before the report does not count."""
    state = facts.state
    arrived = state.status in FOUND and (state.ended_at or state.status_at or fact.first_at) >= fact.last_at
    later = any(step.status in FOUND and step.occurred_at >= fact.last_at for step in state.steps)
    return "It arrived after all." if arrived or later else ""


def by_person(facts: ShipmentFacts, fact: ReasonFact) -> str:
    """Never cleared by the carrier's news."""
    return ""


def find_reason(kind: str, said: str, since_then: str, cleared: Cleared) -> Find:
    """Return the finder of the reason named `kind`: `said` completes "The carrier reported ..."."""

    def find(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
        fact = reported(facts.state, kind)
        if fact is None:
            return NOT_REPORTED
        ends_by_scan = cleared in (by_scan, by_outbound_scan)
        told = fact if ends_by_scan else replace(fact, since_at=fact.first_at)
        return cleared(facts, fact) or reason_condition(facts, policy, now, kind, told, said, since_then)

    return find


def reason_condition(
    facts: ShipmentFacts, policy: Policy, now: datetime, kind: str, fact: ReasonFact, said: str, since_then: str
) -> Condition:
    """Return the condition of a reported reason: a signal at once, or when the kind's own window is over."""
    zone, window, since = facts.ship_to_zone, window_of(policy, kind), fact.since_at or fact.first_at
    times = f" on {fact.count} days, last" if fact.count > 1 else ""
    limit = f" The window is {words.window(window)}." if window.days else ""
    return Condition(
        since,
        evidence=lambda: (
            f"The carrier reported {said}{times} on {shown(facts.state, fact.last_at, zone)}; {since_then}.{limit}"
        ),
        brief=_brief(facts, fact, words.window(window) if window.days else ""),
        fingerprint=f"{fact.last_identity}:{fact.count}",
        due=due_after(facts, since, window) if window.days else None,
        window=f"{words.window(window)} after the first report" if window.days else "at once",
        value=f"first reported {words.duration(now - since)} ago",
        count=fact.count,
    )


def _brief(facts: ShipmentFacts, fact: ReasonFact, window: str) -> str:
    """Return what a row says beside the reason's name: its window, else how often and when it was reported."""
    last = words.day(fact.last_at, facts.ship_to_zone)
    if window:
        return f"window {window}"
    return f"on {fact.count} days, last {last}" if fact.count > 1 else f"reported {last}"


def find_failed_attempt(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """Delivery failed; from the second day on it is one step more severe."""
    found = _FAILED(facts, policy, now)
    return replace(found, steps_up=1) if isinstance(found, Condition) and found.count > 1 else found


def find_address_issue(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier reported it, or the customer says that the address is wrong while the parcel is on its way."""
    found, since, state = _ADDRESS(facts, policy, now), facts.wrong_address_at, facts.state
    if isinstance(found, Condition) and since is not None:
        return told_as_well(found, since)
    if isinstance(found, Condition) or since is None or ended(facts) or state.is_returning:
        return found
    place = f" It is sent to {told(facts.ship_to)}." if any(facts.ship_to) else ""
    return Condition(
        since,
        evidence=lambda: f"Reported on {shown(state, since, facts.ship_to_zone)}: the address is wrong.{place}",
        brief="said by the customer or by us",
        fingerprint=since.isoformat(),
        window="at once",
    )


def told_as_well(found: Condition, since: datetime) -> Condition:
    """The customer's word on top of the carrier's is news, also when a person has settled what the carrier reported."""
    return replace(found, fingerprint=f"{found.fingerprint}:{since.isoformat()}")


def find_damaged(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier reported damage, or the customer says that the parcel came damaged."""
    found, since = _DAMAGED(facts, policy, now), facts.damage_told_at
    if since is None:
        return found
    if isinstance(found, Condition):
        return told_as_well(found, since)
    return Condition(
        since,
        evidence=lambda: (
            f"The customer said on {shown(facts.state, since, facts.ship_to_zone)} that the parcel is damaged;"
            " a person has to decide."
        ),
        brief="said by the customer",
        fingerprint=since.isoformat(),
        window="at once",
    )


def find_carrier_delay(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier says that it is late; a delay for which it gives no reason is its own."""
    found = _DELAY(facts, policy, now)
    if found == NOT_REPORTED and _stands_alone(facts, ShipmentStatus.DELAYED):
        return _unexplained(facts, "a delay")
    return found


def find_other(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """An exception without a reason, or with one that has no name of its own."""
    found = _OTHER(facts, policy, now)
    if found == NOT_REPORTED and _stands_alone(facts, ShipmentStatus.EXCEPTION):
        return _unexplained(facts, "an exception")
    return found


def _stands_alone(facts: ShipmentFacts, status: ShipmentStatus) -> bool:
    """True when the last word is this status without a reason, and it is neither a hint nor overtaken."""
    state = facts.state
    says_so = state.status == status and not state.reason and not state.is_hint
    return says_so and not scanned_since_status(state) and not ended(facts)


def _unexplained(facts: ShipmentFacts, said: str) -> Condition:
    since = facts.state.status_at or facts.created_at
    return Condition(
        since,
        evidence=lambda: (
            f"The carrier reported {said} on {shown(facts.state, since, facts.ship_to_zone)} without a reason;"
            " no scan since."
        ),
        brief="the carrier gives no reason",
        fingerprint=since.isoformat(),
        window="at once",
    )


_FAILED = find_reason("failed_attempt", "a failed delivery", "not delivered since", by_next_stage)
_DELAY = find_reason("carrier_delay", "a delay of its own", "no scan without it since", by_scan)
_OTHER = find_reason("other", "a problem that has no name of its own", "no scan without it since", by_scan)
_WEATHER = find_reason("weather_delay", "a delay by weather", "no scan without it since", by_scan)
_ADDRESS = find_reason(
    "address_issue", "a problem with the address", "no scan towards the customer since", by_outbound_scan
)
_PAYMENT = find_reason("payment_due", "that a payment is due", "no scan towards the customer since", by_outbound_scan)
_DAMAGED = find_reason("damaged", "damage", "a person has to decide", by_person)
_CUSTOMS = find_reason("customs_hold", "a hold by customs", "no scan after a release", by_scan)

CARRIER_DELAY = Rule("carrier_delay", find_carrier_delay)
WEATHER_DELAY = Rule("weather_delay", _WEATHER)
ADDRESS_ISSUE = Rule("address_issue", find_address_issue)
PAYMENT_DUE = Rule("payment_due", _PAYMENT)
FAILED_ATTEMPT = Rule("failed_attempt", find_failed_attempt)
CUSTOMS_HOLD = Rule("customs_hold", _CUSTOMS)
LOST = Rule("lost", find_reason("lost", "the parcel lost", "it has not arrived since", by_arrival))
DAMAGED = Rule("damaged", find_damaged, needs_person=True)
REFUSED = Rule("refused", find_reason("refused", "a refusal", "a person has to decide", by_person), needs_person=True)
OTHER = Rule("other", find_other)
