"""Parcels for the detector tests: a moving one by default, from New York to Austin. Monday 16 Nov 2026 is day one."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracking.calendars.carrier import CarrierDays
from tracking.detectors.contract import Findings, Policy, ShipmentFacts, Signal, Watch
from tracking.detectors.policies import Scope, preset_policy
from tracking.detectors.registry import detect
from tracking.status.contract import ReasonFact, ShipmentState

NEW_YORK, AUSTIN = "America/New_York", "America/Chicago"


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """ "16 10:00" = 16 November 2026 10:00 in New York; "12-02 10:00" = 2 December."""
    day, clock = text.split()
    month, day = day.split("-") if "-" in day else ("11", day)
    return datetime.fromisoformat(f"2026-{month}-{int(day):02}T{clock}").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


LABEL, CUTOFF, SCAN = at("16 10:00"), at("16 17:00"), at("16 20:00")


def moving(**changes: Any) -> ShipmentState:
    """A parcel scanned once, on Monday evening."""
    state = ShipmentState(
        "in_transit",
        SCAN,
        evidence="item_scanned",
        evidence_at=SCAN,
        label_at=LABEL,
        first_scan_at=SCAN,
        last_scan_at=SCAN,
        last_event_at=SCAN,
    )
    return replace(state, **changes)


def labelled(**changes: Any) -> ShipmentState:
    """A parcel of which only the label is known."""
    state = ShipmentState("label_created", LABEL, evidence="carrier_has_data", label_at=LABEL, last_event_at=LABEL)
    return replace(state, **changes)


def delivered(when: str = "18 12:00", **changes: Any) -> ShipmentState:
    """The moving parcel, delivered."""
    moment = at(when)
    return moving(
        **{
            "status": "delivered",
            "status_at": moment,
            "last_scan_at": moment,
            "delivered_at": moment,
            "ended_at": moment,
        }
        | changes
    )


def reason(name: str, when: str = "17 12:00", **changes: Any) -> ReasonFact:
    """A reason reported once, by event 7."""
    return replace(ReasonFact(name, at(when), at(when), 1, "exception", 7), **changes)


def parcel(state: ShipmentState, **changes: Any) -> ShipmentFacts:
    """The facts around a state."""
    facts = ShipmentFacts(
        state=state,
        carrier="fedex",
        service="ground",
        warehouse="EWR3",
        direction="outbound",
        has_number=True,
        is_fulfilled=True,
        fulfilled_at=at("16 09:00"),
        label_at=LABEL,
        number_at=LABEL,
        pickup_cutoff_at=CUTOFF,
        is_international=False,
        care_level="standard",
        promise_at=None,
        promise_is_date=False,
        promise_origin="",
        order_cancelled=False,
        ship_to=("Austin", "TX", "78701", "US"),
        ship_to_zone=AUSTIN,
        calendar=CarrierDays("US", NEW_YORK),
        created_at=at("15 09:00"),
        warehouse_zone=NEW_YORK,
    )
    return replace(facts, **changes)


def policy(facts: ShipmentFacts) -> Policy:
    """The policy a new installation has for this parcel."""
    return preset_policy(Scope(care_level=facts.care_level, is_international=facts.is_international))


def ask(facts: ShipmentFacts, now: datetime) -> Findings:
    """What all detectors say under the preset policy."""
    return detect(facts, policy(facts), now)


def watch(facts: ShipmentFacts, kind: str, now: datetime) -> Watch:
    """What the detector of one kind says."""
    return next(one for one in ask(facts, now).watches if one.kind == kind)


def signal(facts: ShipmentFacts, kind: str, now: datetime) -> Signal | None:
    """The signal of one kind, if it fires."""
    return next((one for one in ask(facts, now).signals if one.kind == kind), None)
