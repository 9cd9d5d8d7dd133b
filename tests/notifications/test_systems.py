"""Other systems hear by rules of their own: facts instead of words, whatever customers are told."""

from dataclasses import replace

import pytest

from notifications import configuration
from notifications.models import ChannelAccount, Decision, OutboxRow
from notifications.rules.contract import Conditions, Rule
from notifications.rules.presets import preset
from notifications.rules.reading import InvalidRules, read_rules, write_rules
from tests.notifications.mail import MINUTE, NOON, Memory, announce, delivered, relayed, report

pytestmark = pytest.mark.django_db
STATUS = Rule(
    key="crm", name="CRM", news=("shipment.status_changed",), topic="status:{news}", template="", audience="system",
    channel="email",
)  # fmt: skip


def publish(*rules: Rule) -> None:
    for name in ("books", "crm"):
        ChannelAccount.objects.create(channel="email", name=name, changed_at=NOON)
    content = write_rules(replace(preset(), rules=(*preset().rules, *rules)))
    configuration.publish_rules(content=content, actor=None, now=NOON)


def test_each_account_gets_the_news_with_the_facts_of_the_moment(stage: None, memory: Memory) -> None:
    publish(STATUS)
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    sent = [each for each in memory.sent if each.data]
    assert [each.to for each in sent] == ["channel:email:books", "channel:email:crm"]
    notice = sent[0].data
    assert notice["event"]["type"] == "shipment.status_changed"
    assert notice["event"]["facts"]["to"] == "first_scan"
    assert (notice["shipment"]["status"], notice["shipment"]["is_at_risk"]) == ("first_scan", False)
    assert notice["order"]["number"] == "1001"
    assert notice["customer"]["email"] == "ann@example.com"
    assert notice["case"] is None
    row = OutboxRow.objects.get(recipient="channel:email:crm")
    assert '"first_scan"' in row.body_text and row.subject_text == "shipment.status_changed"


def test_news_that_customers_do_not_hear_reach_systems(stage: None, memory: Memory) -> None:
    publish(replace(STATUS, conditions=Conditions(statuses=("exception",))))
    announce()
    report("damaged", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    assert [each.to for each in memory.sent if each.data] == ["channel:email:books", "channel:email:crm"]
    assert not Decision.objects.filter(audience="system").exclude(verdict="send").exists()


def test_repeated_statuses_are_news_each_time(stage: None, memory: Memory) -> None:
    publish(STATUS)
    announce()
    for turn, word in enumerate(("out_for_delivery", "failed_attempt", "out_for_delivery")):
        report(word, NOON + turn * MINUTE)
    relayed(NOON + 9 * MINUTE)
    told = Decision.objects.filter(recipient="channel:email:crm", verdict="send")
    assert [each.facts["status"] for each in told] and told.count() == 3


def test_a_message_to_people_needs_a_template() -> None:
    with pytest.raises(InvalidRules, match="template"):
        read_rules(1, {"rules": [{"key": "x", "name": "x", "news": ["shipment.status_changed"], "topic": "x"}]})


def test_a_rule_may_name_the_accounts_it_speaks_to(stage: None, memory: Memory) -> None:
    publish(replace(STATUS, addresses=("books",)))
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    assert [each.to for each in memory.sent if each.data] == ["channel:email:books"]


def test_without_an_account_nothing_is_decided(stage: None) -> None:
    publish(STATUS)
    ChannelAccount.objects.update(is_active=False)
    announce()
    relayed(NOON)
    assert not Decision.objects.filter(audience="system").exists()
