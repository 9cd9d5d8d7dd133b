"""What a new installation starts with: windows, severities, causes, next actions. Administrators may change all."""

from dataclasses import dataclass

from tracking.detectors.contract import Window
from tracking.vocabulary import SEVERITY_RANK, CareLevel, CauseFamily, Severity, SignalKind


@dataclass(frozen=True, slots=True)
class PolicyPreset:
    """One window: `days` carrier days (clock days if `is_clock`) for shipments that meet every condition given.

    An empty condition (None for `international`) means any. `window` names which of the kind's windows it is.
    """

    kind: str
    window: str
    days: float
    is_clock: bool = False
    care_level: str = ""
    international: bool | None = None
    carrier: str = ""
    service: str = ""
    warehouse: str = ""


@dataclass(frozen=True, slots=True)
class KindPreset:
    """What a signal of one kind leads to. Hours are working hours of the team; `team` is its slug."""

    kind: str
    severity: str
    cause: str
    next_action: str
    due_hours: float
    first_response_hours: float
    team: str = "support"


Pair = tuple[PolicyPreset, PolicyPreset]


def _pair(kind: str, window: str, days: float, is_clock: bool = False, international: bool | None = None) -> Pair:
    """A window and its half for high care."""
    return (
        PolicyPreset(kind, window, days, is_clock, international=international),
        PolicyPreset(kind, window, days / 2, is_clock, CareLevel.HIGH, international),
    )


WINDOWS: tuple[PolicyPreset, ...] = (
    *_pair("missing_tracking", "missing_tracking", 1, is_clock=True),
    *_pair("unknown_number", "unknown_number", 2),
    *_pair("no_first_scan", "no_first_scan", 1),
    *_pair("batch_accepted_only", "batch_accepted_only", 2),
    *_pair("stalled", "stalled", 3),
    *_pair("stalled", "stalled", 5, international=True),
    *_pair("stalled", "stalled.out_for_delivery", 1),
    *_pair("presumed_lost", "presumed_lost", 7),
    *_pair("presumed_lost", "presumed_lost", 20, international=True),
    # How far an estimate may lie behind the promise, and how long it must be back inside to clear the signal.
    *_pair("will_miss_promise", "will_miss_promise", 0.5, is_clock=True),
    PolicyPreset("will_miss_promise", "will_miss_promise.clear", 0.5, is_clock=True),
    *_pair("held_at_location", "held_at_location", 2),
    # Time before the carrier's return date: care means to begin sooner, so this one grows.
    PolicyPreset("pickup_expiring", "pickup_expiring", 2, is_clock=True),
    PolicyPreset("pickup_expiring", "pickup_expiring", 3, is_clock=True, care_level=CareLevel.HIGH),
    *_pair("customs_hold", "customs_hold", 1),
    PolicyPreset("source_conflict", "source_conflict", 0.25, is_clock=True),
)
PLAIN_WINDOWS: dict[str, Window] = {
    row.window: Window(row.days, row.is_clock) for row in WINDOWS if not row.care_level and row.international is None
}

# Working hours until a person must have acted first, by severity.
FIRST_RESPONSE_HOURS: dict[str, float] = {
    Severity.CRITICAL: 1,
    Severity.HIGH: 2,
    Severity.MEDIUM: 4,
    Severity.LOW: 8,
}


_CARRIER, _CUSTOMER, _WAREHOUSE = CauseFamily.CARRIER, CauseFamily.CUSTOMER, CauseFamily.WAREHOUSE
_CRITICAL, _HIGH, _MEDIUM, _LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

NEXT_ACTIONS: dict[str, str] = {
    "missing_tracking": "Ask the warehouse for the tracking number and add it to the "
    "fulfilment; if nothing was packed, have it packed today.",
    "unknown_number": "Compare the number with the label at the warehouse; correct it, or "
    "have the label sent to the carrier again.",
    "no_first_scan": "Ask the warehouse whether the parcel left; if it did, get proof of "
    "handover, otherwise ship it again.",
    "batch_accepted_only": "Ask the carrier to look for the parcel in the batch it accepted; get "
    "the handover list from the warehouse.",
    "stalled": "Open a trace with the carrier and tell the customer that you are looking for the parcel.",
    "presumed_lost": "Open a claim with the carrier and offer the customer a replacement or a refund.",
    "carrier_delay": "Check the new estimate against the promise; write to the customer if it will be late.",
    "weather_delay": "Check the new estimate against the promise; write to the customer if it will be late.",
    "will_miss_promise": "Tell the customer the new date before the promised one passes; offer "
    "help if the date matters.",
    "missed_promise": "Apologise to the customer with a date you can stand by; ask the carrier where the parcel is.",
    "address_issue": "Confirm the address with the customer and give the correction to the carrier today.",
    "payment_due": "Find out what has to be paid and by whom; pay it, or tell the customer how to pay.",
    "failed_attempt": "Ask the customer for a day, a safe place or a pickup point, and book it with the carrier.",
    "held_at_location": "Remind the customer where the parcel waits, until when, and what to bring.",
    "pickup_expiring": "Reach the customer today, or ask the carrier to keep the parcel longer.",
    "customs_hold": "Ask the carrier what customs needs; send the invoice, or ask the customer for what is missing.",
    "damaged": "Ask the customer or the carrier for photos; claim the damage and offer a replacement.",
    "lost": "Claim the loss with the carrier; replace or refund, and tell the customer which.",
    "refused": "Ask the customer why; agree on a new delivery or on the return.",
    "return_to_sender": "Find out why it comes back and tell the customer; ship again or refund.",
    "misdelivery_suspected": "Ask the customer whether it arrived; if not, have the carrier check "
    "its delivery record and fetch the parcel.",
    "delivered_not_received": "Get the proof of delivery, ask the customer to look with neighbours "
    "and at the door, then open a claim.",
    "movement_after_delivery": "Read the scans since the end of the story and decide whether the "
    "parcel really arrived.",
    "source_conflict": "Compare what each source says and set the true status; report the wrong feed.",
    "other": "Read the carrier's text and ask the carrier what is needed; map the code if its meaning is clear.",
}


def _kind(kind: str, severity: str, cause: str, due_hours: float, team: str = "support") -> KindPreset:
    return KindPreset(kind, severity, cause, NEXT_ACTIONS[kind], due_hours, FIRST_RESPONSE_HOURS[severity], team)


KINDS: tuple[KindPreset, ...] = (
    _kind("missing_tracking", _MEDIUM, _WAREHOUSE, 4, team="warehouse"),
    _kind("unknown_number", _MEDIUM, _WAREHOUSE, 4, team="warehouse"),
    _kind("no_first_scan", _MEDIUM, _WAREHOUSE, 4, team="warehouse"),
    _kind("batch_accepted_only", _MEDIUM, _CARRIER, 4),
    _kind("stalled", _MEDIUM, _CARRIER, 8),
    _kind("presumed_lost", _HIGH, _CARRIER, 4),
    _kind("carrier_delay", _LOW, _CARRIER, 8),
    _kind("weather_delay", _LOW, CauseFamily.WEATHER, 8),
    _kind("will_miss_promise", _MEDIUM, _CARRIER, 4),
    _kind("missed_promise", _HIGH, _CARRIER, 4),
    _kind("address_issue", _HIGH, _CUSTOMER, 2),
    _kind("payment_due", _HIGH, _CUSTOMER, 2),
    _kind("failed_attempt", _MEDIUM, _CUSTOMER, 4),
    _kind("held_at_location", _LOW, _CUSTOMER, 8),
    _kind("pickup_expiring", _HIGH, _CUSTOMER, 2),
    _kind("customs_hold", _MEDIUM, CauseFamily.CUSTOMS, 4),
    _kind("damaged", _HIGH, _CARRIER, 2),
    _kind("lost", _CRITICAL, _CARRIER, 1),
    _kind("refused", _HIGH, _CUSTOMER, 4),
    _kind("return_to_sender", _HIGH, _CARRIER, 4),
    _kind("misdelivery_suspected", _HIGH, _CARRIER, 2),
    _kind("delivered_not_received", _HIGH, _CARRIER, 2),
    _kind("movement_after_delivery", _MEDIUM, _CARRIER, 4),
    _kind("source_conflict", _MEDIUM, CauseFamily.FEED, 4),
    _kind("other", _MEDIUM, _CARRIER, 4),
)
KIND_BY_CODE: dict[str, KindPreset] = {row.kind: row for row in KINDS}
# Of signals equally severe the first of this list gives the case its kind and its next action: what is known to have
# become of the parcel before a carrier's trouble, that before a silence, and a mere delay last.
LEADING: tuple[str, ...] = (
    "lost",
    "damaged",
    "delivered_not_received",
    "misdelivery_suspected",
    "return_to_sender",
    "refused",
    "address_issue",
    "payment_due",
    "customs_hold",
    "pickup_expiring",
    "presumed_lost",
    "failed_attempt",
    "held_at_location",
    "missing_tracking",
    "unknown_number",
    "batch_accepted_only",
    "no_first_scan",
    "movement_after_delivery",
    "source_conflict",
    "missed_promise",
    "will_miss_promise",
    "stalled",
    "other",
    "weather_delay",
    "carrier_delay",
)
LEAD: dict[str, int] = {kind: place for place, kind in enumerate(LEADING)}
# A phase of a signal (its parameter `phase`) in which something else is next.
NEXT_ACTION_IN_PHASE: dict[tuple[str, str], str] = {
    (SignalKind.RETURN_TO_SENDER, "returned"): "Was it returned to stock? Check it in, then refund or ship again.",
    (SignalKind.MISSED_PROMISE, "not_scanned"): "Apologise to the customer with a date you can stand by; ask the "
    "warehouse whether the parcel left, and ship it again if it did not.",
}


def scaled_hours(hours: float, usual: str, severity: str) -> float:
    """Return `hours`, meant for severity `usual`, for another severity: half per step up, double per step down."""
    return float(hours * 2.0 ** (SEVERITY_RANK[usual] - SEVERITY_RANK[severity]))
