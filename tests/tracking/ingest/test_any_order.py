"""Messages come in any order, twice, in any batches: what stands at the end is the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.ingest.making import (
    NUMBER,
    drained,
    fedex_body,
    fulfilment_body,
    order_body,
    scan,
    shop_event_body,
    source_of,
    stored,
)
from tracking.models import InboundMessage, Order, Shipment, TrackingEvent
from tracking.vocabulary import InboundState

PICKED_UP = scan("2026-11-16T18:00:00-05:00", "PU", "Picked up")
ARRIVED = scan("2026-11-17T20:00:00-05:00", "AR", "Arrived at FedEx location", city="DENVER")
DELIVERED = scan("2026-11-18T05:00:00-05:00", "DL", "Delivered")
PAID: dict[str, Any] = {"updated_at": "2026-11-17T12:00:00-05:00", "tags": "vip"}
MESSAGES: tuple[tuple[str, bytes, str], ...] = (
    ("shopify", order_body(), "orders/create"),
    ("shopify", order_body(**PAID), "orders/updated"),
    ("shopify", fulfilment_body(numbers=[]), "fulfillments/create"),
    ("shopify", fulfilment_body(updated_at="2026-11-17T11:00:00-05:00"), "fulfillments/update"),
    ("shopify", shop_event_body(), "fulfillment_events/create"),
    ("fedex", fedex_body(NUMBER, PICKED_UP), ""),
    ("fedex", fedex_body(NUMBER, ARRIVED, PICKED_UP), ""),
    ("fedex", fedex_body(NUMBER, DELIVERED, ARRIVED), ""),
)


def played(order: Sequence[int], cuts: set[int], now: datetime) -> dict[str, Any]:
    """Take the messages in, draining after each cut; return what stands then."""
    sources = {kind: source_of(kind, now) for kind in ("shopify", "fedex")}
    for position, index in enumerate(order):
        kind, body, topic = MESSAGES[index]
        stored(sources[kind], body, now + timedelta(minutes=position), topic)
        if position in cuts:
            drained(now + timedelta(minutes=position))
    for hours in (1, 2):
        drained(now + timedelta(hours=hours))
    told = Order.objects.get()
    shipment = Shipment.objects.get(merged_into=None)
    facts = "status", "number", "first_scan_at", "delivered_at", "carrier__code", "order__number", "sentence_key"
    return {
        "states": set(InboundMessage.objects.values_list("state", flat=True)),
        "order": (told.number, told.tags, told.total_minor, told.lines.count()),
        "shipment": Shipment.objects.values_list(*facts).get(pk=shipment.pk),
        "events": sorted(shipment.events.values_list("code__raw_code", "occurred_at", "city")),
        "elsewhere": TrackingEvent.objects.exclude(shipment=shipment).count(),
    }


def undone(order: Sequence[int], cuts: set[int], now: datetime) -> dict[str, Any]:
    """Play and leave nothing behind."""
    with transaction.atomic():
        found = played(order, cuts, now)
        transaction.set_rollback(True)
    return found


@pytest.fixture
def expected(presets: None, now: datetime) -> dict[str, Any]:
    """What stands when each message comes in its order and is worked at once."""
    return undone(range(len(MESSAGES)), set(range(len(MESSAGES))), now)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(MESSAGES))).flatmap(
        lambda first: st.lists(st.sampled_from(range(len(MESSAGES))), max_size=3).map(lambda again: [*first, *again])
    ),
    cuts=st.sets(st.integers(0, len(MESSAGES) + 2)),
)
def test_any_order_any_repetition_any_batches(
    expected: dict[str, Any], now: datetime, order: list[int], cuts: set[int]
) -> None:
    assert undone(order, cuts, now) == expected


def test_one_by_one_in_their_order_they_tell_a_whole_story(expected: dict[str, Any]) -> None:
    assert expected["states"] == {InboundState.PROCESSED}
    assert expected["shipment"][0] == "delivered"
