"""Names and texts that look like code, on every way out and page that shows them; and the accounts of any story."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.cards import card_of
from notifications.channels.slack_blocks import case_blocks, summary
from notifications.models import Decision, OutboxRow
from notifications.queries import counts
from notifications.relay import has_news
from notifications.vocabulary import Audience
from tests.notifications.mail import HOUR, NOON, ONE, TWO, Memory, announce, delivered, parcel, relayed, report
from tracking import clock
from tracking.models import Customer, DomainEvent, ExceptionCase, Order, Shipment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stage")]
NASTY = "<script>alert(1)</script><!channel> {{ 7*7 }} '; DROP TABLE x; --"
RAW = ("<script>alert(1)", "<!channel>")
WORDS = (
    "label_created", "first_scan", "in_transit", "out_for_delivery", "failed_attempt", "address_issue", "damaged",
    "available_for_pickup", "returning", "returned", "delivered", "lost",
)  # fmt: skip


def test_names_that_look_like_code_are_words_everywhere(client: Client, memory: Memory) -> None:
    announce()
    Order.objects.update(number=NASTY[:64])
    Customer.objects.update(name=NASTY)
    Shipment.objects.update(ship_to_city=NASTY[:60])
    report("first_scan", NOON - HOUR)
    relayed(NOON - HOUR)
    delivered(NOON - HOUR, memory)
    report("damaged", NOON)
    relayed(NOON)
    case = ExceptionCase.objects.get()
    ExceptionCase.objects.update(evidence=NASTY, next_action=NASTY)
    (mail,) = memory.sent
    assert NASTY[:64] in mail.subject and not any(raw in mail.html for raw in RAW)
    client.force_login(User.objects.create_superuser("boss"))
    with clock.at(NOON + HOUR):
        pages = {page: client.get(page).content.decode() for page in _pages(case)}
        shown = card_of(case.pk, NOON)
    assert [(page, raw) for page, text in pages.items() for raw in RAW if raw in text] == []
    assert [page for page, text in pages.items() if "&lt;script&gt;alert(1)" not in text] == []
    assert shown is not None
    assert [text for text in _marked_up(case_blocks(shown)) if "<script>" in text or "<!channel>" in text] == []
    assert "{{ 7*7 }}" in summary(shown)


def _pages(case: ExceptionCase) -> list[str]:
    return [
        reverse("admin:tracking_exceptioncase_changelist"),
        reverse("admin:tracking_exceptioncase_change", args=[case.pk]),
        reverse("admin:tracking_shipment_changelist"),
        reverse("admin:tracking_shipment_change", args=[case.shipment_id]),
        reverse("admin:tracking_order_change", args=[case.order_id]),
        reverse("admin:notifications_outboxrow_changelist"),
        reverse("admin:notifications_outboxrow_change", args=[OutboxRow.objects.get(state="sent").pk]),
        f"/track/{parcel().public_token}/",
    ]


def _marked_up(told: Any) -> Iterator[str]:
    """The texts in which Slack reads marks: a name must not call the whole room."""
    if isinstance(told, dict):
        if told.get("type") == "mrkdwn":
            yield str(told.get("text"))
        for each in told.values():
            yield from _marked_up(each)
    elif isinstance(told, list):
        for each in told:
            yield from _marked_up(each)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(WORDS), st.sampled_from([ONE, TWO]), st.sampled_from([1, 5, 14, 30]), st.booleans()),
        min_size=2,
        max_size=7,
    )
)
def test_the_accounts_of_any_story_add_up(story: list[tuple[str, str, int, bool]]) -> None:
    """Whatever two parcels of an order go through, with the relay and the senders at work or late: each change of the
    sentence has a decision, each decision a row or a reason, and what was sent is one message a topic."""
    memory, at = Memory(), NOON
    with transaction.atomic():
        announce(ONE, TWO)
        for word, number, hours, is_prompt in story:
            at += timedelta(hours=hours)
            report(word, at, number)
            if is_prompt:
                relayed(at)
                delivered(at, memory)
        for late in (0, 12, 24):
            relayed(at + late * HOUR)
            delivered(at + late * HOUR, memory)
        _add_up(memory)
        transaction.set_rollback(True)


def _add_up(memory: Memory) -> None:
    assert not has_news()
    changes = DomainEvent.objects.filter(kind="shipment.sentence_changed").values_list("pk", flat=True)
    decided = Decision.objects.filter(audience=Audience.CUSTOMER).values_list("domain_event_id", flat=True)
    assert set(changes) <= set(decided)
    found = counts()
    assert found["decisions"] == found["sends"] + found["withheld"]
    assert found["sends"] == found["rows"]
    sent = OutboxRow.objects.filter(state="sent")
    assert sorted(mail.key for mail in memory.sent) == sorted(str(row.idempotency_key) for row in sent)
    said = [(row.subject_kind, row.subject_id, row.topic) for row in sent]
    assert len(said) == len(set(said))
    assert not OutboxRow.objects.filter(state__in=["sending", "failed", "unknown"]).exists()
