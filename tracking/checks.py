"""What must hold before anything starts: hand-written lists without doubles, preset files that can be read.

Each function is a Django system check: it looks at this installation's code and files, never at the database.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error

from tracking.connectors import registry as connectors
from tracking.detectors import registry as detectors
from tracking.status import presets


def check_connectors(app_configs: Sequence[Any] | None = None, **options: Any) -> list[Error]:
    """Refuse connectors whose kind or label is empty or given twice."""
    return [
        Error(sentence, hint="Look at tracking/connectors/registry.py.", id="tracking.E001")
        for sentence in connectors.problems()
    ]


def check_detectors(app_configs: Sequence[Any] | None = None, **options: Any) -> list[Error]:
    """Refuse two detectors of one kind."""
    return [
        Error(f'Two detectors find "{kind}".', hint="Look at tracking/detectors/registry.py.", id="tracking.E002")
        for kind in detectors.duplicates()
    ]


def check_presets(app_configs: Sequence[Any] | None = None, **options: Any) -> list[Error]:
    """Refuse a preset file that cannot be used, and one that belongs to no connector."""
    return [error for kind in presets.kinds() for error in _preset_errors(kind)]


def _preset_errors(kind: str) -> list[Error]:
    if kind not in connectors.CONNECTORS:
        return [Error(f"The preset {kind}.csv belongs to no connector.", id="tracking.E004")]
    try:
        presets.load(kind)
    except presets.PresetError as error:
        return [Error(str(error), hint="Look at tracking/status/presets/.", id="tracking.E003")]
    return []


CHECKS = (check_connectors, check_detectors, check_presets)
