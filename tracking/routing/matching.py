"""Which rule takes a case. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What rules ask of a case; ids of carrier and warehouse, None when not known."""

    kind: str
    severity: str
    carrier_id: int | None
    warehouse_id: int | None
    country: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; empty conditions mean any."""

    id: int
    position: int
    version: int
    team_id: int
    strategy: str
    kinds: Sequence[str] = ()
    severities: Sequence[str] = ()
    carrier_id: int | None = None
    warehouse_id: int | None = None
    country: str = ""
    is_last: bool = False


def first_match(rules: Iterable[Rule], facts: CaseFacts) -> Rule | None:
    """Return the first rule by position that takes the case; the last rule takes everything."""
    for rule in sorted(rules, key=lambda each: (each.is_last, each.position)):
        if rule.is_last or _matches(rule, facts):
            return rule
    return None


def _matches(rule: Rule, facts: CaseFacts) -> bool:
    return (
        (not rule.kinds or facts.kind in rule.kinds)
        and (not rule.severities or facts.severity in rule.severities)
        and rule.carrier_id in (None, facts.carrier_id)
        and rule.warehouse_id in (None, facts.warehouse_id)
        and rule.country in ("", facts.country)
    )
