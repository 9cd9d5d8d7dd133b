"""Zendesk over real HTTP: one ticket per case, tickets that come in, and a desk that does not play along."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from notifications.cards import card_of
from notifications.channels.contract import ChannelBroken, Envelope, TemporaryFailure
from notifications.channels.zendesk import ZendeskChannel
from notifications.models import OutboxRow
from notifications.outbox.operations import retry
from tests.notifications.mail import DAY, HOUR, NOON, ONE, announce, report
from tests.notifications.services import Services, agent, open_case
from tracking.exception_queue.operations import resolve, take
from tracking.models import Dispute, ExceptionCase, SupportTicket
from tracking.sandbox.api_slack import SETTINGS as SLACK
from tracking.sandbox.api_zendesk import SETTINGS, hook
from tracking.sandbox.wire import Answer, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(stage: None, settings: Any) -> Iterator[Services]:
    found = Services(settings)
    assert found.connect("zendesk", SETTINGS) == ""
    yield found
    found.sandbox.stop()


def ticket(services: Services) -> dict[str, Any]:
    (only,) = services.world.zendesk.tickets.values()
    return only


def test_a_case_in_slack_and_zendesk_from_beginning_to_end(services: Services) -> None:
    services.connect("slack", SLACK)
    lena = agent("lena", "agent@shiptrack.example")
    case = open_case(NOON)
    services.run("slack", "zendesk")
    services.press("U0AGENT", "take")
    services.run("slack", "zendesk")
    services.press("U0AGENT", "resolve", "arrived")
    services.run("slack", "zendesk")
    case.refresh_from_db()
    assert (case.owner, case.state, case.outcome) == (lena, "resolved", "arrived")
    assert services.kinds() == [
        "slack message", "zendesk ticket",
        "slack update", "slack reply", "zendesk ticket update",
        "slack update", "slack reply", "zendesk ticket closed",
    ]  # fmt: skip
    made = ticket(services)
    assert (made["external_id"], made["status"]) == (f"case-{case.pk}", "solved")
    assert all(each["public"] is False for each in made["comments"])
    kept = SupportTicket.objects.get()
    assert (kept.origin, kept.case, kept.external_id, kept.state) == ("case", case, str(made["id"]), "solved")
    assert (
        kept.url.endswith(f"/agent/tickets/{made['id']}") and case.pk and f"/{case.pk}/" in made["comments"][0]["body"]
    )


def test_the_same_message_twice_makes_one_ticket_and_one_comment(services: Services) -> None:
    card = card_of(open_case(NOON).pk, services.now)
    first = ZendeskChannel().send(Envelope("k1", "channel:zendesk", "s", "t", card=card))
    again = ZendeskChannel().send(Envelope("k1", "channel:zendesk", "s", "t", card=card))
    for _ in range(2):
        ZendeskChannel().send(Envelope("k2", "channel:zendesk", "s", "t", card=card, reference=first.provider_id))
    assert first == again and len(ticket(services)["comments"]) == 2


def test_a_ticket_that_a_person_deleted_is_not_made_again_until_a_person_asks(services: Services) -> None:
    lena = agent("lena", "agent@shiptrack.example", "message_customer")
    case = open_case(NOON)
    services.run("zendesk")
    services.world.zendesk.delete(ticket(services)["id"])
    take(case_id=case.pk, actor=lena, now=services.now)
    services.run("zendesk")
    failed = OutboxRow.objects.filter(channel="zendesk").order_by("pk").last()
    assert failed is not None and failed.state == "failed" and "deleted in Zendesk" in failed.reason
    assert SupportTicket.objects.get().state == "deleted"
    resolve(case_id=case.pk, actor=lena, now=services.now, outcome="arrived")
    services.run("zendesk")
    assert list(OutboxRow.objects.filter(channel="zendesk").order_by("pk").values_list("state", flat=True)) == [
        "sent", "failed", "cancelled",
    ]  # fmt: skip
    assert services.world.zendesk.tickets == {}
    retry(row_id=failed.pk, actor=lena, now=services.now)
    services.run("zendesk")
    assert ticket(services)["external_id"] == f"case-{case.pk}"


def test_a_ticket_closed_for_good_is_followed_up_when_the_case_goes_on(services: Services) -> None:
    lena = agent("lena", "agent@shiptrack.example")
    case = open_case(NOON)
    services.run("zendesk")
    first = ticket(services)
    first["status"] = "closed"
    take(case_id=case.pk, actor=lena, now=services.now)
    services.run("zendesk")
    second = [each for each in services.world.zendesk.tickets.values() if each["id"] != first["id"]]
    assert [each["via_followup_source_id"] for each in second] == [str(first["id"])]


@pytest.mark.parametrize(
    ("given", "failure"),
    [
        (answer(429, {}, retry_after="30"), TemporaryFailure),
        (answer(500, {}), TemporaryFailure),
        (Answer(200, b'{"tick'), TemporaryFailure),
        (answer(401, {}), ChannelBroken),
    ],
    ids=["429", "500", "half", "401"],
)
def test_the_answers_of_zendesk(services: Services, monkeypatch: Any, given: Answer, failure: type[Exception]) -> None:
    card = card_of(open_case(NOON).pk, services.now)
    monkeypatch.setattr(services.world, "respond", lambda request, now: given)
    with pytest.raises(failure) as caught:
        ZendeskChannel().send(Envelope("k", "channel:zendesk", "s", "t", card=card))
    if given.status == 429:
        assert caught.value.wait == timedelta(seconds=30)  # type: ignore[attr-defined]


def said(**more: object) -> dict[str, object]:
    return {"id": 77, "subject": "Where is my order?", "requester_email": "ann@example.com", **more}


@pytest.mark.parametrize(
    ("more", "by"),
    [
        ({"text": f"My number is {ONE}"}, "tracking_number"),
        ({"text": "It is order #1001"}, "order_number"),
        ({}, "email"),
        ({"requester_email": "eve@example.com"}, ""),
        ({"requester_email": "'; DROP TABLE x; --", "text": "<script>\x00"}, ""),
    ],
)
def test_a_ticket_finds_its_parcel(services: Services, more: dict[str, object], by: str) -> None:
    announce()
    assert services.post(hook(said(**more), services.now)) == 200
    row = SupportTicket.objects.get()
    assert (row.matched_by, row.kind) == (by, "wismo")
    assert (row.shipment is not None) == (by != "")


def test_a_question_about_a_parcel_in_trouble_raises_its_case_once(services: Services) -> None:
    case = open_case(NOON)
    for _ in range(2):
        assert services.post(hook(said(), services.now)) == 200
    was, case = case, ExceptionCase.objects.get()
    assert case.severity_rank == was.severity_rank + 1 and case.severity_steps == 1
    assert case.first_response_due_at == min(was.first_response_due_at, services.now + HOUR)
    assert case.activities.filter(kind="severity_raised").count() == 1
    assert SupportTicket.objects.get().case == case


def test_delivered_and_not_received_opens_a_dispute(services: Services) -> None:
    announce()
    report("first_scan", NOON - DAY)
    report("delivered", NOON - HOUR)
    services.post(hook(said(subject="It says delivered but I never got it"), services.now))
    dispute = Dispute.objects.get()
    row = SupportTicket.objects.get()
    assert (dispute.source, row.dispute, row.case) == ("ticket", dispute, dispute.case)
    assert ExceptionCase.objects.get().kind == "delivered_not_received"


def test_older_news_of_a_ticket_changes_nothing(services: Services) -> None:
    services.post(hook(said(status="solved", updated_at="2026-03-02T17:00:00Z"), services.now))
    services.post(hook(said(status="open", updated_at="2026-03-02T16:00:00Z"), services.now))
    assert SupportTicket.objects.get().state == "solved"


def test_our_own_ticket_coming_back_is_no_question_of_a_customer(services: Services) -> None:
    case = open_case(NOON)
    services.run("zendesk")
    services.post(
        hook({**said(id=ticket(services)["id"], status="solved"), "external_id": f"case-{case.pk}"}, services.now)
    )
    kept = SupportTicket.objects.get()
    assert (kept.origin, kept.state, kept.kind) == ("case", "solved", "other")
    assert ExceptionCase.objects.get().severity_steps == 0


def test_the_door_refuses_what_the_desk_did_not_sign(services: Services) -> None:
    assert services.post(hook(said(), services.now, secret="guessed")) == 401
    assert services.post(hook(said(), services.now - timedelta(minutes=6))) == 401
    assert services.post(hook({"id": ""}, services.now)) == 422
    assert SupportTicket.objects.count() == 0
