"""`manage.py replay`: read stored messages again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking import clock
from tracking.ingest.drain import drain
from tracking.ingest.operations import ReplayRefused, replay
from tracking.models import InboundMessage
from tracking.vocabulary import InboundState


class Command(BaseCommand):
    help = "Read stored messages again from their bytes. Events that are known are not recorded twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="message ids")
        parser.add_argument("--failed", action="store_true", help="all messages that failed or were given up")
        parser.add_argument("--source", metavar="SLUG", help="all messages of this source")

    def handle(self, *args: Any, ids: list[int], failed: bool, source: str | None, **options: Any) -> None:
        """Replay and drain, and say what came of it."""
        if not (ids or failed or source):
            raise CommandError("Say which messages: ids, --failed or --source.")
        rows = InboundMessage.objects.all()
        rows = rows.filter(pk__in=ids) if ids else rows.filter(pruned_at=None)
        rows = rows.filter(state__in=[InboundState.FAILED, InboundState.GAVE_UP]) if failed else rows
        rows = rows.filter(source__slug=source) if source else rows
        now = clock.now()
        try:
            count = replay(message_ids=rows.values_list("pk", flat=True), actor=None, now=now)
        except ReplayRefused as refused:
            raise CommandError(str(refused)) from refused
        done = drain(clock=clock.now)
        self.stdout.write(f"{count} messages are read again: {done.processed} processed, {done.failed} failed.")
