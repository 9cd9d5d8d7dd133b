"""Types of detection: facts + policy + now -> signals. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from tracking.calendars.contract import CarrierCalendar
from tracking.status.contract import ShipmentState


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """All that detectors may know of one shipment. Datetimes aware UTC."""

    state: ShipmentState
    carrier: str
    service: str
    warehouse: str
    direction: str
    has_number: bool
    is_fulfilled: bool  # the shop reports a successful fulfilment that needs shipping
    fulfilled_at: datetime | None
    label_at: datetime | None  # when the label or number was first known to exist
    number_at: datetime | None
    pickup_cutoff_at: datetime | None  # first pickup cut-off of the warehouse after the label
    is_international: bool
    care_level: str
    promise_at: datetime | None
    promise_is_date: bool  # only a day was promised: promise_at is any moment of that day at the ship-to
    promise_origin: str
    order_cancelled: bool
    ship_to: tuple[str, str, str, str]  # city, region, postcode, country
    ship_to_zone: str  # IANA zone used for local days
    calendar: CarrierCalendar
    created_at: datetime
    estimate_inside_since: datetime | None = None  # since when the estimate is within the promise again; None unless it
    # missed the promise before (`promise.estimate_misses` tells)
    paused_from: datetime | None = None  # clocks paused while the only source is silent
    not_received_at: datetime | None = None  # customer or agent says it did not arrive
    wrong_address_at: datetime | None = None  # customer or agent says that the address is wrong
    damage_told_at: datetime | None = None  # the customer says that it is damaged
    warehouse_zone: str = ""  # IANA zone in which agents read times of the origin; empty: ship_to_zone


@dataclass(frozen=True, slots=True)
class Window:
    """A policy value: `days` carrier days, or clock time when `is_clock`."""

    days: float
    is_clock: bool = False

    def clock(self) -> timedelta:
        """The window as plain clock time."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Policy:
    """Windows and severities that apply to one shipment: window name -> Window; signal kind -> severity.

    A window or severity that is missing is the preset's.
    """

    windows: Mapping[str, Window]
    severities: Mapping[str, str]
    sources: Mapping[str, str] = field(default_factory=dict)  # window name -> which policy row decided
    causes: Mapping[str, str] = field(default_factory=dict)  # signal kind -> cause family; a missing one: the preset's


@dataclass(frozen=True, slots=True)
class Signal:
    """One problem found. `evidence_key` + `parameters` say it in words; `fingerprint` changes when the carrier reports
    it anew (a settled signal fires again only then, or after its clear condition was met)."""

    kind: str
    severity: str
    cause: str  # vocabulary.CauseFamily
    since: datetime  # when the condition became true
    evidence: str  # finished English sentence for agents
    brief: str  # the same in a few words for a row that counts the hours itself: "no scan, window 24 h"
    fingerprint: str = ""
    count: int = 1
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """What one detector says of one shipment now: a signal, or when it would fire, or why it cannot."""

    kind: str
    signal: Signal | None = None
    due_at: datetime | None = None  # would fire then, if nothing else happens
    clears_at: datetime | None = None  # an open signal would clear then by the clock alone
    why_not: str = ""
    window: str = ""  # the window in words ("1 carrier day after the pickup cut-off")
    value: str = ""  # today's value in words
    needs_person: bool = False  # once fired it stays until a person settles it


class Detector(Protocol):
    """One detector: one file, one line in the registry."""

    @property
    def kind(self) -> str:
        """The signal kind it detects."""
        ...

    @property
    def needs_person(self) -> bool:
        """True when its signal, once fired, stays until a person settles it."""
        ...

    def watch(self, facts: ShipmentFacts, policy: Policy, now: datetime) -> Watch:
        """Judge one shipment at `now` (aware UTC)."""
        ...


@dataclass(frozen=True, slots=True)
class Findings:
    """All detectors' answers for one shipment. `next_check_at` = earliest due or clearing moment after `now`."""

    signals: tuple[Signal, ...]
    next_check_at: datetime | None
    watches: tuple[Watch, ...] = ()
