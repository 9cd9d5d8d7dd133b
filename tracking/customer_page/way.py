"""The five steps of a parcel's way, and what happens next. Pure."""

from dataclasses import dataclass

from tracking.customer_page.headline import is_unclear
from tracking.customer_page.words import Words
from tracking.vocabulary import Reason, ShipmentStatus

_OWN_REASONS = frozenset(
    {Reason.ADDRESS_ISSUE, Reason.FAILED_ATTEMPT, Reason.CUSTOMS_HOLD, Reason.PAYMENT_DUE, Reason.HELD_AT_LOCATION}
)
_DELAYS = frozenset({Reason.WEATHER_DELAY, Reason.CARRIER_DELAY, Reason.MISSED_WINDOW})
_MOVING = ("packed", "with", "moving", "out", "delivered")
# status -> names of the steps, how many are done, state of the one after those
_WAYS: dict[str, tuple[tuple[str, ...], int, str]] = {
    ShipmentStatus.CREATED: (("preparing", "with", "moving", "out", "delivered"), 0, "now"),
    ShipmentStatus.LABEL_CREATED: (("packed", "waiting", "moving", "out", "delivered"), 1, "held"),
    ShipmentStatus.FIRST_SCAN: (_MOVING, 1, "now"),
    ShipmentStatus.IN_TRANSIT: (_MOVING, 2, "now"),
    ShipmentStatus.OUT_FOR_DELIVERY: (_MOVING, 3, "now"),
    ShipmentStatus.AVAILABLE_FOR_PICKUP: (("packed", "with", "moving", "pickup"), 3, "now"),
    ShipmentStatus.DELIVERED: (_MOVING, 5, "done"),
    ShipmentStatus.DELAYED: (("packed", "with", "held", "out", "delivered"), 2, "held"),
    ShipmentStatus.EXCEPTION: (("packed", "with", "held", "out", "delivered"), 2, "held"),
    ShipmentStatus.RETURNING: (("packed", "with", "moving", "returning", "returned"), 3, "now"),
    ShipmentStatus.RETURNED: (("packed", "with", "moving", "returning", "returned"), 5, "done"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, its state (done, now, held, next) and the state in words."""

    name: str
    state: str
    said: str


def steps(status: str, *, has_scan: bool, carrier: str, words: Words) -> list[Step]:
    """Return the steps of a parcel's way; none for a cancelled one. Trouble before the first scan waits for it."""
    is_held_before = status in (ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION) and not has_scan
    way = _WAYS.get(ShipmentStatus.LABEL_CREATED if is_held_before else status)
    if way is None:
        return []
    names, done, current = way
    found = []
    for place, name in enumerate(names):
        state = "done" if place < done else current if place == done else "next"
        found.append(Step(words.step(name, carrier), state, words.step_state(state)))
    return found


def next_step(status: str, reason: str, sentence_key: str, *, has_case: bool = False) -> str:
    """Return the key of what happens next with a parcel. `has_case`: our team has an open case about it."""
    if is_unclear(sentence_key):
        return "unclear"
    if status in (ShipmentStatus.FIRST_SCAN, ShipmentStatus.IN_TRANSIT):
        return "moving"
    if status == ShipmentStatus.LABEL_CREATED or sentence_key.startswith("label_"):
        return "label"
    if status in (ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION):
        if reason in _OWN_REASONS:
            return reason
        is_delay = reason in _DELAYS or (status == ShipmentStatus.DELAYED and reason in ("", Reason.OTHER))
        return "delayed" if is_delay else "trouble"
    if status == ShipmentStatus.DELIVERED and has_case:
        return "in_question"
    return status
