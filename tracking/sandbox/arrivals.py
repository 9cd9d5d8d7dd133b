"""What arrived at the pretend systems: messages, tickets, contacts, events, calls. The newest are kept, in order."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing a pretend system took in, at `at` (aware UTC).

    `system` is "slack", "zendesk" and the like; `kind` says what was done there ("message", "message changed");
    `name` is the system's own id of the thing, the same for all that is done to it.
    """

    system: str
    kind: str
    at: datetime
    name: str = ""
    to: str = ""
    title: str = ""
    text: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Arrivals:
    """All that arrived, oldest first. `counts` goes on after old ones are dropped: by "slack message" and the like."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._kept: deque[Arrival] = deque(maxlen=KEPT)

    def add(self, arrival: Arrival) -> Arrival:
        """Keep one more; return it."""
        self._kept.append(arrival)
        self.counts[f"{arrival.system} {arrival.kind}"] += 1
        return arrival

    def all(self, system: str = "") -> tuple[Arrival, ...]:
        """Return what is kept, oldest first; of one system, or of all."""
        return tuple(each for each in tuple(self._kept) if system in ("", each.system))
