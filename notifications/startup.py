"""What notifications does at every start, after the migrations. May be called again at any time."""

from notifications import configuration
from tracking import clock


def load_presets() -> None:
    """Publish the preset wordings and rules that are missing."""
    configuration.load_presets(now=clock.now())
