"""Which rule takes a case, and which rules never will. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What rules ask of a case; ids are None when not known, the order's total (minor units) when there is none."""

    kind: str
    severity: str
    carrier_id: int | None
    warehouse_id: int | None
    country: str
    cause: str = ""
    service_id: int | None = None
    total_minor: int | None = None
    currency: str = ""
    care_level: str = ""
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; empty conditions mean any. `minimum` and `maximum` are order totals in minor units, both included."""

    id: int
    position: int
    version: int
    team_id: int
    strategy: str
    kinds: Sequence[str] = ()
    severities: Sequence[str] = ()
    causes: Sequence[str] = ()
    carrier_id: int | None = None
    service_id: int | None = None
    warehouse_id: int | None = None
    country: str = ""
    minimum: int | None = None
    maximum: int | None = None
    currency: str = ""
    care_level: str = ""
    tags: Sequence[str] = ()
    person_id: int | None = None
    is_last: bool = False


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules as they are asked: by position, the last rule last."""
    return sorted(rules, key=lambda each: (each.is_last, each.position))


def first_match(rules: Iterable[Rule], facts: CaseFacts) -> Rule | None:
    """Return the first rule by position that takes the case; the last rule takes everything."""
    return next((rule for rule in in_order(rules) if rule.is_last or takes(rule, facts)), None)


def takes(rule: Rule, facts: CaseFacts) -> bool:
    """True when all conditions of the rule hold for the case."""
    return (
        (not rule.kinds or facts.kind in rule.kinds)
        and (not rule.severities or facts.severity in rule.severities)
        and (not rule.causes or facts.cause in rule.causes)
        and rule.carrier_id in (None, facts.carrier_id)
        and rule.service_id in (None, facts.service_id)
        and rule.warehouse_id in (None, facts.warehouse_id)
        and rule.country in ("", facts.country)
        and rule.care_level in ("", facts.care_level)
        and (not rule.tags or not set(rule.tags).isdisjoint(facts.tags))
        and _is_worth(rule, facts)
    )


def _is_worth(rule: Rule, facts: CaseFacts) -> bool:
    """A condition on the value holds only where the order's total is known."""
    if rule.minimum is None and rule.maximum is None and not rule.currency:
        return True
    if facts.total_minor is None or rule.currency not in ("", facts.currency):
        return False
    return _low(rule) <= facts.total_minor <= _high(rule)


def shadows(rules: Iterable[Rule]) -> Mapping[int, Sequence[int]]:
    """Return the rules that can never take a case: id -> ids of the earlier rules that take all of theirs.

    An empty list of earlier rules: the rule contradicts itself. Conditions with a closed list of values (kind,
    severity, cause, care level) are compared value by value, so several rules may together stand before one.
    """
    found: dict[int, list[int]] = {}
    earlier: list[Rule] = []
    for rule in in_order(rules):
        if not rule.is_last:
            if _low(rule) > _high(rule):
                found[rule.id] = []
            elif (before := _standing_before(rule, earlier)) is not None:
                found[rule.id] = before
            earlier.append(rule)
    return found


def _standing_before(rule: Rule, earlier: Sequence[Rule]) -> list[int] | None:
    wider = [each for each in earlier if _covers_open_conditions(each, rule)]
    blocking: set[int] = set()
    for values in product(*_closed(rule)):
        first = next((each for each in wider if _has(each, values)), None)
        if first is None:
            return None
        blocking.add(first.id)
    return [each.id for each in wider if each.id in blocking]


def _closed(rule: Rule) -> list[Sequence[str]]:
    return [
        rule.kinds or SignalKind.values,
        rule.severities or Severity.values,
        rule.causes or CauseFamily.values,
        [rule.care_level] if rule.care_level else CareLevel.values,
    ]


def _has(rule: Rule, values: Sequence[str]) -> bool:
    return all(value in allowed for value, allowed in zip(values, _closed(rule), strict=True))


def _covers_open_conditions(wide: Rule, narrow: Rule) -> bool:
    """True when every case that passes the other conditions of `narrow` passes those of `wide`."""
    asks_value = wide.minimum is not None or wide.maximum is not None or bool(wide.currency)
    narrow_asks_value = narrow.minimum is not None or narrow.maximum is not None or bool(narrow.currency)
    return (
        wide.carrier_id in (None, narrow.carrier_id)
        and wide.service_id in (None, narrow.service_id)
        and wide.warehouse_id in (None, narrow.warehouse_id)
        and wide.country in ("", narrow.country)
        and (not wide.tags or (bool(narrow.tags) and set(narrow.tags) <= set(wide.tags)))
        and (not asks_value or narrow_asks_value)
        and wide.currency in ("", narrow.currency)
        and _low(wide) <= _low(narrow)
        and _high(narrow) <= _high(wide)
    )


def _low(rule: Rule) -> float:
    return float("-inf") if rule.minimum is None else rule.minimum


def _high(rule: Rule) -> float:
    return float("inf") if rule.maximum is None else rule.maximum
