"""The playbook's message columns come from the published rules."""

from dataclasses import replace

import pytest
from django.db.models import Q

from notifications import configuration
from notifications.models import ChannelAccount, Decision
from notifications.playbook import columns
from notifications.relay import relay
from notifications.rules.contract import RuleSet
from notifications.rules.presets import preset
from notifications.rules.reading import InvalidRules, write_rules
from tests.tracking.exception_queue.troubles import MAKERS, understand_more
from tests.tracking.shipments.telling import DAY, MONDAY, ONE, fulfilment, only_parcel, order, tell
from tracking.exception_queue.playbook import Asked, playbook
from tracking.exception_queue.playbook_statuses import sentence_of_kind
from tracking.exception_queue.refresh import refresh
from tracking.exception_queue.sweep import sweep
from tracking.models import CustomerKnowledge, DomainEvent, RoutingRule, Shipment
from tracking.presets import defaults
from tracking.vocabulary import SignalKind

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
    assert told["kind:lost"].customer[0].address == "/admin/notifications/rulesetversion/rule/lost/"
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


def test_the_preset_decides_for_every_kind_be_it_to_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    in_force(monkeypatch, preset())
    told = columns([Asked(f"kind:{kind}", kind, "", sentence_of_kind(kind)) for kind in SignalKind.values])
    assert all(each.is_decided for each in told.values())
    assert [line.words for line in told["kind:no_first_scan"].customer] == [
        "Nothing until a person has found out (email): says nothing, switched off"
    ]


@pytest.mark.django_db
def test_a_new_installation_has_no_gap() -> None:
    defaults.load()
    configuration.forget()
    configuration.load_presets(now=MONDAY)
    found = playbook()
    assert found.gaps == 0
    assert all(row.told.is_decided and row.todos[0].next_action and not row.only_last_rule for row in found.kinds)
    RoutingRule.objects.filter(kinds__contains=["lost"]).update(kinds=["damaged"])
    assert "lost" in {row.kind for row in playbook().kinds if row.only_last_rule}, "a gap is still seen"


def test_a_rule_without_words_changes_nothing_of_what_the_customer_knows(stage: None) -> None:
    tell("shop", order(), fulfilment(ONE))
    sweep(clock=lambda: MONDAY + 3 * DAY)
    relay(clock=lambda: MONDAY + 3 * DAY)
    unsaid = Decision.objects.get(rule_key="unsaid")
    assert (unsaid.verdict, unsaid.reason, unsaid.topic) == ("withhold", "rule_disabled", "unsaid:no_first_scan")
    assert not CustomerKnowledge.objects.filter(topic__startswith="unsaid").exists()


SPOKEN = ("lost", "address_issue", "failed_attempt", "pickup_expiring")
UNSPOKEN = ("stalled", "missed_promise", "no_first_scan", "source_conflict")


@pytest.mark.parametrize("kind", [*SPOKEN, *UNSPOKEN])
def test_customers_and_systems_hear_what_the_playbook_says(stage: None, kind: str) -> None:
    """A problem is told by news of its case, and by the public sentence that comes with it where there is one."""
    understand_more()
    ChannelAccount.objects.create(channel="webhook", name="books", changed_at=MONDAY)
    now = MAKERS[kind]()
    refresh(shipment_ids=[only_parcel().pk], now=now, cause="events")
    Shipment.objects.update(care_level="high")
    relay(clock=lambda: now)
    sentence = sentence_of_kind(kind)
    spoken = DomainEvent.objects.filter(kind="shipment.sentence_changed", payload__sentence=sentence).exists()
    assert spoken == (kind in SPOKEN)
    of_the_problem = Q(kind__startswith="case.") | Q(kind="shipment.sentence_changed", payload__sentence=sentence)
    news = list(DomainEvent.objects.filter(of_the_problem).values_list("pk", flat=True))
    decided = Decision.objects.filter(domain_event_id__in=news).exclude(rule_key="")
    names = {rule.key: f"{rule.name} ({rule.channel})" for rule in preset().rules}
    told = next(row.told for row in playbook().kinds if row.kind == kind)
    customer = {names[each.rule_key] for each in decided.filter(audience="customer")}
    assert customer == {
        line.words.split(": says nothing")[0] for line in told.customer if "Good news" not in line.words
    }
    systems = {names[each.rule_key] for each in decided.filter(audience="system")}
    assert systems == {line.words for line in told.systems if "(webhook)" in line.words} != set()


def test_who_speaks_to_customers_needs_words(stage: None) -> None:
    rules = preset()
    wordless = tuple(replace(rule, mode="on") if rule.key == "unsaid" else rule for rule in rules.rules)
    with pytest.raises(InvalidRules, match="template is missing"):
        configuration.publish_rules(content=write_rules(replace(rules, rules=wordless)), actor=None, now=MONDAY)


@pytest.mark.django_db
def test_the_installation_names_it() -> None:
    configuration.forget()
    assert {row.kind for row in playbook().kinds if row.told.is_decided} == set()  # no rules were published here
