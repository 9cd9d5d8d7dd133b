"""`manage.py watch_worker <cluster>`: a worker cluster and its watchdog."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from shiptrack_site.watchdog import Watchdog


class Command(BaseCommand):
    help = "Run one worker cluster (core or net) and replace it when it stops proving that it works."

    def add_arguments(self, parser: ArgumentParser) -> None:
        known = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
        parser.add_argument("cluster", choices=known)
        parser.add_argument("--beat-every", type=float, default=10, help="seconds between two beats")
        parser.add_argument("--stale-after", type=float, default=40, help="seconds without a beat until it is replaced")

    def handle(self, *, cluster: str, beat_every: float, stale_after: float, **options: Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        watchdog = Watchdog(cluster, beat_every, stale_after, say=self.stdout.write)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, watchdog.stop)
        watchdog.run()
