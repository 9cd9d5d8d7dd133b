"""Lives of parcels: what really happens to each, and when. Nothing here knows of detectors or windows."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ORIGIN, SHIP_TO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
FIRST_DAY = date(2026, 8, 3)  # a Monday; no public holiday follows for five weeks
ORDER_DAYS = 10  # open days on which orders come
HORIZON = datetime.combine(FIRST_DAY + timedelta(days=32), time(12), ORIGIN)
PHYSICAL = frozenset(
    {"accept", "arrive", "depart", "pass", "out", "done", "pickup", "attempt", "refused", "wrong", "return",
     "damaged", "lost", "missent", "customs"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens to a parcel: which, and when (aware)."""

    name: str
    at: datetime


@dataclass(slots=True)
class Life:
    """One parcel: its order, label and steps. `number_at` None: no number is ever told. `estimates`: (told at, for)."""

    key: int
    fate: str
    ordered_at: datetime
    fulfilled_at: datetime
    number_at: datetime | None
    steps: list[Step] = field(default_factory=list)
    promised: date | None = None
    estimates: list[tuple[datetime, date]] = field(default_factory=list)
    feed_delay: timedelta = timedelta()

    @property
    def number(self) -> str:
        """The tracking number, in the form of USPS."""
        return f"92055901755{self.key:011d}"


class _Writer:
    """Writes one life forward in time."""

    def __init__(self, key: int, fate: str, dice: random.Random, order_days: int) -> None:
        self.dice = dice
        day = _open_day(FIRST_DAY, dice.randrange(order_days))
        ordered = datetime.combine(day, time(7), ORIGIN) + timedelta(minutes=dice.randrange(5 * 60))
        self.at = ordered + timedelta(minutes=dice.randrange(60, 4 * 60))
        self.life = Life(key, fate, ordered, self.at, self.at)

    def label(self) -> None:
        self._add("label", self.at)

    def later(self, name: str, hours: float, spread: float = 0.2) -> None:
        """The next step so many hours later, by day; carriers do not scan on Sundays, nor on most Saturdays."""
        at = self.at + timedelta(hours=hours * self.dice.uniform(1 - spread, 1 + spread))
        while at.astimezone(ORIGIN).weekday() > 4:
            at += timedelta(days=1)
        self._add(name, at)

    def silent_for(self, name: str, open_days: float) -> None:
        """The next step after so many open days, whole days counted by hand on the calendar."""
        at = self.at
        for _ in range(int(open_days)):
            at = _next_open(at)
        self._add(name, at + timedelta(hours=24 * (open_days % 1)))

    def _add(self, name: str, at: datetime) -> None:
        self.at = at.replace(microsecond=0)
        self.life.steps.append(Step(name, self.at))

    def lodged(self) -> None:
        """Label, then the carrier's first scan in the evening of the same day."""
        self.label()
        evening = datetime.combine(self.at.astimezone(ORIGIN).date(), time(17, 30), ORIGIN)
        self._add("accept", evening + timedelta(minutes=self.dice.randrange(120)))

    def travel(self) -> None:
        """The way to the town of the customer."""
        for name in ("depart", "arrive", "depart", "arrive")[: self.dice.choice((2, 4))]:
            self.later(name, 13)

    def arrive(self) -> None:
        """Out for delivery in the morning, delivered some hours later."""
        self.later("out", 14)
        self.later("done", 5)


def _open_day(first: date, count: int) -> date:
    day = first
    for _ in range(count):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def _next_open(at: datetime) -> datetime:
    local = at.astimezone(ORIGIN)
    return at + timedelta(days=3 if local.weekday() == 4 else 1)


def _healthy(w: _Writer) -> None:
    w.lodged()
    w.travel()
    w.arrive()


def _never_lodged(w: _Writer) -> None:
    w.label()


def _lodged_late(w: _Writer) -> None:
    w.label()
    w.silent_for("accept", w.dice.choice((3, 4, 5)))
    w.travel()
    w.arrive()


def _batch(w: _Writer) -> None:
    w.label()
    w.later("batch", 8)
    w.later("arrive", 16)
    w.travel()
    w.arrive()


def _batch_only(w: _Writer) -> None:
    w.label()
    w.later("batch", 8)
    if w.dice.random() < 0.5:
        w.silent_for("arrive", w.dice.choice((3.5, 4.5)))
        w.arrive()


def _stalled(w: _Writer) -> None:
    w.lodged()
    w.travel()
    w.silent_for("arrive", w.dice.choice((3.6, 4.4, 5.5)))
    w.arrive()


def _slow_lane(w: _Writer) -> None:
    """A lane whose parcels are not scanned for more than two days, and come all the same."""
    w.lodged()
    w.later("depart", 10)
    w.silent_for("arrive", w.dice.uniform(2.0, 2.7))
    w.arrive()


def _vanished(w: _Writer) -> None:
    w.lodged()
    w.travel()


def _out_and_silent(w: _Writer) -> None:
    w.lodged()
    w.travel()
    w.later("out", 14)
    w.silent_for("done", w.dice.choice((1.6, 2.3)))


def _problem(name: str, *, then: str = "") -> Callable[[_Writer], None]:
    def write(w: _Writer) -> None:
        w.lodged()
        w.travel()
        w.later("out", 14)
        w.later(name, 4)
        if then == "again" and w.dice.random() < 0.5:
            w.later("out", 20)
            w.later(name, 4)
        if then == "return":
            w.later("return", 18)
        elif then and w.dice.random() < 0.8:
            w.later("pass", 20)
            w.arrive()

    return write


def _delayed(name: str) -> Callable[[_Writer], None]:
    def write(w: _Writer) -> None:
        w.lodged()
        w.travel()
        w.later(name, 10)
        w.later("arrive", 22)
        w.arrive()

    return write


def _customs(w: _Writer) -> None:
    w.lodged()
    w.later("depart", 12)
    w.later("customs", 12)
    w.silent_for("pass", w.dice.choice((0.4, 1.8, 2.5)))
    w.travel()
    w.arrive()


def _lost(w: _Writer) -> None:
    w.lodged()
    w.travel()
    w.later("lost", 20)


def _at_pickup_point(w: _Writer) -> None:
    w.lodged()
    w.travel()
    w.later("pickup", 16)
    w.silent_for("done", w.dice.choice((0.8, 2.6, 3.4)))


def _no_number(w: _Writer) -> None:
    told = w.dice.choice((None, 4, 30, 50))
    if told is None:
        w.life.number_at = None
        return
    w.at += timedelta(hours=told)
    w.life.number_at = w.at
    w.label()
    w.later("accept", 5)
    w.travel()
    w.arrive()


def _promised(w: _Writer) -> None:
    _healthy(w)
    arrival = w.life.steps[-1].at.astimezone(SHIP_TO).date()
    w.life.promised = arrival + timedelta(days=w.dice.choice((-2, -1, 0, 1, 2)))


def _late_by_estimate(w: _Writer) -> None:
    _healthy(w)
    scanned, arrival = w.life.steps[1].at, w.life.steps[-1].at
    w.life.promised = arrival.astimezone(SHIP_TO).date() + timedelta(days=1)
    late = w.life.promised + timedelta(days=2)
    w.life.estimates = [(scanned + timedelta(hours=6), late)]


def _late_feed(w: _Writer) -> None:
    _healthy(w)
    w.life.feed_delay = timedelta(hours=w.dice.choice((5, 9, 16, 28)))


FATES: dict[str, tuple[int, Callable[[_Writer], None]]] = {
    "healthy": (44, _healthy),
    "never lodged": (3, _never_lodged),
    "lodged late": (4, _lodged_late),
    "batch, then scanned": (5, _batch),
    "batch only": (3, _batch_only),
    "stalled, then moving": (4, _stalled),
    "slow lane": (5, _slow_lane),
    "vanished": (3, _vanished),
    "out for delivery, then silent": (3, _out_and_silent),
    "address": (3, _problem("wrong", then="moves")),
    "failed attempts": (4, _problem("attempt", then="again")),
    "refused": (2, _problem("refused", then="return")),
    "sent back": (2, _problem("return")),
    "damaged": (2, _problem("damaged", then="moves")),
    "lost": (1, _lost),
    "weather": (2, _delayed("weather")),
    "sent astray": (2, _delayed("missent")),
    "carrier's note": (2, _delayed("note")),
    "customs": (2, _customs),
    "pickup point": (3, _at_pickup_point),
    "number late or never": (3, _no_number),
    "promised": (4, _promised),
    "late by estimate": (2, _late_by_estimate),
    "late feed": (5, _late_feed),
}
"""Fate -> its share among all, and how it is written."""


def write_lives(count: int, seed: int, order_days: int = ORDER_DAYS) -> list[Life]:
    """Return `count` lives; the same for the same seed. Every fate comes up at least once when there are enough."""
    dice = random.Random(seed)
    names = list(FATES)
    drawn = dice.choices(names, weights=[share for share, _ in FATES.values()], k=count)
    drawn[: len(names)] = names[:count]
    lives = []
    for key, fate in enumerate(drawn, start=1):
        writer = _Writer(key, fate, dice, order_days)
        FATES[fate][1](writer)
        lives.append(writer.life)
    return lives
