"""`manage.py load_presets`: mapping, carriers, groups, team, policies; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand

from tracking import clock
from tracking.configuration import presets
from tracking.mapping.operations import load_presets, remap


def load_all() -> int:
    """Load every preset; return how many mapping rows came in."""
    now = clock.now()
    presets.load(now=now)
    count = load_presets(now=now)
    remap(now=now)
    return count


class Command(BaseCommand):
    help = "Load the presets: status mappings, carriers, groups, default team, rules and policies. Changes made by people stay."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what came in."""
        self.stdout.write(f"Presets are loaded; {load_all()} mapping rows are new.")
