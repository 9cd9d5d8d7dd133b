"""The outbox and the ledger on the pages: what was said, what was not and why, and what people do about it."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import Decision, MessagingSwitch, OutboxAction, OutboxRow
from notifications.outbox import by_hand
from notifications.outbox.delivery import sweep
from notifications.outbox.operations import OutboxRefused
from tests.notifications.mail import DAY, HOUR, MINUTE, NOON, Memory, announce, delivered, parcel, relayed, report
from tests.tracking.admin.world import person
from tracking import clock
from tracking.models import CaseActivity, DomainEvent, ExceptionCase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
LATER = NOON + HOUR


@pytest.fixture
def agent() -> User:
    return person("agent", "act_on_case", "message_customer", "reveal_personal_data")


@pytest.fixture
def seen(client: Client, agent: User):
    """Answer with the text of a page, as the agent sees it at LATER."""
    client.force_login(agent)

    def look(name: str, *parts: object, query: str = "") -> str:
        with clock.at(LATER):
            answer = client.get(reverse(f"admin:{name}", args=parts) + query)
        assert answer.status_code == 200
        return answer.content.decode()

    return look


def press(client: Client, row: OutboxRow, act: str) -> None:
    with clock.at(LATER):
        answer = client.post(reverse("admin:notifications_act", args=[row.pk, act]))
    assert answer.status_code == 302


def scheduled() -> OutboxRow:
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    return OutboxRow.objects.get(topic__startswith="first_scan")


def test_a_sent_message_shows_its_text_without_the_name(seen, client: Client, memory: Memory) -> None:
    scheduled()
    delivered(NOON + 2 * HOUR, memory)
    html = seen("tracking_shipment_change", parcel().pk)
    assert "First scan" in html and "Sent" in html
    assert "A•••" in html and "Hello Ann" not in html and "ann@example.com" not in html
    assert "Hello Ann" in memory.sent[0].text
    with clock.at(LATER):
        client.post(reverse("admin:order_reveal", args=[parcel().order_id]))
    assert "Hello Ann" in seen("tracking_shipment_change", parcel().pk)


def test_a_silence_says_why(seen) -> None:
    announce()
    report("delivered", NOON - 9 * DAY)
    relayed(NOON)
    html = seen("tracking_order_change", parcel().order_id)
    assert "Withheld" in html
    assert Decision.objects.exclude(reason="")[0].get_reason_display().replace("'", "&#x27;") in html


def test_cancel_and_send_now(seen, client: Client, memory: Memory) -> None:
    row = scheduled()
    assert "Send now" in seen("tracking_shipment_change", parcel().pk)
    press(client, row, "cancel")
    row.refresh_from_db()
    assert row.state == "cancelled"
    press(client, row, "retry")
    press(client, row, "send_now")
    row.refresh_from_db()
    assert (row.state, row.due_at) == ("scheduled", LATER)
    assert delivered(LATER, memory).sent == 1
    assert [act.kind for act in OutboxAction.objects.all()] == ["cancelled", "retried", "sent_now"]


def test_what_came_too_late_is_said(seen, client: Client, memory: Memory) -> None:
    row = scheduled()
    delivered(NOON + 2 * HOUR, memory)
    press(client, row, "cancel")
    row.refresh_from_db()
    assert row.state == "sent"
    assert "Only a message that waits can be cancelled" in seen("notifications_outboxrow_changelist")


@pytest.mark.parametrize(("act", "state"), [("it_was_sent", "sent"), ("send_again", "scheduled")])
def test_doubt_is_settled_by_a_person(seen, client: Client, act: str, state: str) -> None:
    row = scheduled()
    OutboxRow.objects.filter(pk=row.pk).update(state="sending", lease_until=NOON)
    sweep(now=NOON + MINUTE)
    html = seen("notifications_outboxrow_changelist")
    assert "It was sent" in html and "Send again" in html
    press(client, row, act)
    row.refresh_from_db()
    assert row.state == state


def test_a_high_care_message_is_approved(seen, client: Client) -> None:
    row = scheduled()
    OutboxRow.objects.filter(pk=row.pk).update(state="awaiting_approval", due_at=None)
    assert "Approve" in seen("tracking_shipment_change", parcel().pk)
    press(client, row, "approve")
    row.refresh_from_db()
    assert (row.state, row.due_at) == ("scheduled", LATER)


def test_auditors_look_but_do_not_act(client: Client) -> None:
    row = scheduled()
    client.force_login(person("auditor"))
    with clock.at(LATER):
        html = client.get(reverse("admin:notifications_outboxrow_changelist") + "?view=scheduled").content.decode()
        assert "First scan" in html and "Send now" not in html
        assert client.post(reverse("admin:notifications_act", args=[row.pk, "cancel"])).status_code == 403
    client.force_login(User.objects.create_user("outsider", is_staff=True))
    assert client.get(reverse("admin:notifications_outboxrow_changelist")).status_code == 403


def test_the_page_of_a_waiting_message_shows_it_as_it_would_leave(seen) -> None:
    html = seen("notifications_outboxrow_change", scheduled().pk)
    assert "As it would read if it left now" in html
    assert 'sandbox=""' in html and "Hello A•••" in html and "Hello Ann" not in html


def test_lists_and_ledgers_cost_the_same_however_long(seen, client: Client) -> None:
    row, costs = scheduled(), []
    seen("tracking_shipment_change", row.covers[0])  # what is read once per process
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            seen("notifications_outboxrow_changelist", query="?view=scheduled")
            seen("tracking_shipment_change", row.covers[0])
        costs.append(len(queries))
        if len(costs) == 1:
            _more(row)
    assert costs[0] == costs[1]


def _more(row: OutboxRow) -> None:
    for number in range(60):
        copy = OutboxRow.objects.get(pk=row.pk)
        copy.pk, copy.topic, copy.idempotency_key = None, f"again:{number}", uuid.uuid4()
        copy.save()
        found = Decision.objects.filter(row=row).get()
        found.pk, found.row, found.topic, found.domain_event_id = None, copy, copy.topic, 10_000 + number
        found.save(force_insert=True)


# -- writing by hand -------------------------------------------------------------------------------------------------


def a_case() -> ExceptionCase:
    announce()
    report("lost", NOON)
    relayed(NOON)
    return ExceptionCase.objects.get()


def test_a_written_message_leaves_after_fifteen_seconds(client: Client, agent: User, memory: Memory) -> None:
    case = a_case()
    client.force_login(agent)
    words = {
        "subject": "About your parcel",
        "body": "Hello {{ customer.first_name }},\n\nwe look for it.\n\n[[See it]]",
    }
    address = reverse("admin:notifications_write", args=[case.pk])
    with clock.at(LATER):
        shown = client.post(address, {**words, "do": "preview"}).content.decode()
        assert "we look for it" in shown and not OutboxRow.objects.filter(rule_key="person").exists()
        assert client.post(address, {**words, "do": "send"}).status_code == 302
        assert "Undo" in client.get(reverse("admin:tracking_exceptioncase_change", args=[case.pk])).content.decode()
    row = OutboxRow.objects.get(rule_key="person")
    assert row.send_at == LATER + timedelta(seconds=15)
    relayed(LATER)  # the news of it leads to nothing more
    memory.sent.clear()
    delivered(LATER + timedelta(seconds=14), memory)
    assert "About your parcel" not in [each.subject for each in memory.sent]
    delivered(LATER + timedelta(seconds=15), memory)
    sent = next(each for each in memory.sent if each.subject == "About your parcel")
    assert sent.to == "ann@example.com" and sent.text.startswith("Bright\n\nHello Ann,")
    assert sent.text.count("You get this message because") == 1
    assert CaseActivity.objects.filter(case=case, note="Wrote to the customer: About your parcel").exists()
    assert DomainEvent.objects.filter(kind=by_hand.NEWS).count() == 1


def test_a_written_message_is_undone(client: Client, agent: User, memory: Memory) -> None:
    case = a_case()
    with clock.at(LATER):
        row = by_hand.write_to_customer(case_id=case.pk, subject="One", body="Two", actor=agent, now=LATER)
        client.force_login(agent)
        client.post(reverse("admin:notifications_act", args=[row.pk, "cancel"]))
    delivered(LATER + HOUR, memory)
    assert "One" not in [each.subject for each in memory.sent]


def test_a_wording_is_filled_in_without_the_name(seen) -> None:
    html = seen("notifications_write", a_case().pk, query="?template=lost&language=es")
    assert "{{ customer.first_name }}" in html and "Ann" not in html and "pedido" in html.lower()


@pytest.mark.parametrize(("change", "sentence"), [("killed", "switched off"), ("empty", "needs a subject")])
def test_writing_is_refused_with_a_sentence(agent: User, change: str, sentence: str) -> None:
    case = a_case()
    if change == "killed":
        MessagingSwitch.objects.create(pk=1, is_off=True)
    with pytest.raises(OutboxRefused, match=sentence):
        by_hand.write_to_customer(
            case_id=case.pk, subject="A", body="" if change == "empty" else "B", actor=agent, now=NOON
        )
