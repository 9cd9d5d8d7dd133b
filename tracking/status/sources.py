"""Several sources on one parcel: whose end counts, what each says alone, and whether they contradict each other.

A difference is no contradiction when one source is merely behind: it stands earlier in the journey, spoke of an
earlier moment, and does not outrank the other. So a shop that stopped at "in transit" does not dispute the carrier's
delivery, but a shop that says "delivered" while the carrier has not confirmed it does. A voided label that was scanned
later is no contradiction either: the scan re-opens the parcel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from tracking.status.contract import SourceWord
from tracking.status.evidence import is_physical, is_word_of_a_person
from tracking.status.ordering import Placed, surely_after
from tracking.status.story import Story
from tracking.status.telling import tell
from tracking.vocabulary import TERMINAL_STATUSES, ShipmentStatus

# Statuses of one class do not contradict each other; classes are numbered in the order of a journey.
_BEFORE, _MOVING, _WAITING, _DELIVERED, _BACK, _CANCELLED = range(6)
CLASS_OF: dict[str, int] = {
    ShipmentStatus.CREATED: _BEFORE,
    ShipmentStatus.LABEL_CREATED: _BEFORE,
    ShipmentStatus.FIRST_SCAN: _MOVING,
    ShipmentStatus.IN_TRANSIT: _MOVING,
    ShipmentStatus.OUT_FOR_DELIVERY: _MOVING,
    ShipmentStatus.DELAYED: _MOVING,
    ShipmentStatus.EXCEPTION: _MOVING,
    ShipmentStatus.AVAILABLE_FOR_PICKUP: _WAITING,
    ShipmentStatus.DELIVERED: _DELIVERED,
    ShipmentStatus.RETURNING: _BACK,
    ShipmentStatus.RETURNED: _BACK,
    ShipmentStatus.CANCELLED: _CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Voice:
    """One source alone: its word, its class, when it first told us the class it still holds, and whether its word is a
    cancellation that a later scan undoes."""

    word: SourceWord
    stage: int
    told_at: datetime
    is_void: bool


def outranked_ends(placed: Sequence[Placed]) -> frozenset[int]:
    """Return the ends that do not count: a source of higher precedence has a later physical event, or the end is only a
    label taken back while such a source has the parcel. A label cannot be taken off a parcel that travels."""
    if len({one.event.precedence for one in placed}) < 2:
        return frozenset()
    scans = [one for one in placed if is_physical(one.event)]
    ends = [one for one in placed if one.event.milestone in TERMINAL_STATUSES and not is_word_of_a_person(one.event)]
    return frozenset(
        end.event.identity
        for end in ends
        if any(scan.event.precedence < end.event.precedence and _overrules(scan, end) for scan in scans)
    )


def _overrules(scan: Placed, end: Placed) -> bool:
    return end.event.is_void or surely_after(scan, end.at)


def voices(placed: Sequence[Placed], whole: Story) -> tuple[Voice, ...]:
    """Return what each source that has said something decisive says alone, highest precedence first.

    `whole` is the story of all events; where one source tells it all, it is that source's own.
    """
    by_source: dict[int, list[Placed]] = defaultdict(list)
    for one in placed:
        if not is_word_of_a_person(one.event):
            by_source[one.event.source_id].append(one)
    found = [_voice(own, whole if len(own) == len(placed) else tell(own)) for own in by_source.values()]
    return tuple(sorted((v for v in found if v), key=lambda v: (v.word.precedence, v.word.source_id)))


def conflict_since(heard: Sequence[Voice], placed: Iterable[Placed]) -> datetime | None:
    """Return since when two sources contradict each other, both having spoken; None when they do not, or when a person
    has since said what is true."""
    since = [max(a.told_at, b.told_at) for a, b in combinations(heard, 2) if contradict(a, b)]
    decided = max((one.event.received_at for one in placed if one.event.is_correction), default=None)
    open_since = [moment for moment in since if decided is None or moment > decided]
    return min(open_since, default=None)


def contradict(a: Voice, b: Voice) -> bool:
    """Return whether two sources exclude each other, see the top of this file for when they do not."""
    if a.stage == b.stage:
        return False
    behind, ahead = sorted((a, b), key=lambda voice: voice.stage)
    if ahead.stage == _CANCELLED:
        reopened = ahead.is_void and behind.word.at > ahead.word.at
        return behind.stage != _BEFORE and not reopened
    if behind.word.precedence < ahead.word.precedence:
        return True
    return behind.stage != _BEFORE and behind.word.at > ahead.word.at


def _voice(own: Sequence[Placed], story: Story) -> Voice | None:
    if story.deciding is None:
        return None
    event = story.deciding.event
    word = SourceWord(event.source_id, event.precedence, story.status, story.deciding.at)
    return Voice(word, CLASS_OF[story.status], _told_at(story, own), story.is_void)


def _told_at(story: Story, own: Sequence[Placed]) -> datetime:
    """Return the first receipt among the steps that hold the source's present class."""
    received = {one.event.identity: one.event.received_at for one in own}
    held = []
    for step in reversed(story.steps):
        if CLASS_OF[step.status] != CLASS_OF[story.status]:
            break
        held.append(received[step.identity])
    return min(held)
