"""What must hold before anything starts: channels without doubles, presets that can be read and published."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error

from notifications.channels import registry
from notifications.rules.presets import preset
from notifications.rules.reading import InvalidRules, read_rules, write_rules


def check_channels(app_configs: Sequence[Any] | None = None, **options: Any) -> list[Error]:
    """Refuse channels whose kind or label is empty or given twice."""
    return [
        Error(sentence, hint="Look at notifications/channels/registry.py.", id="notifications.E001")
        for sentence in registry.problems()
    ]


def check_rules(app_configs: Sequence[Any] | None = None, **options: Any) -> list[Error]:
    """Refuse preset rules that could not be published, or that name a channel nobody has."""
    try:
        rules = read_rules(1, write_rules(preset())).rules
    except InvalidRules as error:
        return [Error(str(error), hint="Look at notifications/rules/presets.py.", id="notifications.E002")]
    return [
        Error(f'{rule.name}: there is no channel "{rule.channel}".', id="notifications.E003")
        for rule in rules
        if rule.channel not in registry.CHANNELS
    ]


CHECKS = (check_channels, check_rules)
