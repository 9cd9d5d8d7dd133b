"""`manage.py process_inbox`: work all due inbound messages now."""

from typing import Any

from django.core.management.base import BaseCommand

from tracking import clock
from tracking.ingest.drain import drain


class Command(BaseCommand):
    help = "Work all inbound messages that are due, as the workers do. Safe to run beside them and again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Drain and say how many messages were worked."""
        done = drain(clock=clock.now)
        self.stdout.write(f"{done.processed} processed, {done.failed} failed.")
