"""Kills one after the other while the load goes on, and takes the time until the work goes on too."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random

from django.db import DatabaseError, InterfaceError, connection

from bench.soak import points
from bench.soak.points import POINTS, Point
from bench.soak.sending import Sender
from bench.soak.site import VICTIMS, Site
from tracking import clock
from tracking.exception_queue.sweep import look_at_all_again
from tracking.ingest.doorbell import ring
from tracking.models import InboundMessage, WorkerHeartbeat
from tracking.sandbox.wire import Delivery
from tracking.vocabulary import InboundState

REACHED_WITHIN = 120.0  # seconds: a schedule rings every 60, and a start takes long on a busy machine
HEALED_WITHIN = 240.0
USUAL = 10.0  # seconds from one kill to the next, until it is known better
FASTEST, SLOWEST = 120.0, 1.0  # messages a second; the slowest when a kill's share of the load is used up
AWAY = (DatabaseError, InterfaceError, RuntimeError, OSError)

Blow = Point | str
"""A named point, or who is killed at random."""


@dataclass(frozen=True, slots=True)
class Wound:
    """One kill: what died, and after how many seconds the work went on (None: it did not within four minutes)."""

    name: str
    is_named: bool
    healed_after: float | None


def plan(kills: int, seed: int, only: str = "") -> list[Blow]:
    """Return every named point as often as a third of the kills allows (at least once), and random victims.

    `only`: names by commas; then these, each once, in their order.
    """
    if only:
        by_name = {point.name: point for point in POINTS}
        return [by_name.get(name, name) for name in map(str.strip, only.split(","))]
    dice = Random(seed)
    named: list[Blow] = [*POINTS] * max(kills // (3 * len(POINTS)), 1)
    victims = dice.choices(list(VICTIMS), list(VICTIMS.values()), k=max(kills - len(named), 0))
    blows = (named + list(victims))[:kills]
    dice.shuffle(blows)
    return blows


class Killer:
    """Strikes a site under load. `rest`: seconds without a kill in between, from and to."""

    def __init__(self, site: Site, sender: Sender, dice: Random, rest: tuple[float, float]) -> None:
        self.site, self.sender, self.dice, self.rest = site, sender, dice, rest
        self.fed = 0

    def strike_all(self, blows: Sequence[Blow], load: Iterator[Delivery], expected: int) -> list[Wound]:
        """Strike so often; the load is spread over the time that it takes. `expected`: how many messages about."""
        wounds: list[Wound] = []
        began = time.monotonic()
        for number, blow in enumerate(blows):
            usual = (time.monotonic() - began) / number if number else USUAL
            share = (expected - self.fed) / (len(blows) - number)
            self.load, self.share_until = load, self.fed + share
            self.per_second = min(max(share / usual, SLOWEST), FASTEST)
            self._fed_until = time.monotonic()
            self._tend(self.dice.uniform(*self.rest))
            if wound := self._strike(blow):
                wounds.append(wound)
                print(f"{number + 1:>3}  {_shown(wound)}", flush=True)
        return wounds

    def _tend(self, seconds: float) -> None:
        """Let time pass: the load goes on, and what ended is started again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend_once()

    def _tend_once(self) -> None:
        self.site.look_after()
        now = time.monotonic()
        due = int((now - self._fed_until) * (self.per_second if self.fed < self.share_until else SLOWEST))
        if due:
            self.fed += self.sender.feed(islice(self.load, min(due, 200)))
            self._fed_until = now
        time.sleep(0.05)

    def _strike(self, blow: Blow) -> Wound | None:
        is_named = isinstance(blow, Point)
        struck = self._bring_to(blow) if isinstance(blow, Point) else self._kill(blow)
        name = blow.name if isinstance(blow, Point) else blow
        if not struck:
            print(f"     {name}: not reached", flush=True)
            return None
        program = blow.program if isinstance(blow, Point) else _program_of(blow)
        return Wound(name, is_named, self._healing(program))

    def _kill(self, victim: str) -> bool:
        end = time.monotonic() + REACHED_WITHIN
        while time.monotonic() < end:
            if self.site.kill(victim, self.dice):
                return True
            self._tend(0.5)  # it is just being replaced, or everything is being started
        return False

    def _bring_to(self, point: Point) -> bool:
        """Arm a point and wait until somebody died there."""
        points.arm(self.site.points, point)
        if point.task:
            self._ring(point.task)
        end = time.monotonic() + REACHED_WITHIN
        while time.monotonic() < end:
            if points.has_fired(self.site.points, point):
                return True
            self._tend_once()
        points.disarm(self.site.points, point)
        return False

    def _ring(self, task: str) -> None:
        try:
            if task.endswith(".sweep"):
                look_at_all_again(now=clock.now())
            ring(task, "net" if task.endswith(".poll") else "core")
        except AWAY:  # the schedule rings within a minute
            connection.close()

    def _healing(self, program: str) -> float | None:
        """Return the seconds until a message that came after the kill was worked, and the cluster beats again."""
        began, since = time.monotonic(), clock.now()
        while time.monotonic() < began + HEALED_WITHIN:
            if self.sender.last_taken_at > began and _works_since(since, program):
                return time.monotonic() - began
            self._tend_once()
        return None


def _program_of(victim: str) -> str:
    return "net" if victim.endswith(" net") else "core" if victim.endswith(" core") else "all"


def _works_since(since: datetime, program: str) -> bool:
    """Whether messages that came later were worked, and whether the cluster of calls to others ran a task."""
    done = (InboundState.PROCESSED, InboundState.NOTHING)
    try:
        works = InboundMessage.objects.filter(received_at__gt=since, state__in=done, pruned_at=None).exists()
        if program in ("net", "all"):
            works = works and WorkerHeartbeat.objects.filter(cluster="net", beat_at__gt=since).exists()
    except AWAY:
        connection.close()
        return False
    return works


def _shown(wound: Wound) -> str:
    healed = "did not heal" if wound.healed_after is None else f"{wound.healed_after:6.1f} s"
    return f"{wound.name:<34} {healed}"
