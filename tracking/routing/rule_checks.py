"""What a rule set must be to be published, and which of its rules can never take a case."""

from collections.abc import Mapping, Sequence
from typing import Any

from tracking.models import RoutingRule, Service, Team, TeamMember
from tracking.routing.matching import shadows
from tracking.routing.rule_sets import FIELDS, LINKS, NOTHING, RuleContent, rules_of
from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind

LISTS = {
    "kinds": ("kind", SignalKind.values),
    "severities": ("severity", Severity.values),
    "causes": ("cause", CauseFamily.values),
}


def validate(content: Any) -> list[str]:
    """Return why a rule set cannot be published, as sentences; none if it can."""
    if not isinstance(content, list) or not all(
        isinstance(rule, dict) and set(rule) == set(FIELDS) for rule in content
    ):
        return ["This is not a list of routing rules."]
    people = _People()
    found = _last_rule_problems(content) + _same_names(content)
    for rule in content:
        found += [f"“{rule['name'] or 'Without a name'}”: {words}" for words in _rule_problems(rule, people)]
    return found


def _last_rule_problems(content: Sequence[RuleContent]) -> list[str]:
    last = [rule for rule in content if rule["is_last"]]
    if len(last) != 1 or not content[-1]["is_last"]:
        return ["One last rule has to take every case that is left; it cannot be removed or moved."]
    found = []
    if not last[0]["is_active"]:
        found.append("The last rule cannot be switched off: cases would belong to nobody.")
    if any(last[0][name] != empty for name, empty in NOTHING.items()):
        found.append("The last rule takes every case that is left; it has no conditions.")
    return found


def _same_names(content: Sequence[RuleContent]) -> list[str]:
    names = [rule["name"].strip().lower() for rule in content]
    twice = sorted({rule["name"] for rule in content if rule["name"] and names.count(rule["name"].strip().lower()) > 1})
    return [f"Two rules are called “{name}”." for name in twice]


class _People:
    """Teams and who is in them, read once per validation."""

    def __init__(self) -> None:
        self.teams = {row.pk: row for row in Team.objects.all()}
        rows = TeamMember.objects.filter(user__is_active=True, takes_cases=True)
        self.members = set(rows.values_list("team_id", "user_id"))
        self.known = {name: set(model.objects.values_list("pk", flat=True)) for name, model in LINKS.items()}
        self.carrier_of = dict(Service.objects.values_list("pk", "carrier_id"))


def _rule_problems(rule: RuleContent, people: _People) -> list[str]:
    found = [] if rule["name"].strip() else ["Give it a name."]
    for name, (word, values) in LISTS.items():
        found += [f"There is no {word} “{value}”." for value in rule[name] if value not in values]
    if rule["care_level"] not in ("", *CareLevel.values):
        found.append("There is no such care level.")
    for name in LINKS:
        if rule[name] is not None and rule[name] not in people.known[name]:
            found.append(f"The {name} it asks for is gone.")
    carrier = people.carrier_of.get(rule["service"])
    if carrier and rule["carrier"] not in (None, carrier):
        found.append("The service belongs to another carrier: no case would fit.")
    return found + _value_problems(rule) + _target_problems(rule, people)


def _value_problems(rule: RuleContent) -> list[str]:
    low, high = rule["minimum"], rule["maximum"]
    if low is not None and high is not None and low > high:
        return ["The lowest order total is above the highest: no case would fit."]
    if (low is not None or high is not None) and not rule["currency"]:
        return ["Say in which currency the order total is."]
    return []


def _target_problems(rule: RuleContent, people: _People) -> list[str]:
    team = people.teams.get(rule["team"])
    if team is None:
        return ["Choose a team."]
    if team.is_external and team.internal_team_id is None:
        return [f"{team} is a partner without an internal team: nobody would own the next action."]
    if rule["strategy"] not in RoutingRule.Strategy.values:
        return ["Choose how a person is found."]
    if rule["strategy"] != RoutingRule.Strategy.PERSON:
        return []
    if (team.desk_id, rule["person"]) not in people.members:
        return [f"Choose a person of {people.teams.get(team.desk_id, team)} who takes cases."]
    return []


def never_matching(content: Sequence[RuleContent]) -> Mapping[str, list[str]]:
    """Return the rules that can never take a case: key -> names of the earlier rules that take all of theirs."""
    names = {place: rule["name"] for place, rule in enumerate(content, start=1)}
    keys = {place: rule["key"] for place, rule in enumerate(content, start=1)}
    found = shadows(rules_of(content, 0))
    return {keys[place]: [names[each] for each in before] for place, before in found.items()}
