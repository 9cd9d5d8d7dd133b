"""What each status leads to, found by asking the detectors about a plain parcel that has just got it. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tracking.calendars.carrier import CarrierDays
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.registry import detect
from tracking.status.contract import EventFact, ShipmentState
from tracking.status.projection import project
from tracking.status.wording import SentenceFacts, sentence_for
from tracking.vocabulary import MOVING_MILESTONES, Evidence, Milestone, Reason, ShipmentStatus

START = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
PLACE = ("Austin", "TX", "78701", "US")
LABELLED = (ShipmentStatus.LABEL_CREATED, ShipmentStatus.CANCELLED)
# Kinds whose reason goes by another name, or by a status of its own.
STATUS_OF_KIND = {
    "held_at_location": ShipmentStatus.AVAILABLE_FOR_PICKUP,
    "pickup_expiring": ShipmentStatus.AVAILABLE_FOR_PICKUP,
    "return_to_sender": ShipmentStatus.RETURNING,
    "carrier_delay": ShipmentStatus.DELAYED,
    "weather_delay": ShipmentStatus.DELAYED,
    "other": ShipmentStatus.EXCEPTION,
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """Kinds of problems a status raises at once and those whose clock it starts; the key of its public sentence."""

    at_once: tuple[str, ...]
    by_clock: tuple[str, ...]
    sentence: str


def consequences(policy: Policy) -> dict[str, Consequence]:
    """Return what each status leads to under a policy, by status."""
    return {status: _consequence(status, policy) for status in ShipmentStatus.values}


def sentence_of_kind(kind: str) -> str:
    """Return the key of the public sentence that comes with a kind of problem; "" when it changes none."""
    if kind in STATUS_OF_KIND:
        return _sentence(state_at(STATUS_OF_KIND[kind], kind if kind in Reason.values else ""))
    return _sentence(state_at(ShipmentStatus.EXCEPTION, kind)) if kind in Reason.values else ""


def state_at(status: str, reason: str = "") -> ShipmentState:
    """Return the state of a plain parcel that has just got a status."""
    events = [] if status == ShipmentStatus.CREATED else [_event(1, Milestone.LABEL_CREATED, Evidence.CARRIER_HAS_DATA)]
    if status not in (ShipmentStatus.CREATED, *LABELLED):
        events.append(_event(2, Milestone.FIRST_SCAN, Evidence.ITEM_SCANNED))
    if status == ShipmentStatus.RETURNED:
        events.append(_event(3, Milestone.RETURNING, Evidence.ITEM_SCANNED))
    if status not in (ShipmentStatus.CREATED, ShipmentStatus.LABEL_CREATED, ShipmentStatus.FIRST_SCAN):
        physical = status in MOVING_MILESTONES
        events.append(_event(4, status, Evidence.ITEM_SCANNED if physical else Evidence.NOT_PHYSICAL, reason))
    return project(events, [], label_told_at=None)


def _event(hour: int, milestone: str, evidence: str, reason: str = "") -> EventFact:
    at = START + hour * HOUR
    return EventFact(
        identity=hour,
        occurred_at=at,
        precision="instant",
        received_at=at,
        source_id=1,
        precedence=0,
        milestone=milestone,
        evidence=evidence,
        reason=reason,
        place_city=PLACE[0],
        place_region=PLACE[1],
        place_postcode=PLACE[2],
        place_country=PLACE[3],
    )


def _consequence(status: str, policy: Policy) -> Consequence:
    state = state_at(status)
    watches = detect(_facts(state), policy, START + 5 * HOUR).watches
    at_once = tuple(watch.kind for watch in watches if watch.signal)
    by_clock = tuple(watch.kind for watch in watches if watch.due_at and not watch.signal)
    return Consequence(at_once, by_clock, _sentence(state))


def _sentence(state: ShipmentState) -> str:
    has_number = state.status != ShipmentStatus.CREATED
    return sentence_for(state, SentenceFacts(carrier="Carrier", has_number=has_number)).key


def _facts(state: ShipmentState) -> ShipmentFacts:
    expected = state.status == ShipmentStatus.CREATED
    facts = ShipmentFacts(
        state=state,
        carrier="",
        service="",
        warehouse="",
        direction="outbound",
        has_number=True,
        is_fulfilled=True,
        fulfilled_at=START,
        label_at=START + HOUR,
        number_at=START + HOUR,
        pickup_cutoff_at=None,
        is_international=False,
        care_level="standard",
        promise_at=None,
        promise_is_date=False,
        promise_origin="",
        order_cancelled=False,
        ship_to=PLACE,
        ship_to_zone="UTC",
        calendar=CarrierDays("US", "UTC"),
        created_at=START,
    )
    return replace(facts, has_number=False, label_at=None, number_at=None) if expected else facts
