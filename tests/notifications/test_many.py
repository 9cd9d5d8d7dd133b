"""Ten thousand news at once: set-based, no flood, and the same few statements for every batch."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Decision, OutboxRow
from notifications.relay import BATCH
from tests.notifications.mail import NOON, relayed
from tracking.models import Customer, DomainEvent, Order, Shipment, Store

pytestmark = pytest.mark.django_db
PARCELS, NEWS_EACH = 1_000, 10
STATEMENTS_A_BATCH = 24


def test_a_flood_of_news_is_no_flood_of_messages(stage: None) -> None:
    store = Store.objects.order_by("pk")[0]
    people = Customer.objects.bulk_create(
        Customer(store=store, email_key=f"{number:064}", email=f"c{number}@example.com") for number in range(PARCELS)
    )
    orders = Order.objects.bulk_create(
        Order(store=store, external_id=f"x{each.pk}", number=str(each.pk), customer=each, received_at=NOON)
        for each in people
    )
    parcels = Shipment.objects.bulk_create(
        Shipment(
            store=store, order=order, created_at=NOON, status="in_transit", sentence_key="in_transit",
            evidence="item_scanned", first_scan_at=NOON,
        )
        for order in orders
    )  # fmt: skip
    DomainEvent.objects.bulk_create(
        DomainEvent(
            kind="shipment.sentence_changed", at=NOON + timedelta(minutes=minute), shipment_id=each.pk,
            order_id=each.order_id, payload={"sentence": "in_transit", "to": "in_transit", "cause": "event"},
        )
        for minute in range(NEWS_EACH)
        for each in parcels
    )  # fmt: skip
    batches = PARCELS * NEWS_EACH // BATCH
    with CaptureQueriesContext(connection) as seen:
        done = relayed(NOON + timedelta(hours=1))
    assert (done.news, done.sends) == (PARCELS * NEWS_EACH, PARCELS)
    assert OutboxRow.objects.count() == PARCELS
    assert Decision.objects.filter(reason="already_sent").count() == PARCELS * (NEWS_EACH - 1)
    assert len(seen.captured_queries) <= STATEMENTS_A_BATCH * (batches + 1)
