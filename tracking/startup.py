"""What tracking does at every start, after the migrations. Each may be called again at any time."""

from django.conf import settings

from tracking import clock
from tracking.presets import loading, logins


def load_presets() -> None:
    """Load the presets that are missing."""
    loading.load_all(now=clock.now())


def create_demo_logins() -> None:
    """Create the demo logins, in local mode only."""
    if settings.MODE == "local":
        logins.create()
