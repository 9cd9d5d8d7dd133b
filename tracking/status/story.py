"""A parcel's story told event by event: the small state machine inside the projection."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tracking.status.contract import EventFact, StatusStep
from tracking.status.evidence import SCANNED, is_physical
from tracking.status.ordering import Placed
from tracking.vocabulary import BEFORE_SCAN_STATUSES, TERMINAL_STATUSES, Reason, ShipmentStatus

RETURN_STATUSES = frozenset({ShipmentStatus.RETURNING, ShipmentStatus.RETURNED})
_VAGUE = frozenset({"", Reason.RETURN_TO_SENDER, Reason.OTHER})
# Why a carrier sends a parcel back; a delay never is the reason.
_SENDS_BACK = frozenset(
    {
        Reason.REFUSED,
        Reason.ADDRESS_ISSUE,
        Reason.FAILED_ATTEMPT,
        Reason.HELD_AT_LOCATION,
        Reason.DAMAGED,
        Reason.CUSTOMS_HOLD,
        Reason.PAYMENT_DUE,
    }
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One physical event as the story saw it; `position` is its place in the order."""

    position: int
    at: datetime
    event: EventFact
    is_return: bool


class Weight(NamedTuple):
    """How strong the best evidence is, and since when."""

    rank: int
    at: datetime | None


NO_WEIGHT = Weight(0, None)


@dataclass(slots=True)
class Story:
    """What is true after the events told so far. Datetimes aware UTC."""

    status: str = ShipmentStatus.CREATED.value
    deciding: Placed | None = None
    reason: str = ""
    return_cause: str = ""
    cause_seen: str = ""
    is_returning: bool = False
    is_void: bool = False
    passed_first_scan: bool = False
    returning_since: datetime | None = None
    out_for_delivery_at: datetime | None = None
    available_at: datetime | None = None
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    moved_after_end_at: datetime | None = None
    evidence: Weight = NO_WEIGHT
    evidence_below_scan: Weight = NO_WEIGHT
    scans: list[Scan] = field(default_factory=list)
    steps: list[StatusStep] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        """Return whether the parcel has reached an end."""
        return self.status in TERMINAL_STATUSES

    def weigh(self, rank: int, at: datetime) -> None:
        """Take an event's evidence, if it is stronger than what is known."""
        if rank > self.evidence.rank:
            self.evidence = Weight(rank, at)
        if self.evidence_below_scan.rank < rank < SCANNED:
            self.evidence_below_scan = Weight(rank, at)

    def remember_cause(self, event: EventFact) -> None:
        """Keep the last reason that could send the parcel back."""
        if event.reason in _SENDS_BACK and not event.hint:
            self.cause_seen = event.reason

    def stand(self, status: str, placed: Placed) -> None:
        """Take a status from a deciding event."""
        status = str(status)
        if status in RETURN_STATUSES and not self.is_returning:
            self._start_return(placed)
        if status != self.status:
            self.steps.append(StatusStep(status, placed.at, placed.event.identity))
        self._mark_waits(status, placed)
        self.status, self.deciding = status, placed
        self.reason = self.return_cause if status in RETURN_STATUSES else placed.event.reason
        self.ended_at = placed.at if status in TERMINAL_STATUSES else None
        unscanned = not self.scans and not is_physical(placed.event)
        self.is_void = status == ShipmentStatus.CANCELLED and (placed.event.is_void or unscanned)
        self.moved_after_end_at = None

    def turn_round(self) -> None:
        """Send the parcel towards the customer again."""
        self.is_returning, self.returning_since, self.return_cause = False, None, ""

    def correct(self, placed: Placed) -> None:
        """Take a person's word over everything up to its time. It moves no parcel: evidence stays what it was, and a
        status before the first scan says that the scans so far were not of this parcel."""
        status = placed.event.corrected_status
        if status not in RETURN_STATUSES:
            self.turn_round()
            self.delivered_at = None
        if status in BEFORE_SCAN_STATUSES:
            self.scans, self.passed_first_scan, self.evidence = [], False, self.evidence_below_scan
        self.stand(status, placed)

    def _start_return(self, placed: Placed) -> None:
        """Begin the way back. A parcel that waited at a pickup point until then was not collected."""
        own, uncollected = placed.event.reason, Reason.HELD_AT_LOCATION.value if self.available_at else ""
        self.is_returning, self.returning_since = True, placed.at
        likely = uncollected or self.cause_seen or own or Reason.RETURN_TO_SENDER.value
        self.return_cause = likely if own in _VAGUE else own

    def _mark_waits(self, status: str, placed: Placed) -> None:
        self.out_for_delivery_at = placed.at if status == ShipmentStatus.OUT_FOR_DELIVERY else None
        if status != ShipmentStatus.AVAILABLE_FOR_PICKUP:
            self.available_at = None
        elif self.status != status:
            self.available_at = placed.at
        if status == ShipmentStatus.DELIVERED:
            self.delivered_at = placed.at
