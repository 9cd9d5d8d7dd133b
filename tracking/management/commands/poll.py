"""`manage.py poll`: ask the sources about what is due."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking import clock
from tracking.ingest.polling import poll_all, poll_source
from tracking.models import Source


class Command(BaseCommand):
    help = "Ask the sources about the parcels that are due, as their allowances permit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", metavar="SLUG", help="only this source")

    def handle(self, *args: Any, source: str | None, **options: Any) -> None:
        """Poll and say what came of it."""
        if source is None:
            done = poll_all(clock=clock.now)
        else:
            row = Source.objects.filter(slug=source).first()
            if row is None:
                raise CommandError(f'There is no source "{source}".')
            done = poll_source(source_id=row.pk, clock=clock.now)
        self.stdout.write(
            f"{done.calls} calls, {done.stored} answers stored, {done.repeated} unchanged, "
            f"{done.failures} calls failed."
        )
