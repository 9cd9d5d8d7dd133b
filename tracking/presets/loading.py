"""Everything a new installation starts with, loaded in one go."""

from datetime import datetime

from tracking.mapping.operations import load_presets, remap
from tracking.presets import defaults


def load_all(*, now: datetime) -> int:
    """Load every preset that is missing; return how many mapping rows came in. May be called again at any time.

    Raises PresetError (of `tracking.status.presets`) for a preset file that cannot be used.
    """
    defaults.load()
    count = load_presets(now=now)
    remap(now=now)
    return count
