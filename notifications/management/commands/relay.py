"""`manage.py relay`: decide on all news now."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.relay import relay
from tracking import clock


class Command(BaseCommand):
    help = "Decide on all news of the ledger, as the workers do. Safe to run beside them and again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay and say what came of it."""
        done = relay(clock=clock.now)
        self.stdout.write(
            f"{done.news} news, {done.decisions} decisions, {done.sends} messages, {done.superseded} withdrawn."
        )
