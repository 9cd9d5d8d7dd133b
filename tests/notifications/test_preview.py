"""A preview decides on the past as the relay did then, says what another rule set would change, and does nothing."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.test import Client

from notifications.configuration import rules_in_force
from notifications.models import Decision, OutboxRow
from notifications.preview import Preview, preview
from notifications.rules.contract import RuleSet
from notifications.vocabulary import OutboxState
from tests.notifications.mail import DAY, HOUR, NOON, Memory, announce, delivered, relayed, report
from tests.tracking.admin.world import person
from tracking import clock
from tracking.models import CustomerKnowledge

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
END = NOON + 6 * DAY


def a_story(memory: Memory) -> None:
    """Label, scan, delay, scan, arrival; every message leaves before the next news comes."""
    announce()
    words = ("label_created", "first_scan", "in_transit", "delayed", "out_for_delivery", "delivered")
    for days, word in enumerate(words):
        at = NOON + days * DAY
        report(word, at)
        relayed(at)
        delivered(at + 20 * HOUR, memory)


def with_rule(rules: RuleSet, key: str, **changes: object) -> RuleSet:
    return replace(
        rules,
        rules=tuple(replace(rule, **changes) if rule.key == key else rule for rule in rules.rules),  # type: ignore[arg-type]
    )


def looked(rules: RuleSet, at: datetime = END) -> Preview:
    return preview(rules, now=at)


def test_the_rules_in_force_would_do_what_was_done(memory: Memory) -> None:
    a_story(memory)
    found = looked(rules_in_force())
    assert found.really_sent == OutboxRow.objects.filter(state=OutboxState.SENT).count() > 2
    assert found.would_send == found.really_sent
    assert found.differences == []
    told = {(each.domain_event_id, each.rule_key): each.reason for each in Decision.objects.all()}
    assert {each.key: each.reason for each in found.outcomes} == told


def test_a_rule_that_is_switched_off_shows_as_a_difference(memory: Memory) -> None:
    a_story(memory)
    found = looked(with_rule(rules_in_force(), "delivered", mode="off"))
    (one,) = found.differences
    assert one.outcome is not None and one.decision is not None
    assert (one.outcome.reason, one.decision.rule_key) == ("rule_disabled", "delivered")
    assert ("The rule is switched off", 1) in found.withheld


def test_a_longer_wait_lets_newer_truth_replace_a_message(memory: Memory) -> None:
    a_story(memory)
    found = looked(with_rule(rules_in_force(), "delayed", delay_minutes=3 * 24 * 60))
    (one,) = found.differences
    assert one.outcome is not None and (one.outcome.rule_key, one.outcome.reason) == ("delayed", "superseded")


def test_a_rule_that_only_shows_says_what_it_would_say(memory: Memory) -> None:
    a_story(memory)
    assert looked(with_rule(rules_in_force(), "delivered", mode="preview")).differences == []


def test_it_sends_and_writes_nothing(memory: Memory, client: Client) -> None:
    a_story(memory)
    sent = len(memory.sent)

    def rows() -> list[list[tuple[object, ...]]]:
        return [list(model.objects.order_by("pk").values_list()) for model in (Decision, OutboxRow, CustomerKnowledge)]

    before = rows()
    client.force_login(person("boss", "edit_policies"))
    with clock.at(END):
        html = client.get("/admin/notifications/rulesetversion/preview/").content.decode()
    assert "Nothing would be different" in html
    assert rows() == before and len(memory.sent) == sent


def test_only_the_last_thirty_days_count(memory: Memory) -> None:
    a_story(memory)
    assert looked(rules_in_force(), END + 40 * DAY).news == 0
