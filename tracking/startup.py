"""What tracking does at every start, after the migrations. Each may be called again at any time."""

from django.conf import settings

from tracking.configuration import logins
from tracking.management.commands.load_presets import load_all


def load_presets() -> None:
    """Load the presets that are missing."""
    load_all()


def create_demo_logins() -> None:
    """Create the demo logins, in local mode only."""
    if settings.MODE == "local":
        logins.create()
