"""Plays the pretend world's past against the product with a virtual clock: real bytes, real doors, real operations."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import RequestFactory

from tracking import clock
from tracking.connectors.http import HttpRequest, HttpResponse
from tracking.demo import people, steps
from tracking.exception_queue import sweep
from tracking.ingest import drain
from tracking.ingest.lanes import lanes
from tracking.ingest.polling import CURSOR_EVERY, poll_all
from tracking.ingest.views import hook
from tracking.models import Source
from tracking.routing.operations import forget_turns
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Delivery, Request
from tracking.transactions import alone

RECENT = timedelta(days=9)
# Webhooks tell nearly all that platforms know; to ask each half hour, list by list, would take most of the demo's time.
PLATFORMS = ("easypost", "shipstation")
PLATFORMS_EVERY = timedelta(hours=12)


class WorldTransport:
    """Carries the connectors' calls to the pretend vendors in this process, at the virtual moment `now` (aware UTC).

    The moment is kept here because some connectors call from threads of their own, where no clock is set.
    """

    def __init__(self, world: World, now: datetime) -> None:
        self._world, self.now = world, now

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer as the vendor would at that moment."""
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        call = Request(request.method, path, request.headers, request.body)
        answer = self._world.respond(call, self.now)
        return HttpResponse(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)


class NotTaken(Exception):
    """The webhook door refused a pretend vendor's message."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of the demo's past: which orders, from when to when, how finely. All times aware UTC."""

    orders_since: datetime
    orders_until: datetime
    begins: datetime
    ends: datetime
    tick: timedelta


def phases(start: datetime, end: datetime) -> tuple[Phase, Phase]:
    """The youngest orders come first, so that whoever opens the demo meets today's cases while the past still loads."""
    recent = max(start, end - RECENT)
    return (
        Phase(recent, end, recent, end, timedelta(hours=2)),
        Phase(start, recent, start, end, timedelta(hours=4)),
    )


def play(world: World, *, cursor: dict[str, Any], keep: Callable[[dict[str, Any], float], None]) -> None:
    """Let the world's past happen, phase by phase, tick by tick, from where `cursor` stands.

    `keep` is told the cursor and the share done (0 to 1) after each tick. Holds the locks of drain and sweep all the
    while, so that no worker touches these rows with the real clock; messages that others send meanwhile wait, being
    younger than the virtual moment. Raises NotTaken.
    """
    plan = phases(world.start, world.live_from)
    total = sum(((phase.ends - phase.begins) / phase.tick for phase in plan), 0.0)
    with ExitStack() as locks:
        for name in (*(lane.lock for lane in lanes()), sweep.LOCK):
            if not locks.enter_context(alone(name)):
                raise NotTaken(f"Another process holds the lock {name}; stop it first.")
        for index in range(cursor.get("phase", 0), len(plan)):
            phase = plan[index]
            done = sum(((each.ends - each.begins) / each.tick for each in plan[:index]), 0.0)
            begin = datetime.fromisoformat(cursor["until"]) if cursor.get("until") else phase.begins
            forget_turns()
            for moment in _ticks(world.part(phase.orders_since, phase.orders_until), phase, begin):
                cursor = {**cursor, "phase": index, "until": moment.isoformat()}
                keep(cursor, (done + (moment - phase.begins) / phase.tick) / total)
            cursor = {**cursor, "phase": index + 1, "until": ""}


def _ticks(world: World, phase: Phase, moment: datetime) -> Iterator[datetime]:
    first = min((order.placed_at for order in world.orders), default=phase.ends)
    moment = max(moment, min(first, phase.ends))  # nothing happens before: a weekend without orders takes no time
    transport = WorldTransport(world, moment)
    with clock.at(moment):  # the public keys of those who sign with them have to be known before their first webhook
        poll_all(clock=clock.now, transport=transport)
    while moment < phase.ends:
        until = min(moment + phase.tick, phase.ends)
        _tick(world, transport, moment, until, phase.ends)
        moment = until
        yield moment


def _tick(world: World, transport: WorldTransport, after: datetime, until: datetime, end: datetime) -> None:
    for delivery in world.deliveries(after, until):
        with clock.at(delivery.at):
            post(delivery)
    transport.now = until
    with clock.at(until):
        poll_all(clock=clock.now, transport=transport)
        _ask_platforms_later(until, end)
        drain.drain(clock=clock.now)
        sweep.sweep(clock=clock.now)
        people.work(now=until, end=end)
        steps.take(until)


def _ask_platforms_later(now: datetime, end: datetime) -> None:
    """Put off the next questions to platforms asked just now, but not beyond the moment the demo is opened."""
    asked = Source.objects.filter(kind__in=PLATFORMS, next_poll_at__gt=now, next_poll_at__lte=now + CURSOR_EVERY)
    asked.update(next_poll_at=min(now + PLATFORMS_EVERY, end))


def post(delivery: Delivery) -> None:
    """Hand a signed webhook to the hook view. Raises NotTaken."""
    headers: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in delivery.headers.items()
    }
    request = RequestFactory().post(delivery.path, delivery.body, content_type="application/json", **headers)
    answer = hook(request, delivery.source_slug)
    if answer.status_code not in (200, 202):
        raise NotTaken(f"{delivery.path}: {answer.status_code} {answer.content.decode()}")
