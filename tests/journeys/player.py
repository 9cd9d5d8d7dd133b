"""Plays a pretend world against the product: webhooks through the real door, polls, the clock set to each moment."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Min
from django.test import Client

from tracking import clock
from tracking.connectors.http.messages import HttpRequest, HttpResponse
from tracking.exception_queue.sweep import sweep
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_all
from tracking.ingest.silence import watch_feeds
from tracking.models import FetchBack, InboundMessage, PollState, Shipment, Source
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Delivery, Request

_ROUNDS = 4
CARRIERS = frozenset({"fedex-main", "usps-main", "ups-main"})


class WorldTransport:
    """Carries the connectors' calls to a world instead of a network. `now` is asked for the moment: some connectors
    call from threads of their own, where no clock is set."""

    def __init__(self, world: World, now: Callable[[], datetime]) -> None:
        self._world, self._now = world, now

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer as the vendor would at the present moment of the play."""
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        call = Request(request.method, path, request.headers, request.body)
        answer = self._world.respond(call, self._now())
        return HttpResponse(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)


class Player:
    """Moves one world and the product's clock forward together.

    `post` takes a delivery in (default: the hook view); only the sources of `polled` are asked; `look` sees the product
    after each piece of work, and at the moments that `due` names beside it; every `feeds_every` all feeds are watched
    (the workers do so each minute).
    """

    def __init__(
        self,
        world: World,
        start: datetime,
        *,
        polled: Collection[str] = CARRIERS,
        post: Callable[[Delivery], None] | None = None,
        look: Callable[[datetime], None] | None = None,
        due: Callable[[], datetime | None] | None = None,
        feeds_every: timedelta | None = None,
    ) -> None:
        self.world, self.now, self.polled = world, start, frozenset(polled)
        self._look, self._due = look or _do_nothing, due or _never
        self._feeds_every, self._watch_at = feeds_every, start
        self._post = post or through_the_door
        self._posted = start
        self._transport = WorldTransport(world, lambda: self.now)
        Source.objects.exclude(slug__in=polled).update(polling_is_on=False)
        Source.objects.filter(slug__in=set(polled) - CARRIERS).update(next_poll_at=start)

    def play(self, until: datetime) -> None:
        """Let everything happen up to `until`: posts, drains, and checks and polls at the very moments they are due."""
        goes_on = True
        while goes_on:
            goes_on = self._goes_on(until)
        self.now = until

    def back_to(self, moment: datetime) -> None:
        """Go on from an earlier moment, to which the database was rolled back."""
        self.now = self._watch_at = self._posted = moment

    def _goes_on(self, until: datetime) -> bool:
        """Do what comes next, work before posts of the same moment; False when nothing does before `until`.

        Posts are asked for anew each time: what the product sends to a vendor may come back as a webhook.
        """
        work, beside = self._next_due(), self._due()
        due = min(filter(None, (work, beside)), default=None)
        posts = self.world.deliveries(self._posted, min(due, until) if due else until)
        if posts and (due is None or posts[0].at < due):
            self._take_posts(posts[0].at)
        elif due and due <= until:
            self._pass_time(due, is_work=work == due)
        else:
            return False
        return True

    def _pass_time(self, due: datetime, *, is_work: bool) -> None:
        self.now = max(due, self.now)
        if is_work:
            with clock.at(self.now):
                self._work_all()
        self._look(self.now)

    def _take_posts(self, at: datetime) -> None:
        """Posts of one moment: after each the product works, as it would between two requests."""
        self.now = max(at, self.now)
        for delivery in self.world.deliveries(self._posted, at):
            with clock.at(self.now):
                self._post(delivery)
                drain(clock=clock.now)
            self._look(self.now)
        self._posted = at

    def _work_all(self) -> None:
        """Do what is due now, and what that makes due at once; it must come to an end."""
        for _ in range(_ROUNDS):
            poll_all(clock=clock.now, transport=self._transport)
            drain(clock=clock.now)
            self._watch_feeds()
            sweep(clock=clock.now)
            left = self._next_due()
            if left is None or left > self.now:
                return
        raise AssertionError(f"at {self.now} something stays due for ever: {left}")

    def _watch_feeds(self) -> None:
        if self._feeds_every and self._watch_at <= self.now:
            watch_feeds(now=self.now)
            self._watch_at = self.now + self._feeds_every

    def _next_due(self) -> datetime | None:
        due = _next_due()
        return min(self._watch_at, due or self._watch_at) if self._feeds_every else due


def through_the_door(delivery: Delivery) -> None:
    """Post a webhook to the hook view as the vendor does; it must be taken."""
    headers = {name: value for name, value in delivery.headers.items() if name != "Content-Type"}
    answer = Client().post(delivery.path, delivery.body, content_type="application/json", headers=headers)
    assert answer.status_code in {200, 202}, answer.content


def _do_nothing(now: datetime) -> None:
    """Look away."""


def _never() -> datetime | None:
    """Nothing else is due."""
    return None


def _next_due() -> datetime | None:
    moments = (
        Shipment.objects.aggregate(at=Min("next_check_at"))["at"],
        InboundMessage.objects.filter(state="failed").aggregate(at=Min("next_try_at"))["at"],
        PollState.objects.filter(source__polling_is_on=True).aggregate(at=Min("next_poll_at"))["at"],
        FetchBack.objects.filter(source__polling_is_on=True).aggregate(at=Min("next_try_at"))["at"],
        Source.objects.filter(polling_is_on=True).aggregate(at=Min("next_poll_at"))["at"],
    )
    return min((moment for moment in moments if moment), default=None)
