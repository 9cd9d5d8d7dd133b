"""Relay and senders beside a story, joined to its pretend systems; and all that arrived there, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min

from notifications import configuration, demo
from notifications.channels.registry import CHANNELS
from notifications.models import OutboxRow
from notifications.outbox.delivery import deliver
from notifications.outbox.queries import has_due
from notifications.relay import has_news, relay
from notifications.vocabulary import WAITING
from tracking import clock
from tracking.sandbox.arrivals import Arrival
from tracking.sandbox.engine import World
from tracking.sandbox.mailbox import Mail
from tracking.sandbox.server import Sandbox

TICK = timedelta(seconds=1)  # what waits for a channel's rate is looked at again


@dataclass(slots=True)
class Messaging:
    """The messaging side of one play. `arrived` holds what came to the mailbox and to the other systems, as it came."""

    sandbox: Sandbox
    now: datetime
    arrived: list[Arrival]

    def connect(self, world: World) -> None:
        """Take the preset rules and connect every pretend system of a world."""
        self.sandbox.world = world
        configuration.forget()
        configuration.load_presets(now=self.now)
        demo.connect(self.now, self.sandbox.origin)

    def look(self, now: datetime) -> None:
        """Decide on the news and send what is due; one relay and one sender suffice here."""
        self.now = now
        with clock.at(now):
            if has_news():
                relay(clock=clock.now)
            if has_due(now=now):
                deliver(clock=clock.now, channels=CHANNELS)
        self._note()

    def next_due(self) -> datetime | None:
        """When the next message wants to leave, and always after the moment of the last look."""
        at: datetime | None = OutboxRow.objects.filter(state__in=WAITING).aggregate(at=Min("due_at"))["at"]
        return max(at, self.now + TICK) if at else None

    def _note(self) -> None:
        """The senders work channel by channel, e-mail first."""
        world, mails = self.sandbox.world, self.sandbox.mailbox.mails
        known = sum(each.system == "e-mail" for each in self.arrived)
        self.arrived += [_arrival(mail) for mail in list(mails)[known:]]
        if world is not None:
            self.arrived += [replace(each) for each in world.arrivals.all()[len(self.arrived) - len(mails) :]]


@contextmanager
def messaging(settings: Any, now: datetime) -> Iterator[Messaging]:
    """Open the pretend systems on a free port of loopback and turn the senders to them."""
    made = Messaging(Sandbox(0, lambda: made.now), now, [])
    origin = made.sandbox.origin
    settings.MODE, settings.SANDBOX_PORT = "local", int(origin.rpartition(":")[2])
    settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"
    settings.ANYMAIL = {"RESEND_API_KEY": "re_sandbox", "RESEND_API_URL": f"{origin}/resend/"}
    made.sandbox.start()
    try:
        yield made
    finally:
        made.sandbox.stop()
        configuration.forget()


def _arrival(mail: Mail) -> Arrival:
    return Arrival("e-mail", "mail", mail.at, mail.key, ", ".join(mail.to), mail.subject, mail.text)
