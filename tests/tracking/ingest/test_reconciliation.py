"""Lost webhooks: what only the reconciliation brought is counted, what was pushed or is too young is not."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.ingest.making import drained, order_body, outcome, source_of, stored
from tracking.connectors.contract import PolledPart
from tracking.ingest.hearing import note_heard
from tracking.ingest.operations import store_polled
from tracking.ingest.reconciliation import gaps_by_day, gaps_of, note_losing
from tracking.models import FeedGap, InboundMessage, Order, Source
from tracking.vocabulary import FeedState

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOPIC = "orders/poll"


@pytest.fixture
def shop(now: datetime) -> Source:
    source = source_of("shopify", now - timedelta(days=3))
    Source.objects.update(feed_state=FeedState.OK)
    return source


def polled_order(order_id: int, changed: datetime, **more: Any) -> bytes:
    told = {
        "id": f"gid://shopify/Order/{order_id}",
        "name": f"#{order_id}",
        "createdAt": changed.isoformat(),
        "updatedAt": changed.isoformat(),
    }
    return json.dumps({**told, **more}).encode()


def pushed(shop: Source, order_id: int, changed: datetime, at: datetime) -> None:
    body = order_body(order_id, created_at=changed.isoformat(), updated_at=changed.isoformat())
    outcome(shop, body, at, "orders/updated")


def reconciled(shop: Source, at: datetime, *orders: tuple[int, datetime], **more: Any) -> None:
    parts = [PolledPart(str(pk), polled_order(pk, changed, **more), TOPIC) for pk, changed in orders]
    store_polled(source_id=shop.pk, parts=parts, now=at)
    drained(at)


def test_a_change_nobody_pushed_is_a_gap_with_its_order(shop: Source, now: datetime) -> None:
    pushed(shop, 1042, now - 3 * HOUR, now - 3 * HOUR)
    changed = now - HOUR
    reconciled(shop, now, (1042, changed))
    gap = FeedGap.objects.get()
    assert (gap.label, gap.about, gap.changed_at, gap.found_at) == ("#1042", "order", changed, now)
    assert gap.order == Order.objects.get()
    assert gap.message_id == InboundMessage.objects.get(transport="poll").pk


def test_an_order_nobody_pushed_is_a_gap(shop: Source, now: datetime) -> None:
    reconciled(shop, now, (7, now - HOUR))
    assert FeedGap.objects.get().order == Order.objects.get()


def test_what_was_pushed_is_no_gap(shop: Source, now: datetime) -> None:
    pushed(shop, 1042, now - HOUR, now - HOUR)
    reconciled(shop, now, (1042, now - HOUR))
    assert not FeedGap.objects.exists()


def test_what_came_with_the_same_batch_is_no_gap(shop: Source, now: datetime) -> None:
    changed = now - HOUR
    body = order_body(1042, created_at=changed.isoformat(), updated_at=changed.isoformat())
    stored(shop, body, now, "orders/updated")
    reconciled(shop, now, (1042, changed))
    assert not FeedGap.objects.exists()


@pytest.mark.parametrize(("age", "gaps"), [(10 * MINUTE, 0), (10 * MINUTE + timedelta(seconds=1), 1)])
def test_a_webhook_has_ten_minutes_to_come(shop: Source, now: datetime, age: timedelta, gaps: int) -> None:
    reconciled(shop, now, (7, now - age))
    assert FeedGap.objects.count() == gaps


def test_one_change_is_one_gap_however_often_it_is_brought(shop: Source, now: datetime) -> None:
    reconciled(shop, now, (7, now - HOUR))
    reconciled(shop, now + HOUR, (7, now - HOUR), tags=["looked at again"])
    assert FeedGap.objects.count() == 1
    reconciled(shop, now + 2 * HOUR, (7, now + HOUR))
    assert FeedGap.objects.count() == 2


def test_what_changed_before_the_source_was_connected_is_no_gap(shop: Source, now: datetime) -> None:
    reconciled(shop, now, (7, now - timedelta(days=4)))
    assert not FeedGap.objects.exists()


def test_a_source_that_is_not_to_push_has_no_gaps(shop: Source, now: datetime) -> None:
    shop.secrets = {}
    shop.save()
    reconciled(shop, now, (7, now - HOUR))
    assert not FeedGap.objects.exists()


def test_a_fulfilment_nobody_pushed_is_a_gap(shop: Source, now: datetime) -> None:
    pushed(shop, 55, now - 3 * HOUR, now - 3 * HOUR)
    part = {
        "id": "gid://shopify/Fulfillment/77",
        "status": "SUCCESS",
        "createdAt": (now - HOUR).isoformat(),
        "updatedAt": (now - HOUR).isoformat(),
        "trackingInfo": [],
    }
    reconciled(shop, now, (55, now - HOUR), fulfillments=[part])
    assert set(FeedGap.objects.values_list("about", "external_id", "label")) == {
        ("fulfilment", "77", "#55"),
        ("order", "55", "#55"),
    }


def test_what_a_webhook_only_named_and_we_fetched_is_no_gap(shop: Source, now: datetime) -> None:
    cause = stored(shop, b"{}", now, "orders/updated")
    part = PolledPart("7", polled_order(7, now - HOUR), TOPIC)
    store_polled(source_id=shop.pk, parts=[part], now=now, fetched_for=cause.pk)
    drained(now)
    assert Order.objects.exists()
    assert not FeedGap.objects.exists()


def test_gaps_are_counted_by_the_readers_days(shop: Source, now: datetime) -> None:
    for hours in (0, 1, 30):
        reconciled(shop, now + hours * HOUR, (hours, now - HOUR))
    since = now - timedelta(days=14)
    assert list(gaps_by_day(shop.pk, now.tzinfo, since).values()) == [1, 2]  # type: ignore[arg-type]
    assert gaps_of(shop.pk, since).count() == 3


def test_three_gaps_a_day_that_weigh_something_are_losses_until_they_stop(shop: Source, now: datetime) -> None:
    reconciled(shop, now, (1, now - HOUR), (2, now - HOUR))
    assert note_losing(now=now) == []
    reconciled(shop, now, (3, now - HOUR))
    assert note_losing(now=now) == [shop.pk]
    assert Source.objects.get().feed_state == FeedState.LOSING
    note_heard([(shop.pk, now)] * 200)  # three of two hundred weigh nothing
    assert note_losing(now=now) == []
    assert Source.objects.get().feed_state == FeedState.OK
    assert note_losing(now=now + timedelta(days=2)) == []


def test_a_batch_of_pushed_messages_pays_nothing_for_it(shop: Source, now: datetime) -> None:
    stored(shop, order_body(1), now, "orders/updated")
    with CaptureQueriesContext(connection) as queries:
        drained(now)
    assert not [query for query in queries if "feedgap" in query["sql"]]
