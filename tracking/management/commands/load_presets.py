"""`manage.py load_presets`: mapping, carriers, groups, team, policies; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from tracking import clock
from tracking.presets.loading import load_all


class Command(BaseCommand):
    help = (
        "Load the presets: status mappings, carriers, groups, default team, rules and policies. "
        "Changes made by people stay."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what came in."""
        self.stdout.write(f"Presets are loaded; {load_all(now=clock.now())} mapping rows are new.")
