"""Pretend stories played whole with relay and senders beside them: what the customer is told, in order."""

import re
from datetime import datetime, timedelta

import pytest

from notifications import configuration
from notifications.models import Decision, OutboxRow
from notifications.outbox.delivery import deliver
from notifications.outbox.topics import parcel_topic
from notifications.queries import counts
from notifications.relay import has_news, relay
from notifications.vocabulary import Audience, OutboxState
from tests.journeys.player import Player
from tests.journeys.stage import set_stage
from tests.notifications.mail import Memory
from tests.tracking.sandbox.helpers import MONDAY
from tracking.customer_knowledge.queries import of_shipment
from tracking.models import DomainEvent
from tracking.sandbox.engine import World
from tracking.vocabulary import KnowledgeState

pytestmark = pytest.mark.django_db
DAYS = 23

TOLD = {  # topics in order, the days of "out for delivery" left out
    "healthy_fedex_ground": ("label_created first_scan out_for_delivery delivered"),
    "two_failed_attempts": (
        "label_created first_scan out_for_delivery failed_attempt:1 out_for_delivery failed_attempt:2 out_for_delivery "
        "delivered"
    ),
    "pickup_about_to_expire": (
        "label_created first_scan out_for_delivery failed_attempt:1 available_for_pickup pickup_expiring returning"
    ),
    "refused_and_returned": ("label_created first_scan out_for_delivery returning returned"),
    "split_one_late": ("first_scan:1 out_for_delivery delivered:1 delayed out_for_delivery delivered:2"),
    "delivered_in_wrong_town": ("label_created first_scan out_for_delivery"),
    "high_value_late": ("label_created first_scan apology out_for_delivery delivered"),
    "lost": ("label_created first_scan delayed lost"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_the_customer_is_told(name: str, memory: Memory) -> None:
    """Exactly these messages arrive, in this order, and every decision and every silence can be accounted for."""
    set_stage(MONDAY)
    configuration.forget()
    configuration.load_presets(now=MONDAY)

    def look(now: datetime) -> None:
        relay(clock=lambda: now)
        deliver(clock=lambda: now, channels={"email": memory})

    Player(World.single(name, MONDAY), MONDAY, look=look).play(MONDAY + timedelta(days=DAYS))
    look(MONDAY + timedelta(days=DAYS))
    _accounts_balance()
    sent = OutboxRow.objects.filter(state=OutboxState.SENT).order_by("sent_at", "pk")
    assert [mail.key for mail in memory.sent] == [str(row.idempotency_key) for row in sent]
    assert [re.sub(r"^(out_for_delivery):.*", r"\1", row.topic) for row in sent] == TOLD[name].split()


def _accounts_balance() -> None:
    """Every change of the public sentence has a decision; every message one row; what was sent is known."""
    assert not has_news()
    changes = DomainEvent.objects.filter(kind="shipment.sentence_changed").values_list("pk", flat=True)
    decided = Decision.objects.filter(audience=Audience.CUSTOMER).values_list("domain_event_id", flat=True)
    assert set(changes) <= set(decided)
    found = counts()
    assert found["decisions"] == found["sends"] + found["withheld"]
    assert found["sends"] == found["rows"]
    for row in OutboxRow.objects.filter(state=OutboxState.SENT):
        topic = parcel_topic(row.subject_kind, row.topic)
        for shipment_id in row.covers:
            assert {each.topic: each.state for each in of_shipment(shipment_id)}[topic] == KnowledgeState.TOLD
