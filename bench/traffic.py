"""Rounds of messages with the shares that a busy day has: what is new, what changes a status, what opens a case.

Of 100 messages 10 are repetitions (the vendor sends the same story again with another timestamp), 40 change a status,
3 of these open a case, 50 only report movement. Each tells 3 to 7 events of one parcel, 5 on average, all of them new
unless it is a repetition. A parcel has one message in a run, and perhaps its repetition.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench import population, vendors

CHUNK = 100
REPEATED, CASES, CHANGES = 10, 3, 37
MOVES = ("arrive", "depart", "pass", "arrive", "depart", "pass")
LENGTHS = (3, 4, 5, 6, 7)
HOME = len(vendors.TOWNS) - 1  # where parcels go
YOUNGEST, OLDEST = timedelta(minutes=20), timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to be worked, the parcel it speaks of, and whether the parcel's story was told before."""

    parcel: int
    pushed: vendors.Pushed
    is_repeated: bool


class Traffic:
    """Messages about the parcels on their way among `shipments`, no parcel used twice. `now`: aware UTC."""

    def __init__(self, shipments: int, now: datetime) -> None:
        self.now = now
        self._dice = random.Random(7)
        moving = range(5, shipments + 1, 5)
        self._parcels = iter(self._dice.sample(moving, len(moving)))
        self._told: dict[int, list[tuple[int, list[vendors.Happening]]]] = {}
        self._sent = 0

    def round(self, messages: int) -> list[list[Message]]:
        """Return the messages of one round in chunks of 100, each with all shares in it. Repetitions are of messages of
        the same chunk of the round before; the first round has none."""
        return [self._chunk(place) for place in range(max(messages // CHUNK, 1))]

    def _chunk(self, place: int) -> list[Message]:
        again = self._dice.sample(self._told[place], REPEATED) if place in self._told else []
        ends = ["wrong"] * CASES + ["out", "done"] * (CHANGES // 2 + 1)
        ends = ends[: CASES + CHANGES] + [""] * (CHUNK - CASES - CHANGES - len(again))
        fresh = [(next(self._parcels), self._story(end, LENGTHS[n % len(LENGTHS)])) for n, end in enumerate(ends)]
        self._told[place] = fresh
        found = [self._message(*each, is_repeated=False) for each in fresh]
        found += [self._message(*each, is_repeated=True) for each in again]
        self._dice.shuffle(found)
        return found

    def _story(self, end: str, length: int) -> list[vendors.Happening]:
        """Scans at different moments since the last one the database knows, oldest first."""
        steps = [*MOVES[: length - 1], end] if end else list((*MOVES, "arrive")[:length])
        span = OLDEST - YOUNGEST
        start = self.now - OLDEST + timedelta(seconds=self._dice.randrange(600))
        return [
            vendors.Happening(step, (start + span * n / length).replace(microsecond=0), HOME if step == end else n)
            for n, step in enumerate(steps)
        ]

    def _message(self, parcel: int, story: list[vendors.Happening], *, is_repeated: bool) -> Message:
        self._sent += 1
        sent_at = self.now - YOUNGEST + timedelta(microseconds=self._sent)
        pushed = vendors.push(population.kind_of(parcel), population.number_of(parcel), story, sent_at)
        return Message(parcel, pushed, is_repeated)

    def stream(self) -> Iterator[Message]:
        """Messages one after the other, for as long as there are parcels."""
        while True:
            yield from self._chunk(0)
