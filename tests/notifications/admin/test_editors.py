"""Rules and templates in the admin: drafted, read back, refused while broken, published, rolled back, test-sent."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications import configuration, drafts
from notifications.admin.rule_form import RuleForm, initial_of
from notifications.channels import registry
from notifications.configuration import Templates, rules_in_force
from notifications.models import MessageDraft, OutboxRow, RuleSetVersion, TemplateVersion
from notifications.rules.contract import Conditions, Rule
from notifications.rules.patterns import patterns_of
from notifications.rules.presets import RULES
from notifications.rules.sentence import one_sentence
from tests.notifications.mail import NOON, Memory, announce, relayed, report
from tests.tracking.admin.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
LIST = "/admin/notifications/rulesetversion/"
EDIT = "/admin/notifications/templateversion/edit/delayed/en/"


@pytest.fixture
def boss(client: Client) -> User:
    user = person("boss", "edit_policies", "publish_configuration")
    user.email = "boss@example.com"
    user.save()
    client.force_login(user)
    return user


def told(answer: Any) -> str:
    return str(answer.content.decode())


def filled_form(rule: Rule, **changes: Any) -> dict[str, Any]:
    """What a browser sends for a rule that is shown in the form."""
    form = RuleForm(initial=initial_of(rule), templates=Templates().names(), patterns=patterns_of(rules_in_force()))
    values = {name: form[name].value() for name in form.fields}
    values["addresses"] = values["services"] = values["countries"] = ""
    sent = {name: value for name, value in values.items() if value not in (None, False, "", (), [])} | changes
    return {name: value for name, value in sent.items() if value is not None}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_preset_rule_goes_through_the_form_unchanged(rule: Rule) -> None:
    form = RuleForm(filled_form(rule), templates=Templates().names(), patterns=patterns_of(rules_in_force()))
    assert form.is_valid(), form.errors
    assert form.rule(rule) == rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (RULES[1], "never before the first scan of the parcel"),
        (RULES[1], "not between 21:00 and 08:00"),
        (RULES[1], "with the order's other parcels of 1 hour"),
        (RULES[0], "also before the first scan"),
        (RULES[4], "for high care once a person approves or 1 hour of working time pass"),
        (Rule("a", "A", ("case.opened",), "a", "lost", Conditions(minimum_minor=41200), "team"), "at least 412.00"),
        (Rule("a", "A", ("case.opened",), "a", "lost", mode="off"), "Switched off: When a case is opened, tell"),
    ],
)
def test_a_rule_reads_back_as_one_sentence(rule: Rule, words: str) -> None:
    assert words in one_sentence(rule, channel="e-mail")


def test_a_rule_is_drafted_published_and_rolled_back(client: Client, boss: User) -> None:
    before = rules_in_force()
    assert "when the customer" in told(client.get(LIST)).lower()
    client.post(LIST, {"do": "begin"})
    page = f"{LIST}rule/first_scan/"
    rule = next(each for each in before.rules if each.key == "first_scan")
    read = client.post(page, filled_form(rule, delay_minutes=10, revision=1, do="read"))
    assert "10 minutes later" in told(read) and MessageDraft.objects.get().revision == 1
    client.post(page, filled_form(rule, delay_minutes=10, revision=1, do="save"))
    assert rules_in_force() == before  # nothing of a draft is in force
    client.post(LIST, {"do": "publish", "revision": 2, "note": "Slower"})
    assert next(each for each in rules_in_force().rules if each.key == "first_scan").delay_minutes == 10
    version = RuleSetVersion.objects.first()
    assert version is not None and (version.published_by, version.note) == (boss, "Slower")
    client.post(f"{LIST}versions/1/")
    assert rules_in_force().rules == before.rules and rules_in_force().version == 3
    assert not MessageDraft.objects.exists()


def test_what_a_rule_needs_is_said_at_its_field(client: Client, boss: User) -> None:
    client.post(LIST, {"do": "begin"})
    changes = {"audience": "named", "addresses": "nobody", "quiet_until": None, "revision": 1, "do": "save"}
    html = told(client.post(f"{LIST}rule/delivered/", filled_form(RULES[3], **changes)))
    assert "is no e-mail address" in html and "Quiet hours need a begin and an end" in html
    assert MessageDraft.objects.get().revision == 1


def test_two_editors_do_not_overwrite_each_other(client: Client, boss: User) -> None:
    client.post(LIST, {"do": "begin"})
    for _ in range(2):
        client.post(f"{LIST}rule/delivered/", filled_form(RULES[3], name="Arrived", revision=1, do="save"))
    assert MessageDraft.objects.get().revision == 2
    assert "changed the draft meanwhile" in told(client.get(LIST))


def test_a_manager_drafts_but_does_not_publish(client: Client) -> None:
    client.force_login(person("manager", "edit_policies"))
    client.post(LIST, {"do": "begin"})
    client.post(LIST, {"do": "publish", "revision": 1})
    assert RuleSetVersion.objects.count() == 1
    assert "You may not publish" in told(client.get(LIST))


def test_an_agent_reads_rules_and_templates_only(client: Client) -> None:
    client.force_login(person("agent", "message_customer"))
    client.post(LIST, {"do": "begin"})
    client.post(EDIT, {"subject": "A", "body": "B", "do": "discard"})
    assert not MessageDraft.objects.exists()
    assert client.post(EDIT, {"subject": "A", "body": "B", "do": "save"}).status_code == 403
    assert client.get(f"{LIST}rule/delayed/").status_code == 200 and "Keep in the draft" not in told(client.get(EDIT))


def test_a_broken_template_names_the_line_and_is_not_published(client: Client, boss: User) -> None:
    words = {"subject": "Late", "body": "Hello,\n\n{{ parcel.eta }}\n", "revision": 0}
    html = told(client.post(EDIT, {**words, "do": "save"}, follow=True))
    assert "Body, line 3: There is no variable called parcel.eta." in html
    client.post(EDIT, {"do": "publish", "revision": 1})
    assert TemplateVersion.objects.filter(key="delayed", language="en").count() == 1
    assert "Body, line 3" in told(client.get(EDIT))


def test_a_template_is_published_and_used_for_the_next_message(client: Client, boss: User) -> None:
    announce()
    report("delayed", NOON)
    relayed(NOON)
    client.post(EDIT, {"subject": "It is late", "body": "{{ parcel.sentence }}", "revision": 0, "do": "save"})
    html = told(client.get(EDIT))
    assert "It is late" in html and 'sandbox=""' in html and "Hello Ann" not in html
    client.post(EDIT, {"do": "publish", "revision": 1})
    newest = TemplateVersion.objects.filter(key="delayed", language="en").order_by("-number")[0]
    assert (newest.number, newest.subject) == (2, "It is late")
    client.post(EDIT, {"do": "roll_back", "number": 1})
    found = Templates().get("delayed", "en")
    assert found is not None and found.number == 3 and found.subject != "It is late"


def test_a_test_goes_to_the_editor_alone(client: Client, boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setitem(registry.CHANNELS, "email", memory)
    announce()
    rows = OutboxRow.objects.count()
    client.post(EDIT, {"subject": "Late", "body": "{{ parcel.sentence }}", "revision": 0, "do": "test"})
    assert [(each.to, each.subject) for each in memory.sent] == [("boss@example.com", "[Test] Late")]
    assert OutboxRow.objects.count() == rows
    assert not MessageDraft.objects.exists()


def test_a_draft_begun_from_an_older_version_is_not_published(boss: User) -> None:
    drafts.begin_rules(actor=boss, now=NOON)
    configuration.publish_rules(content={"rules": []}, actor=boss, now=NOON)
    with pytest.raises(drafts.DraftRefused, match="Version 2 was published after"):
        drafts.publish_rule_draft(actor=boss, now=NOON, revision=1)
