"""Plays the pretend world's past against the product with a virtual clock: real bytes, real doors, real operations."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.test import RequestFactory

from tracking import clock
from tracking.connectors.http import HttpRequest, HttpResponse
from tracking.demo import people
from tracking.exception_queue import sweep
from tracking.ingest import drain
from tracking.ingest.polling import poll_all
from tracking.ingest.views import hook
from tracking.models import Job
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Delivery, Request
from tracking.transactions import alone

TICK = timedelta(hours=2)


class WorldTransport:
    """Carries the connectors' calls to the pretend vendors in this process, at the virtual moment."""

    def __init__(self, world: World) -> None:
        self._world = world

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer as the vendor would at the present (set) moment."""
        call = Request(request.method, urlsplit(request.url).path, request.headers, request.body)
        answer = self._world.respond(call, clock.now())
        return HttpResponse(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)


class NotTaken(Exception):
    """The webhook door refused a pretend vendor's message."""


def play(world: World, *, start: datetime, end: datetime, job: Job, progress: Callable[[datetime], None]) -> None:
    """Let the world happen from `start` to `end` (aware UTC), tick by tick.

    Holds the locks of drain and sweep all the while, so that no worker touches these rows with the real clock; messages
    that others send meanwhile wait, being younger than the virtual moment.
    """
    transport = WorldTransport(world)
    with ExitStack() as locks:
        for name in (drain.LOCK, sweep.LOCK):
            if not locks.enter_context(alone(name)):
                raise NotTaken(f"Another process holds the lock {name}; stop it first.")
        moment = start
        while moment < end:
            until = min(moment + TICK, end)
            _tick(world, transport, moment, until, end)
            moment = until
            job.cursor = {**job.cursor, "until": moment.isoformat()}
            progress(moment)


def _tick(world: World, transport: WorldTransport, after: datetime, until: datetime, end: datetime) -> None:
    for delivery in world.deliveries(after, until):
        with clock.at(delivery.at):
            post(delivery)
    with clock.at(until):
        poll_all(clock=clock.now, transport=transport)
        drain.drain(clock=clock.now)
        sweep.sweep(clock=clock.now)
        people.work(now=until, end=end)


def post(delivery: Delivery) -> None:
    """Hand a signed webhook to the hook view. Raises NotTaken."""
    slug = delivery.path.strip("/").rsplit("/", 1)[-1]
    headers: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in delivery.headers.items()
    }
    request = RequestFactory().post(delivery.path, delivery.body, content_type="application/json", **headers)
    answer = hook(request, slug)
    if answer.status_code not in (200, 202):
        raise NotTaken(f"{delivery.path}: {answer.status_code} {answer.content.decode()}")
