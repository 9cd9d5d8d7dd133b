"""`manage.py deliver`: send all messages that are due."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.channels.registry import CHANNELS
from notifications.outbox.delivery import deliver
from tracking import clock


class Command(BaseCommand):
    help = "Send all messages that are due, as the workers do. Safe to run beside them and again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Deliver and say what came of it."""
        done = deliver(clock=clock.now, channels=CHANNELS)
        self.stdout.write(
            f"{done.sent} sent, {done.retried} to try again, {done.failed} failed, {done.unknown} unknown, "
            f"{done.withdrawn} withdrawn."
        )
