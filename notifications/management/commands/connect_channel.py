"""`manage.py connect_channel`: connect a service that is told of cases, or change what is set on it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from notifications.channels.connecting import FIELDS, BadAccount, connect
from tracking import clock
from tracking.management.commands.add_source import read_pair


class Command(BaseCommand):
    help = "Connect a service that is told of cases. What is missing is listed; what is set may be set again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("channel", help=", ".join(sorted(FIELDS)))
        parser.add_argument(
            "--set", action="append", default=[], dest="pairs", metavar="KEY=VALUE",
            help="a setting; KEY=@FILE reads it from a file, KEY=- from standard input",
        )  # fmt: skip
        parser.add_argument("--sandbox", action="store_true", default=None, help="it talks to the built-in sandbox")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the account and say what is missing."""
        values = dict(read_pair(pair) for pair in options["pairs"])
        try:
            missing = connect(channel=options["channel"], values=values, now=clock.now(), is_sandbox=options["sandbox"])
        except BadAccount as error:
            raise CommandError(str(error)) from error
        self.stdout.write(missing or f"{options['channel']} is connected.")
