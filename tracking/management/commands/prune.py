"""`manage.py prune`: remove the content whose time of keeping is over."""

from typing import Any

from django.core.management.base import BaseCommand
from rich.progress import Progress

from tracking import clock
from tracking.ingest.retention import count_due, prune


class Command(BaseCommand):
    help = (
        "Remove the bodies of messages that came more than 30 days ago, as the workers do every hour. The rows stay; "
        "messages that wait or failed keep their bodies. Safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prune and say how many messages were emptied."""
        with Progress(disable=not self.stdout.isatty()) as bar:
            task = bar.add_task("Removing bodies", total=count_due(now=clock.now()))
            done = prune(clock=clock.now, progress=lambda count: bar.advance(task, count))
        self.stdout.write(f"{done.count} messages were emptied.")
