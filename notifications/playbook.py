"""What the message rules in force say to each row of the playbook."""

from collections.abc import Mapping, Sequence

from django.urls import reverse

from notifications.configuration import rules_in_force
from notifications.rules.contract import Rule
from notifications.rules.matching import fits
from notifications.vocabulary import Audience, Mode
from tracking.exception_queue.playbook import Asked, Line, Told

CUSTOMER = Audience.CUSTOMER.value


def columns(rows: Sequence[Asked]) -> Mapping[str, Told]:
    """Return by row whom the published rules tell; a row is decided once a rule speaks of it or is switched off for it.

    One or two queries.
    """
    rules = rules_in_force().rules
    return {row.code: _told(row, [rule for rule in rules if _speaks_of(rule, row)], rules) for row in rows}


def _speaks_of(rule: Rule, row: Asked) -> bool:
    asked = rule.conditions
    if asked.case_kinds:
        return bool(row.kind) and row.kind in asked.case_kinds
    if any(news.startswith("case.") for news in rule.news):
        return bool(row.kind)
    if row.status and asked.statuses and row.status not in asked.statuses:
        return False
    return bool(row.sentence) and (not asked.sentences or fits(row.sentence, asked.sentences))


def _told(row: Asked, speaking: Sequence[Rule], rules: Sequence[Rule]) -> Told:
    customer = [rule for rule in speaking if rule.audience == CUSTOMER]
    held = row.kind and any(row.kind in rule.held_by for rule in rules)
    lines = [_line(rule) for rule in customer]
    if held:
        lines.append(Line("Good news waits until a person has looked."))
    systems = tuple(_line(rule) for rule in speaking if rule.audience != CUSTOMER and rule.mode == Mode.ON)
    return Told(tuple(lines), systems, is_decided=bool(lines))


def _line(rule: Rule) -> Line:
    said = f"{rule.name} ({rule.channel})"
    page = reverse("admin:notifications_rulesetversion_rule", args=[rule.key])
    if rule.mode == Mode.OFF:
        return Line(f"{said}: says nothing, switched off", address=page)
    if rule.mode == Mode.PREVIEW:
        return Line(f"{said}: shows only what it would say", address=page)
    evidence = "after the first physical scan" if rule.needs_scan else "as soon as it is known"
    care = f", {rule.conditions.care_level} care only" if rule.conditions.care_level else ""
    return Line(said, evidence + care, page)
