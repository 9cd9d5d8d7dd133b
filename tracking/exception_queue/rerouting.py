"""Published routing rules and the cases that are open already: what would move, moving it, and taking that back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tracking.configuration.kinds import Applied, Content, Effect, Kind, Undone
from tracking.exception_queue.clocks import facts_for_rules
from tracking.exception_queue.moves import Facts, Moves, lock_open
from tracking.models import CaseActivity, ExceptionCase, RoutingRule, Shipment, Team
from tracking.models.case import OPEN
from tracking.routing import rule_checks, rule_sets
from tracking.routing.matching import Rule
from tracking.routing.operations import Desk
from tracking.vocabulary import ActivityKind

ROUTED = ("team_id", "owner_id", "routed_by_id", "routed_by_version")


def preview(content: Content, now: datetime) -> list[Effect]:
    """Return the open cases that a rule set would move, the most urgent first: from where, to where, by which rule.

    Cases that a person assigned are never among them.
    """
    desk = Desk(rule_sets.rules_of(content, 0))
    names = dict(User.objects.filter(memberships__isnull=False).values_list("pk", "username"))
    rows = ExceptionCase.objects.filter(OPEN, owner_set_by_person=False).order_by("time_left_at", "id")
    found = []
    for case in rows.select_related("shipment__order", "team", "owner"):
        rule = desk.rule_for(facts_for_rules(case, case.shipment))
        if _moves(case, rule):
            team = desk.team(rule.team_id)
            before = f"{case.team}, {case.owner or 'unowned'}"
            after = f"{team}, {_who(rule, desk, now, names)}, by “{content[rule.position - 1]['name']}”"
            label = f"C-{case.pk} {case.get_kind_display()}"
            found.append(Effect(case.pk, label, before, after))
    return found


def _moves(case: ExceptionCase, rule: Rule) -> bool:
    """Another team, or another person where the rule names one. Whom a strategy would choose today is no reason."""
    is_for_other = rule.strategy == RoutingRule.Strategy.PERSON and case.owner_id != rule.person_id
    return rule.id != 0 and (case.team_id != rule.team_id or is_for_other)


def _who(rule: Rule, desk: Desk, now: datetime, names: dict[int, str]) -> str:
    ready = {row.user_id for row in desk.on_shift(rule.team_id, now)}
    if rule.strategy == RoutingRule.Strategy.PERSON:
        return names.get(rule.person_id or 0, "nobody") if rule.person_id in ready else "unowned (not on shift)"
    if rule.strategy == RoutingRule.Strategy.UNOWNED:
        return "unowned"
    return "somebody on shift" if ready else "unowned (nobody on shift)"


def apply(ids: Sequence[int], number: int, actor: User, now: datetime) -> Applied:
    """Route these open cases by the rules in force (version `number`); those that would not move stay as they are."""
    desk, moves, before = Desk(), Moves(now, actor), {}
    cases = lock_open(ids)
    parcels = Shipment.objects.select_related("order").in_bulk([case.shipment_id for case in cases])
    for case in cases:
        rule = desk.rule_for(facts_for_rules(case, parcels[case.shipment_id]))
        if not case.owner_set_by_person and _moves(case, rule):
            before[case.pk] = _routed(case)
            case.team_id, case.routed_by_id, case.routed_by_version = rule.team_id, rule.id, rule.version
            case.owner_id = desk.owner_for(rule, now)
            note = f"Rule {rule.position}, version {number}, applied to open cases"
            moves.note(case, ActivityKind.ROUTED, *_changed(before[case.pk], _routed(case)), note)
            moves.tell(case, "case.routed", version=number)
    written = moves.write()
    desk.save()
    after = {case.pk: case for case in cases}
    record = [
        {
            "case": line.case_id,
            "activity": line.pk,
            "before": before[line.case_id],
            "after": _routed(after[line.case_id]),
        }
        for line in written
    ]
    return Applied([line.case_id for line in written], record)


def undo(record: Sequence[Any], actor: User, now: datetime) -> Undone:
    """Put the cases back where they were; those that were given to somebody else or ended since stay."""
    moves, done = Moves(now, actor), []
    wanted = {each["case"]: each for each in record}
    teams = set(Team.objects.values_list("pk", flat=True))
    people = set(User.objects.filter(is_active=True).values_list("pk", flat=True))
    rules = set(RoutingRule.objects.values_list("pk", flat=True))
    activities = CaseActivity.objects.in_bulk([each["activity"] for each in record])
    for case in lock_open(wanted):
        was, became = wanted[case.pk]["before"], wanted[case.pk]["after"]
        if _routed(case) != became or case.owner_set_by_person or was["team_id"] not in teams:
            continue
        case.team_id, case.routed_by_version = was["team_id"], was["routed_by_version"]
        case.owner_id = was["owner_id"] if was["owner_id"] in people else None
        case.routed_by_id = was["routed_by_id"] if was["routed_by_id"] in rules else None
        undone = activities.get(wanted[case.pk]["activity"])
        note = "The rules that were applied to open cases are taken back"
        moves.note(case, ActivityKind.UNDONE, *_changed(became, _routed(case)), note, undoes=undone)
        moves.tell(case, "case.routed", version=case.routed_by_version)
        done.append(case.pk)
    moves.write()
    return Undone(done, sorted(set(wanted) - set(done)))


def _routed(case: ExceptionCase) -> Facts:
    return {name: getattr(case, name) for name in ROUTED}


def _changed(before: Facts, after: Facts) -> tuple[Facts, Facts]:
    names = [name for name in before if before[name] != after[name]]
    return {name: before[name] for name in names}, {name: after[name] for name in names}


ROUTING = Kind(
    name=rule_sets.NAME,
    label="Routing rules",
    in_force=rule_sets.in_force,
    validate=rule_checks.validate,
    enact=rule_sets.enact,
    preview=preview,
    apply=apply,
    undo=undo,
)
