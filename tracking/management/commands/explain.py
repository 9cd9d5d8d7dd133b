"""`manage.py explain`: what ShipTrack understands of one message, and why it would not."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracking.connectors import registry
from tracking.connectors.contract import RawMessage
from tracking.connectors.explain import explain
from tracking.events.meanings import published
from tracking.status import presets
from tracking.status.mapping import Mapping
from tracking.vocabulary import Transport

NOTHING_READ = 3
MAX_BYTES = 8 * 1024 * 1024  # as much as one answer to a poll may hold


class Command(BaseCommand):
    help = (
        "Show as JSON what is understood of one vendor message: orders, shipments, events with their meaning, errors. "
        "Writes nothing, calls nobody, checks no signature. Exit code 0 when anything was read, 3 when nothing was."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments; the kind is checked in `handle`, so that a wrong one is answered with a sentence."""
        parser.add_argument("kind", help="Kind of source: " + ", ".join(sorted(registry.CONNECTORS)) + ".")
        parser.add_argument("file", help="File with the message's bytes; - reads standard input.")
        parser.add_argument("--as", dest="transport", choices=["webhook", "poll"], help="How the message came.")
        parser.add_argument("--topic", default="", help="The vendor's topic; without it the shape decides.")
        parser.add_argument(
            "--published", action="store_true", help="Use the published mapping (database) instead of the presets."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the explanation. Raises CommandError with exit code 3 when nothing was read."""
        try:
            connector = registry.get(options["kind"])
        except registry.UnknownKind as problem:
            raise CommandError(str(problem), returncode=NOTHING_READ) from None
        message = RawMessage(
            body=_bytes_of(options["file"]),
            topic=options["topic"],
            transport=options["transport"] or Transport.WEBHOOK.value,
        )
        mapping = published().mapping if options["published"] else Mapping(presets.load(connector.kind))
        explanation = explain(connector, mapping, message)
        self.stdout.write(json.dumps(explanation.document, indent=2, ensure_ascii=True))
        if not explanation.was_read:
            why = [error["message"] for error in explanation.document["errors"]]
            raise CommandError(why[0] if why else "The message says nothing.", returncode=NOTHING_READ)


def _bytes_of(name: str) -> bytes:
    """Return the file's bytes. Raises CommandError (exit code 3) when there is no such file or it is too large."""
    try:
        if name == "-":
            body = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                body = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "the name cannot be used"
        raise CommandError(f"{name!r} cannot be read: {why}.", returncode=NOTHING_READ) from None
    if len(body) > MAX_BYTES:
        raise CommandError(f"{name} is larger than {MAX_BYTES} bytes.", returncode=NOTHING_READ)
    return body
