"""A routing rule set as it is drafted and published: a list of rules in their order, the last one taking the rest.

One rule is a dict of `FIELDS`: ids for carrier, service, warehouse, team and person, lists for kinds, severities,
causes and tags, order totals in minor units. `key` names a rule over all versions: "r" and the number of its stored
row, or "n" and a number while it is new.
"""

from collections.abc import Sequence
from typing import Any

from tracking.models import Carrier, RoutingRule, Service, Warehouse
from tracking.routing.matching import Rule

NAME = "routing"
RuleContent = dict[str, Any]
LINKS: dict[str, type[Carrier] | type[Service] | type[Warehouse]] = {
    "carrier": Carrier,
    "service": Service,
    "warehouse": Warehouse,
}
NOTHING: RuleContent = {
    "kinds": [], "severities": [], "causes": [], "carrier": None, "service": None, "warehouse": None, "country": "",
    "minimum": None, "maximum": None, "currency": "", "care_level": "", "tags": [],
}  # fmt: skip
FIELDS = ("key", "name", "is_active", "is_last", *NOTHING, "team", "strategy", "person")


def in_force() -> list[RuleContent]:
    """Return the rules in force, in their order; rules that were switched off stand among them."""
    rows = RoutingRule.objects.filter(is_retired=False).order_by("is_last", "position", "pk")
    return [_content(row) for row in rows]


def _content(row: RoutingRule) -> RuleContent:
    return {
        "key": f"r{row.pk}",
        "name": row.name,
        "is_active": row.is_active,
        "is_last": row.is_last,
        "kinds": list(row.kinds),
        "severities": list(row.severities),
        "causes": list(row.causes),
        "carrier": row.carrier_id,
        "service": row.service_id,
        "warehouse": row.warehouse_id,
        "country": row.country,
        "minimum": row.minimum_total_minor,
        "maximum": row.maximum_total_minor,
        "currency": row.currency,
        "care_level": row.care_level,
        "tags": list(row.tags),
        "team": row.team_id,
        "strategy": row.strategy,
        "person": row.person_id,
    }


def new_rule(content: Sequence[RuleContent], **facts: Any) -> RuleContent:
    """Return an empty rule with a key that the content does not have yet."""
    taken = [int(rule["key"][1:]) for rule in content if rule["key"].startswith("n")]
    key = f"n{max(taken, default=0) + 1}"
    empty = {**NOTHING, "name": "", "is_active": True, "is_last": False, "team": None, "person": None}
    return {"key": key, **empty, "strategy": RoutingRule.Strategy.ROUND_ROBIN.value, **facts}


def rules_of(content: Sequence[RuleContent], version: int) -> list[Rule]:
    """Return the active rules in the form that matching reads; a rule's id and position are its place, from 1 on."""
    return [_rule(each, place, version) for place, each in enumerate(content, start=1) if each["is_active"]]


def _rule(each: RuleContent, place: int, version: int) -> Rule:
    return Rule(
        id=place,
        position=place,
        version=version,
        team_id=each["team"],
        strategy=each["strategy"],
        kinds=tuple(each["kinds"]),
        severities=tuple(each["severities"]),
        causes=tuple(each["causes"]),
        carrier_id=each["carrier"],
        service_id=each["service"],
        warehouse_id=each["warehouse"],
        country=each["country"],
        minimum=each["minimum"],
        maximum=each["maximum"],
        currency=each["currency"],
        care_level=each["care_level"],
        tags=tuple(each["tags"]),
        person_id=each["person"],
        is_last=each["is_last"],
    )


def enact(content: Sequence[RuleContent], number: int) -> list[RuleContent]:
    """Make the stored rules what a valid content says, as version `number`; return it with the keys of stored rows.

    A rule that is dropped keeps its row, without conditions: cases still name it.
    """
    known = RoutingRule.objects.in_bulk([int(rule["key"][1:]) for rule in content if rule["key"].startswith("r")])
    kept = []
    for place, rule in enumerate(content, start=1):
        row = known.get(int(rule["key"][1:])) if rule["key"].startswith("r") else None
        row = _put(row or RoutingRule(), rule, place, number)
        row.save()
        kept.append({**rule, "key": f"r{row.pk}"})
    RoutingRule.objects.exclude(pk__in=[int(rule["key"][1:]) for rule in kept]).filter(is_retired=False).update(
        is_retired=True, is_active=False, is_last=False, carrier=None, service=None, warehouse=None
    )
    return kept


def _put(row: RoutingRule, rule: RuleContent, place: int, number: int) -> RoutingRule:
    row.position, row.version, row.is_retired = place, number, False
    row.name, row.is_active, row.is_last = rule["name"].strip(), rule["is_active"], rule["is_last"]
    row.kinds, row.severities, row.causes = rule["kinds"], rule["severities"], rule["causes"]
    row.carrier_id, row.service_id, row.warehouse_id = rule["carrier"], rule["service"], rule["warehouse"]
    row.country, row.currency, row.care_level = rule["country"], rule["currency"], rule["care_level"]
    row.minimum_total_minor, row.maximum_total_minor = rule["minimum"], rule["maximum"]
    row.tags, row.team_id, row.strategy = rule["tags"], rule["team"], rule["strategy"]
    row.person_id = rule["person"] if rule["strategy"] == RoutingRule.Strategy.PERSON else None
    return row
