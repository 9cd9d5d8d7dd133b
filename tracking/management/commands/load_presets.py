"""`manage.py load_presets`: mapping, carriers, groups, team, policies; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tracking import clock
from tracking.presets.loading import load_all
from tracking.presets.table import code_table


class Command(BaseCommand):
    help = (
        "Load the presets: status mappings, carriers, groups, default team, rules and policies. "
        "Changes made by people stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--table", action="store_true", help="Only print what every code means, as Markdown.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what came in; with `--table` print the codes and change nothing."""
        if options["table"]:
            self.stdout.write(code_table(), ending="")
            return
        self.stdout.write(f"Presets are loaded; {load_all(now=clock.now())} mapping rows are new.")
