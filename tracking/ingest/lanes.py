"""Lanes: each source's messages are worked by the one drain that holds its lane, different lanes at the same time.

Which lane a source has follows from its id and the number of lanes (`DRAIN_LANES`), so that the doors that store
messages and the workers that take them agree without asking anybody. After a change of the number, messages stored
before it are found by the look that is taken every minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from tracking.transactions import raise_flag


@dataclass(frozen=True, slots=True)
class Lane:
    """One of `of` lanes."""

    index: int = 0
    of: int = 1

    @property
    def flag(self) -> str:
        """The name of its wake-up flag."""
        return f"inbound:{self.index}" if self.index else "inbound"

    @property
    def lock(self) -> str:
        """The name of the lock that its drain holds."""
        return f"drain:{self.flag}"


def lanes() -> tuple[Lane, ...]:
    """Return all lanes of this installation."""
    return tuple(Lane(index, settings.DRAIN_LANES) for index in range(settings.DRAIN_LANES))


def lane_of(source_id: int) -> Lane:
    """Return the lane of a source."""
    return Lane(source_id % settings.DRAIN_LANES, settings.DRAIN_LANES)


def wake(source_ids: Iterable[int]) -> int:
    """Raise the flags of the sources' lanes as the last thing before commit; return for how many a bell must ring."""
    flags = sorted({lane_of(source_id).flag for source_id in source_ids})
    return sum(raise_flag(flag) for flag in flags)
