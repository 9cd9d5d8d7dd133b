"""What stands at the top of an order of several parcels: the worst trouble first, else how many have arrived. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tracking.customer_page.words import Words
from tracking.vocabulary import BEFORE_SCAN_STATUSES, Reason, ShipmentStatus

_BY_REASON = {Reason.LOST: 9, Reason.DAMAGED: 8}
_BY_STATUS = {
    ShipmentStatus.EXCEPTION: 7,
    ShipmentStatus.RETURNING: 6,
    ShipmentStatus.RETURNED: 6,
    ShipmentStatus.DELAYED: 4,
    ShipmentStatus.AVAILABLE_FOR_PICKUP: 3,
}
_UNCLEAR = 5
_UNCLEAR_SENTENCES = ("sources_disagree", "moved_after_")


@dataclass(frozen=True, slots=True)
class Standing:
    """One parcel as the headline sees it."""

    status: str
    reason: str
    sentence_key: str
    sentence: str


def is_unclear(sentence_key: str) -> bool:
    """Return whether the sentence says that we are finding out."""
    return sentence_key.startswith(_UNCLEAR_SENTENCES)


def trouble(parcel: Standing) -> int:
    """Return how bad it stands with a parcel, 0 when all is well or nothing moves yet."""
    if is_unclear(parcel.sentence_key):
        return _UNCLEAR
    rank = _BY_STATUS.get(ShipmentStatus(parcel.status), 0)
    is_stuck = parcel.status in (ShipmentStatus.EXCEPTION, ShipmentStatus.DELAYED)
    return max(rank, _BY_REASON.get(Reason(parcel.reason), 0)) if is_stuck and parcel.reason else rank


def headline(parcels: Sequence[Standing], words: Words) -> tuple[str, int]:
    """Return the headline and the place (from 1) of the parcel it is about; 0 = about all. One parcel says its own."""
    if len(parcels) == 1:
        return parcels[0].sentence, 0
    worst = max(range(len(parcels)), key=lambda at: (trouble(parcels[at]), -at))
    if trouble(parcels[worst]):
        return parcels[worst].sentence, worst + 1
    of, done = len(parcels), sum(each.status == ShipmentStatus.DELIVERED for each in parcels)
    if done == of:
        return words.text("headline_all", of=of), 0
    if done:
        return words.text("headline_some", done=done, of=of), 0
    waiting = sum(each.status in BEFORE_SCAN_STATUSES for each in parcels)
    counted = (("moving", of - waiting), ("waiting", waiting))
    parts = ", ".join(words.count(what, number) for what, number in counted if number)
    return words.text("headline_none", of=of, parts=parts), 0
