"""A rule read back in words."""

from collections.abc import Sequence

from django.contrib.auth.models import User

from tracking.models import RoutingRule, Team
from tracking.routing.rule_sets import LINKS, RuleContent
from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind


class Words:
    """The names of what rules point to, read once per page."""

    def __init__(self) -> None:
        self._names = {name: {row.pk: str(row) for row in model.objects.all()} for name, model in LINKS.items()}
        self._names["team"] = {row.pk: row.name for row in Team.objects.all()}
        self._people = {row.pk: row.get_username() for row in User.objects.filter(memberships__isnull=False).distinct()}

    def conditions(self, rule: RuleContent) -> str:
        """What a rule asks, as one line."""
        if rule["is_last"]:
            return "Everything that no other rule took"
        parts = [
            _listed(rule["kinds"], SignalKind),
            _listed(rule["severities"], Severity),
            f"caused by {_listed(rule['causes'], CauseFamily)}" if rule["causes"] else "",
            *(self._names[name].get(rule[name], "something gone") if rule[name] else "" for name in LINKS),
            f"to {rule['country']}" if rule["country"] else "",
            _worth(rule),
            f"{CareLevel(rule['care_level']).label.lower()} care" if rule["care_level"] else "",
            f"tagged {' or '.join(rule['tags'])}" if rule["tags"] else "",
        ]
        return " · ".join(part for part in parts if part) or "Everything"

    def target(self, rule: RuleContent) -> str:
        """Where a rule sends a case, as one line."""
        team = self._names["team"].get(rule["team"], "no team")
        if rule["strategy"] == RoutingRule.Strategy.PERSON:
            return f"{team}: {self._people.get(rule['person'], 'nobody')}, if on shift"
        return f"{team}: {RoutingRule.Strategy(rule['strategy']).label.lower()}"


def _listed(values: Sequence[str], words: type[SignalKind] | type[Severity] | type[CauseFamily]) -> str:
    labels = [str(words(value).label) for value in values]
    if len(labels) > 3:
        return f"{', '.join(labels[:2])} or {len(labels) - 2} more"
    return " or ".join([", ".join(labels[:-1]), labels[-1]]) if labels[1:] else "".join(labels)


def _worth(rule: RuleContent) -> str:
    low, high = rule["minimum"], rule["maximum"]
    if low is None and high is None:
        return f"paid in {rule['currency']}" if rule["currency"] else ""
    if high is None:
        return f"order of {rule['currency']} {low / 100:,.2f} or more"
    if low is None:
        return f"order of at most {rule['currency']} {high / 100:,.2f}"
    return f"order of {rule['currency']} {low / 100:,.2f} to {high / 100:,.2f}"
