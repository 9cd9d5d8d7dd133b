"""Connected services in tests: a pretend world on loopback, a case, the moves of the product between them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from notifications.channels.connecting import connect
from notifications.channels.registry import CHANNELS
from notifications.channels.slack_presses import work_presses
from notifications.outbox.delivery import Delivered, deliver
from notifications.relay import relay
from tests.notifications.mail import NOON, announce, report
from tracking import clock
from tracking.models import ExceptionCase
from tracking.sandbox.engine import World
from tracking.sandbox.server import Sandbox
from tracking.sandbox.wire import Delivery

STEP = timedelta(seconds=10)  # enough for a channel's rate


class Services:
    """The sandbox with a world that only its services are asked of, and the time, which moves with each step."""

    def __init__(self, settings: Any) -> None:
        self.now = NOON
        self.world = World.part(_empty(), NOON, NOON)
        self.sandbox = Sandbox(0, lambda: self.now)
        self.sandbox.world = self.world
        self.sandbox.start()
        settings.SANDBOX_PORT = int(self.sandbox.origin.rpartition(":")[2])
        settings.MODE = "local"

    def connect(self, channel: str, values: Mapping[str, str]) -> str:
        """Connect a channel to the sandbox."""
        return connect(channel=channel, values=values, now=self.now, is_sandbox=True)

    def run(self, *kinds: str) -> Delivered:
        """Let the product decide and send until nothing is due; return what the senders did."""
        total = Delivered()
        for _ in range(12):
            self.now += STEP
            relay(clock=lambda: self.now)
            done = deliver(clock=lambda: self.now, channels={kind: CHANNELS[kind] for kind in kinds})
            for name in Delivered.__slots__:
                setattr(total, name, getattr(total, name) + getattr(done, name))
        return total

    def post(self, delivery: Delivery) -> int:
        """Hand a request to the product's door; return the status."""
        named = {name: value for name, value in delivery.headers.items() if name != "Content-Type"}
        with clock.at(self.now):
            posted = Client().post(
                delivery.path, delivery.body, content_type=delivery.headers["Content-Type"], headers=named
            )
        return posted.status_code

    def press(self, slack_user: str, action: str, choice: str = "") -> int:
        """Press a button of the newest message in the room, and let the worker act."""
        room, ts = next(reversed([key for key, told in self.world.slack.messages.items() if told.get("blocks")]))
        self.now += STEP
        status = self.post(self.world.slack.press(slack_user, action, room, ts, self.now, choice))
        work_presses(clock=lambda: self.now)
        return status

    def kinds(self) -> list[str]:
        """What arrived, in order."""
        return [f"{arrival.system} {arrival.kind}" for arrival in self.world.arrivals.all()]


def _empty() -> Any:
    """Just enough of a world to take an empty part of it."""
    return SimpleNamespace(seed=1, start=NOON, live_from=NOON, origin="http://127.0.0.1", _orders=[], silences=[])


def open_case(now: datetime) -> ExceptionCase:
    """A parcel of Ann's is damaged on its way, which opens a case."""
    announce()
    report("first_scan", now - timedelta(hours=2))
    report("damaged", now)
    return ExceptionCase.objects.get()


def agent(name: str, email: str, *more: str) -> User:
    """A person who may act on cases."""
    user = User.objects.create(username=name, email=email, first_name=name.capitalize())
    user.user_permissions.set(Permission.objects.filter(codename__in=["act_on_case", "assign_others", *more]))
    return User.objects.get(pk=user.pk)
