"""The order in which a parcel's events count, whatever the order in which they came."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from tracking.status.contract import EventFact
from tracking.status.evidence import is_word_of_a_person
from tracking.status.times import START_OF_DAY_MILESTONES
from tracking.vocabulary import MILESTONE_RANK, Evidence, Milestone, Precision

DAY = timedelta(hours=24)
_PERSON_RANK = 1 + max(MILESTONE_RANK.values())


class Placed(NamedTuple):
    """An event and the moment at which it counts, aware UTC."""

    at: datetime
    event: EventFact


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that counts, in order; what lies in the future is only named. `label_at` = earliest word of a label."""

    placed: tuple[Placed, ...]
    future: frozenset[int]
    label_at: datetime | None


def timeline(events: Iterable[EventFact], label_told_at: datetime | None = None) -> Timeline:
    """Order events: by moment, ties by milestone rank, then precedence, then content. Repetitions count once.

    `label_told_at` is when the label was made, where a platform or shop tells it without an event.
    """
    known = [_as_cancelled(event) if event.is_void else event for event in merged(events)]
    future = frozenset(event.identity for event in known if is_future(event))
    counted = [event for event in known if event.identity not in future]
    labels = [event.occurred_at for event in counted if event.milestone == Milestone.LABEL_CREATED]
    label_at = min([*labels, label_told_at] if label_told_at else labels, default=None)
    corrections = [event for event in counted if is_word_of_a_person(event)]
    placed = [Placed(_moment(event, label_at, corrections), event) for event in counted]
    return Timeline(tuple(sorted(placed, key=_order)), future, label_at)


def merged(events: Iterable[EventFact]) -> list[EventFact]:
    """Make the copies of one event one: first receipt, last repetition, content of the newest copy."""
    copies: dict[int, list[EventFact]] = defaultdict(list)
    for event in events:
        copies[event.identity].append(event)
    return [group[0] if len(group) == 1 else _merge(group) for group in copies.values()]


def is_future(event: EventFact) -> bool:
    """Return whether a report lies more than 24 h after its first receipt and was not heard again after its time."""
    if is_word_of_a_person(event) or event.occurred_at <= event.received_at + DAY:
        return False
    return event.heard_again_at is None or event.heard_again_at < event.occurred_at


def surely_after(placed: Placed, moment: datetime) -> bool:
    """Return whether an event is known to be after a moment: one told by its day alone is not, on that same day."""
    if placed.at <= moment:
        return False
    return not (_ends_its_day(placed.event) and placed.at - moment < DAY)


def _as_cancelled(event: EventFact) -> EventFact:
    """A voided label is a cancellation that proves nothing, whatever the code it came with."""
    return replace(event, milestone=Milestone.CANCELLED.value, evidence=Evidence.NOT_PHYSICAL.value)


def _merge(group: Sequence[EventFact]) -> EventFact:
    newest = max(group, key=lambda event: (event.received_at, repr(event)))
    first = min(event.received_at for event in group)
    told = [event.received_at for event in group] + [event.heard_again_at for event in group if event.heard_again_at]
    last = max(told)
    return replace(newest, received_at=first, heard_again_at=last if last > first else newest.heard_again_at)


def _moment(event: EventFact, label_at: datetime | None, corrections: Sequence[EventFact]) -> datetime:
    """Return when an event counts: told by its day alone, it is after that day's label and no later than what a person
    said that day who had already seen it."""
    at = event.occurred_at
    if event.precision != Precision.DATE or is_word_of_a_person(event):
        return at
    if not _ends_its_day(event):
        return label_at if label_at is not None and at < label_at < at + DAY else at
    seen = [c.occurred_at for c in corrections if at - DAY < c.occurred_at < at and event.received_at <= c.received_at]
    return max(seen, default=at)


def _ends_its_day(event: EventFact) -> bool:
    return event.precision == Precision.DATE and event.milestone not in START_OF_DAY_MILESTONES


def _order(placed: Placed) -> tuple[datetime, int, int, int]:
    event = placed.event
    rank = _PERSON_RANK if is_word_of_a_person(event) else MILESTONE_RANK.get(event.milestone, -1)
    return placed.at, rank, -event.precedence, event.identity
