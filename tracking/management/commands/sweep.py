"""`manage.py sweep`: look again at every parcel whose next check is due."""

from typing import Any

from django.core.management.base import BaseCommand

from tracking import clock
from tracking.exception_queue.sweep import sweep


class Command(BaseCommand):
    help = "Look again at every parcel whose next check is due, as the workers do. Safe to run beside them and again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep and say what came of it."""
        done = sweep(clock=clock.now)
        self.stdout.write(
            f"{done.looked_at} parcels looked at, {done.opened} cases opened, {done.reopened} reopened, "
            f"{done.resolved} resolved, {done.escalated} escalated, {done.woken} came back, "
            f"{done.handed_over} handed over."
        )
