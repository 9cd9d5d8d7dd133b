"""Everything a new installation starts with, loaded in one go."""

from datetime import datetime

from tracking.configuration.operations import publish_content
from tracking.configuration.queries import in_force, latest_number
from tracking.mapping.operations import load_presets, remap
from tracking.presets import defaults
from tracking.routing.rule_sets import NAME as ROUTING


def load_all(*, now: datetime) -> int:
    """Load every preset that is missing; return how many mapping rows came in. May be called again at any time.

    Raises PresetError (of `tracking.status.presets`) for a preset file that cannot be used.
    """
    defaults.load()
    if latest_number(ROUTING) == 0:
        publish_content(kind=ROUTING, content=in_force(ROUTING), now=now, note="Presets")
    count = load_presets(now=now)
    remap(now=now)
    return count
