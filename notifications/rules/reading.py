"""Reads a rule set from its stored form and writes it back; refuses what cannot work, naming the rule. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import time
from typing import Any

from notifications.rules.contract import Conditions, Rule, RuleSet
from notifications.vocabulary import Approval, Audience, Mode, Purpose

_WORDS = {
    "audience": frozenset(Audience.values),
    "mode": frozenset(Mode.values),
    "purpose": frozenset(Purpose.values),
    "approval": frozenset(Approval.values),
    "high_care_approval": frozenset(Approval.values),
}
_NEEDED = ("key", "name", "news", "topic", "template")  # the last not by services, nor to say nothing on purpose
_LISTS = frozenset({"news", "addresses", "true_while", "held_by"})
_TIMES = frozenset({"quiet_from", "quiet_until"})
_NUMBERS = frozenset({"delay_minutes", "digest_minutes", "approval_minutes"})
TOPIC_WORDS = frozenset({"attempts", "estimate", "day", "kind", "step", "case", "news"})


class InvalidRules(Exception):
    """A rule set that cannot be used; the text names the rule and what is wrong with it."""


def read_rules(version: int, content: Mapping[str, Any]) -> RuleSet:
    """Return the rules of a stored version. Raises InvalidRules."""
    rules = tuple(_rule(each) for each in content.get("rules", ()))
    keys = [rule.key for rule in rules]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InvalidRules(f'Two rules are called "{twice[0]}".')
    limits = {name: int(content[name]) for name in ("cap_count", "cap_hours", "too_old_days") if name in content}
    return RuleSet(version=version, rules=rules, **limits)


def write_rules(rules: RuleSet) -> dict[str, Any]:
    """Return the stored form of a rule set: JSON-ready, without what is left at its default."""
    return {
        "cap_count": rules.cap_count,
        "cap_hours": rules.cap_hours,
        "too_old_days": rules.too_old_days,
        "rules": [_plain(rule) for rule in rules.rules],
    }


def _plain(rule: Rule) -> dict[str, Any]:
    bare = asdict(Rule(key="", name="", news=(), topic="", template=""))
    told = {name: value for name, value in asdict(rule).items() if value != bare[name]}
    if "conditions" in told:
        unset = asdict(Conditions())
        told["conditions"] = {name: value for name, value in told["conditions"].items() if value != unset[name]}
    return {name: value.isoformat("minutes") if isinstance(value, time) else value for name, value in told.items()}


def _rule(told: Mapping[str, Any]) -> Rule:
    where = str(told.get("name") or told.get("key") or "a rule without name")
    unknown = set(told) - {each.name for each in fields(Rule)}
    if unknown:
        raise InvalidRules(f"{where}: nobody knows what {sorted(unknown)[0]} means.")
    is_wordless = told.get("audience") == Audience.SYSTEM or told.get("mode") == Mode.OFF
    for name in _NEEDED[:-1] if is_wordless else _NEEDED:
        if not told.get(name):
            raise InvalidRules(f"{where}: {name} is missing.")
    try:
        values = {name: _value(name, value) for name, value in told.items()}
        rule = Rule(**values)
        rule.topic.format_map(dict.fromkeys(TOPIC_WORDS, ""))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRules(f"{where}: {error}") from error
    return rule


def _value(name: str, value: Any) -> Any:
    if name == "conditions":
        return _conditions(value)
    if name in _LISTS:
        return tuple(str(each) for each in value)
    if name in _TIMES:
        return time.fromisoformat(value) if value else None
    if name in _NUMBERS:
        return _number(name, value)
    if name in _WORDS and value not in _WORDS[name]:
        raise ValueError(f"{name} cannot be {value!r}.")
    return value


def _number(name: str, value: Any) -> int:
    number = int(value)
    if not 0 <= number <= 60 * 24 * 14:
        raise ValueError(f"{name} must lie between 0 and two weeks.")
    return number


def _conditions(told: Mapping[str, Any]) -> Conditions:
    unknown = set(told) - {each.name for each in fields(Conditions)}
    if unknown:
        raise ValueError(f"nobody knows the condition {sorted(unknown)[0]}.")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list | tuple) else value for name, value in told.items()
    }
    return Conditions(**values)
