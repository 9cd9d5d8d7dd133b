"""The run: news in portions, relays and senders at work, and a killer that picks one of them again and again."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from random import Random

from django.db import connection

from bench.sends.counting import Proof, Tally, prove
from bench.sends.rows import parcels_for, tell
from bench.sends.worker import work
from notifications.channels.registry import CHANNELS
from notifications.models import OutboxRow
from notifications.outbox.delivery import deliver
from notifications.relay import relay
from notifications.vocabulary import WAITING, OutboxState
from tracking import clock
from tracking.sandbox.server import Sandbox

ROLES = ("relay", "relay", "sender", "sender", "sender")
PATIENCE = 120.0  # seconds without any progress: then the blow falls anyway
GLANCE = 0.005
LATER = timedelta(minutes=10)  # longer than a lease and than most waits before another try
IDLE_ROUNDS = 6  # so often nothing may leave before it is said to be left over


@dataclass(slots=True)
class Found:
    """What a run found. `kills` by role; `repeated` e-mails that came again with their key and were dropped there."""

    expected: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seconds: float = 0.0
    proof: Proof = field(default_factory=Proof)

    def faults(self) -> list[str]:
        """Return what does not hold."""
        return self.proof.faults(self.expected)


@dataclass(slots=True)
class Time:
    """The time of a run and of its pretend systems: the real one, until at the end it is moved on."""

    moved: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return clock.now() + self.moved


def storm(sandbox: Sandbox, at: Time, *, messages: int, kills: int, seed: int) -> Found:
    """Send about so many messages while so many processes are killed, let what is left settle, and count.

    `at` is the sandbox's own clock.
    """
    draw, tally, found, began = Random(seed), Tally(sandbox), Found(), time.monotonic()
    portion, port = parcels_for(messages // (kills + 1)), int(sandbox.origin.rpartition(":")[2])
    with _workers(port) as workers:
        for _ in range(kills):
            found.expected += tell(portion, clock.now())
            _wait(tally, draw.randrange(1, max(2, messages // (kills + 1))))
            found.kills[_kill(workers, draw.randrange(len(ROLES)), port)] += 1
        found.expected += tell(portion, clock.now())
        _wait(tally, messages // (kills + 1))
    _settle(tally, at)
    found.proof, found.repeated = prove(tally), sandbox.mailbox.calls["repeated"]
    found.seconds = time.monotonic() - began
    return found


@contextmanager
def _workers(port: int) -> Iterator[list[ForkServerProcess]]:
    context = get_context("forkserver")
    context.set_forkserver_preload(["bench.sends.worker"])
    workers = [_start(role, port) for role in ROLES]
    try:
        yield workers
    finally:
        for each in workers:
            each.kill()
        for each in workers:
            each.join()


def _start(role: str, port: int) -> ForkServerProcess:
    database = str(connection.settings_dict["NAME"])
    process = get_context("forkserver").Process(target=work, args=(role, database, port), daemon=True)
    process.start()
    return process


def _kill(workers: list[ForkServerProcess], place: int, port: int) -> str:
    """End one without a word, as a lost machine does, and start another in its place; return its role."""
    workers[place].kill()
    workers[place].join()
    workers[place] = _start(ROLES[place], port)
    return ROLES[place]


def _wait(tally: Tally, more: int) -> None:
    """Return when so many more have arrived; the blow then falls into the middle of the work."""
    wanted, last, since = tally.total + more, tally.total, time.monotonic()
    while tally.look() < wanted:
        if tally.total > last:
            last, since = tally.total, time.monotonic()
        if time.monotonic() - since > PATIENCE:
            return
        time.sleep(GLANCE)


def _settle(tally: Tally, at: Time) -> None:
    """Let time pass, in which leases end and what failed is tried again, until nothing waits."""
    waiting = OutboxRow.objects.filter(state__in=[*WAITING, OutboxState.SENDING])
    left, idle = waiting.count(), 0
    while left and idle < IDLE_ROUNDS:
        with clock.at(at.now()):  # a round stands still, so that a channel's rate limit ends it
            relay(clock=clock.now)
            deliver(clock=clock.now, channels=CHANNELS)
        tally.look()
        at.moved += LATER
        before, left = left, waiting.count()
        idle = 0 if left < before else idle + 1
