"""Which sentences a rule may be asked to listen to. Pure."""

from notifications.rules.contract import RuleSet
from notifications.rules.presets import RULES
from tracking.status.wording import keys


def patterns_of(rules: RuleSet) -> set[str]:
    """Return every key of the public sentence, and the patterns that these rules and the presets use."""
    used = {pattern for rule in (*rules.rules, *RULES) for pattern in rule.conditions.sentences}
    return used | set(keys())
