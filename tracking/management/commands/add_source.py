"""`manage.py add_source`: connect a system, or change what is set on it."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking import clock
from tracking.connectors.registry import CONNECTORS
from tracking.ingest.sources import BadSource, add_source, missing


class Command(BaseCommand):
    help = "Connect a source, or update it when the slug exists. No setting is compulsory; what is missing is listed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help=", ".join(sorted(CONNECTORS)))
        parser.add_argument("slug", help="its name in the webhook address /hooks/<slug>/")
        parser.add_argument("--store", default="", metavar="NAME", help="the store it belongs to; made if absent")
        parser.add_argument(
            "--set", action="append", default=[], dest="pairs", metavar="KEY=VALUE",
            help="a setting; KEY=@FILE reads it from a file, KEY=- from standard input",
        )  # fmt: skip
        parser.add_argument("--name", default="", help="what people read")
        parser.add_argument("--sandbox", action="store_true", default=None, help="it talks to the built-in sandbox")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create or update the source and say what is missing."""
        values = dict(read_pair(pair) for pair in options["pairs"])
        try:
            source, is_new = add_source(
                kind=options["kind"],
                slug=options["slug"],
                store=options["store"],
                values=values,
                now=clock.now(),
                name=options["name"],
                is_sandbox=options["sandbox"],
            )
        except BadSource as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{source.slug} is {'added' if is_new else 'updated'}. Webhook address: /hooks/{source.slug}/"
        )
        for what, why in missing(source):
            self.stdout.write(f"  missing: {what}. {why}")


def read_pair(pair: str) -> tuple[str, str]:
    """Return key and value of KEY=VALUE, KEY=@FILE or KEY=-. Raises CommandError."""
    key, equals, value = pair.partition("=")
    if not equals or not key:
        raise CommandError(f'"{pair}" is not KEY=VALUE.')
    if value == "-":
        return key, sys.stdin.read().strip()
    if value.startswith("@"):
        try:
            return key, Path(value[1:]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{value[1:]} cannot be read: {error}") from error
    return key, value
