"""The playbook's message columns come from the published rules."""

from dataclasses import replace

import pytest

from notifications import configuration
from notifications.playbook import columns
from notifications.rules.contract import RuleSet
from notifications.rules.presets import preset
from tracking.exception_queue.playbook import Asked, playbook

LOST = Asked("kind:lost", "lost", "", "exception_lost")
STALLED = Asked("kind:stalled", "stalled", "", "")
ON_ITS_WAY = Asked("status:in_transit", "", "in_transit", "in_transit")


def in_force(monkeypatch: pytest.MonkeyPatch, rules: RuleSet) -> None:
    monkeypatch.setattr("notifications.playbook.rules_in_force", lambda: rules)


def test_the_preset_rules_speak_of_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(monkeypatch, preset())
    told = columns([LOST, STALLED, ON_ITS_WAY, Asked("kind:damaged", "damaged", "", "exception_damaged")])
    assert [(line.words, line.on_evidence) for line in told["kind:lost"].customer] == [
        ("Lost (email)", "as soon as it is known")
    ]
    assert [line.on_evidence for line in told["status:in_transit"].customer] == ["after the first physical scan"]
    assert "high care only" in told["kind:stalled"].customer[0].on_evidence
    assert told["kind:damaged"].is_decided  # other messages wait for a person
    assert told["kind:damaged"].customer[0].words == "Good news waits until a person has looked."


def test_a_rule_switched_off_is_an_explicit_silence_and_none_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = preset()
    off = tuple(replace(rule, mode="off") if rule.key == "lost" else rule for rule in rules.rules)
    in_force(monkeypatch, replace(rules, rules=off))
    assert columns([LOST])["kind:lost"].customer[0].words == "Lost (email): says nothing, switched off"
    in_force(monkeypatch, replace(rules, rules=()))
    assert not columns([LOST])["kind:lost"].is_decided


@pytest.mark.django_db
def test_the_installation_names_it() -> None:
    configuration.forget()
    assert {row.kind for row in playbook().kinds if row.told.is_decided} == set()  # no rules were published here
