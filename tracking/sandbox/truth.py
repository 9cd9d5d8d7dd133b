"""What really happened in each story, and when a person should know: for tests and benchmarks only.

Nothing of this is ever served or pushed; the product must find out by itself.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tracking.sandbox.orders import PlayedOrder
from tracking.sandbox.timing import Offset, offset, span

TRUTHS = Path(__file__).parent / "truth"


@dataclass(frozen=True, slots=True)
class ShouldKnow:
    """A person should know of `signal` on the parcel `number` at `at` (clock of `place`), at the latest `within` after
    it; the trouble is over at `until` (clock of `until_place`, else of `place`), or stays."""

    signal: str
    at: Offset
    why: str
    number: str = "a"
    place: str = "origin"
    within: timedelta = timedelta(hours=1)
    until: Offset | None = None
    until_place: str = ""

    def moment(self, order: PlayedOrder) -> datetime:
        """When it becomes true in one play of the story, aware UTC."""
        return order.moment(self.at, self._zone(order, self.place))

    def end(self, order: PlayedOrder) -> datetime | None:
        """When it is over, None when it stays; aware UTC."""
        zone = self._zone(order, self.until_place or self.place)
        return order.moment(self.until, zone) if self.until else None

    def _zone(self, order: PlayedOrder, place: str) -> str:
        carrier = order.plan(self.number).carrier if self.number in order.story.numbers else "fedex"
        return order.town(place, carrier).zone


@dataclass(frozen=True, slots=True)
class Truth:
    """One story's truth. `moving_since` (clock of the origin) = first physical scan; `delivered` (clock of the
    destination) = when the customer has all of it; `never` = signals that would be false alarms; `parcels` = how many
    there are in fact, `cases` = how many work items they are worth; `feed_incident` = source that is silent."""

    happened: str
    outcome: str
    moving_since: Offset | None = None
    delivered: Offset | None = None
    never: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    parcels: int | None = None
    cases: int | None = None
    feed_incident: str = ""
    should_know: tuple[ShouldKnow, ...] = ()


_READERS = {"at": offset, "until": offset, "moving_since": offset, "delivered": offset, "within": span}


def _read(key: str, value: Any) -> Any:
    if key == "should_know":
        return tuple(ShouldKnow(**{name: _read(name, part) for name, part in entry.items()}) for entry in value)
    if key in _READERS:
        return _READERS[key](value)
    return tuple(value) if isinstance(value, list) else value


@cache
def truth(story: str) -> Truth:
    """Return a story's truth. Raises FileNotFoundError for an unknown story, TypeError or ValueError for a bad file."""
    table = tomllib.loads((TRUTHS / f"{story}.toml").read_text("utf-8"))
    return Truth(**{key: _read(key, value) for key, value in table.items()})
