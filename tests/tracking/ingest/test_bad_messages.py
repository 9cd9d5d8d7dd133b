"""Every bad input behind the door: it is kept, says what is wrong, hides nothing else, and loses nothing."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tracking.ingest.making import (
    NUMBER,
    drained,
    fedex_body,
    fulfilment_body,
    order_body,
    outcome,
    polled,
    scan,
    shop_event_body,
    source_of,
    stored,
)
from tracking.models import (
    InboundMessage,
    Observation,
    Order,
    OrderLine,
    PrivacyTask,
    Shipment,
    Source,
    TrackingEvent,
    TrackingNumber,
)
from tracking.vocabulary import InboundState

pytestmark = pytest.mark.django_db

LATE = "2026-11-17T20:00:00-05:00"


@pytest.fixture
def fedex(now: datetime) -> Source:
    return source_of("fedex", now)


@pytest.fixture
def shop(now: datetime) -> Source:
    return source_of("shopify", now)


UNREADABLE = {
    "not JSON": b"parcel 12 has left",
    "empty": b"",
    "blanks": b"  \n ",
    "not UTF-8": b'{"output": "\xff\xfe"}',
    "wrong shape": b'["output"]',
    "nothing of it known": b'{"hello": "world"}',
    "the wrong kinds all through": b'{"output": {"completeTrackResults": "none"}}',
    "nested a thousand deep": b"[" * 1000 + b"]" * 1000,
    "nested a hundred thousand deep": b'{"output":' * 100_000,
    "NaN": b'{"output": {"completeTrackResults": [{"trackingNumber": NaN}]}}',
    "a lone surrogate": b'{"output": {"completeTrackResults": [{"trackingNumber": "\\ud800"}]}}',
    "an endless number": b'{"output": {"completeTrackResults": [{"trackingNumber": ' + b"9" * 5000 + b"}]}}",
    "a huge exponent": b'{"output": {"completeTrackResults": [{"trackingNumber": 1e999999999}]}}',
    "a mebibyte of nothing": b"[" + b"0," * 400_000 + b"0]",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_kept_with_a_sentence_and_tried_again(fedex: Source, now: datetime, body: bytes) -> None:
    good = stored(fedex, fedex_body(NUMBER, scan(LATE)), now)
    bad = outcome(fedex, body, now)
    assert bytes(bad.body) == body
    assert bad.state in (InboundState.FAILED, InboundState.NOTHING)
    assert bad.error.endswith(".") or bad.notes
    assert "Traceback" not in bad.error
    if bad.state == InboundState.FAILED:
        assert bad.next_try_at == now + timedelta(minutes=1)
    good.refresh_from_db()
    assert (good.state, TrackingEvent.objects.count()) == (InboundState.PROCESSED, 1)


def test_an_unknown_topic_is_no_failure(shop: Source, now: datetime) -> None:
    message = outcome(shop, b'{"id": 1}', now, topic="products/update")
    assert (message.state, message.result) == (InboundState.NOTHING, 'The topic "products/update" is not used.')


def test_one_bad_scan_hides_none_of_the_good_ones(fedex: Source, now: datetime) -> None:
    bad = scan("yesterday, about noon")
    message = outcome(fedex, fedex_body(NUMBER, scan(LATE), bad, scan("2026-11-16T08:00:00-05:00", "PU")), now)
    assert (message.state, TrackingEvent.objects.count()) == (InboundState.PROCESSED, 2)
    assert message.notes[0]["where"].endswith("scanEvents[1].date")


def test_one_bad_parcel_in_an_answer_of_thirty(fedex: Source, now: datetime) -> None:
    numbers = [f"6000000001{index:02d}" for index in range(30)]
    messages = [polled(fedex, number, fedex_body(number, scan(LATE)), now) for number in numbers]
    InboundMessage.objects.filter(pk=messages[17].pk).update(body=b'{"output": {"completeTrackResults": 3}}')
    drained(now)
    states = dict(InboundMessage.objects.values_list("about", "state"))
    assert states.pop(numbers[17]) != InboundState.PROCESSED
    assert set(states.values()) == {InboundState.PROCESSED}
    assert TrackingEvent.objects.count() == 29


def test_a_number_is_one_parcel_however_it_is_spaced(fedex: Source, now: datetime) -> None:
    for number in ("600000000013", " 6000 0000 0013", "6000-0000-0013\u200b"):
        outcome(fedex, fedex_body(number, scan(LATE)), now)
    assert Shipment.objects.get().number == "600000000013"
    assert TrackingEvent.objects.count() == 1


def test_a_time_without_zone_keeps_its_text_and_its_precision(fedex: Source, now: datetime) -> None:
    outcome(
        fedex,
        fedex_body(NUMBER, scan("2026-11-17T20:00:00", city="DENVER", stateOrProvinceCode="CO", countryCode="US")),
        now,
    )
    event = TrackingEvent.objects.get()
    assert (event.precision, event.time_text) == ("local", "2026-11-17T20:00:00")
    assert event.occurred_at == datetime(2026, 11, 18, 3, tzinfo=UTC)


def test_a_scan_of_the_far_future_is_kept_but_moves_nothing(presets: None, fedex: Source, now: datetime) -> None:
    outcome(fedex, fedex_body(NUMBER, scan("2099-01-01T00:00:00Z", "DL", "Delivered"), scan(LATE)), now)
    shipment = Shipment.objects.get()
    assert TrackingEvent.objects.count() == 2
    assert (shipment.status, shipment.delivered_at) == ("in_transit", None)


def test_a_future_scan_of_an_ended_parcel_makes_no_second_parcel(presets: None, fedex: Source, now: datetime) -> None:
    outcome(fedex, fedex_body(NUMBER, scan(LATE, "DL", "Delivered")), now)
    outcome(fedex, fedex_body(NUMBER, scan("2098-01-01T00:00:00Z", "AR")), now)
    assert Shipment.objects.count() == 1


def test_a_local_time_told_late_still_finds_its_ended_parcel(presets: None, fedex: Source, now: datetime) -> None:
    outcome(fedex, fedex_body(NUMBER, scan(LATE, "DL", "Delivered")), now)
    outcome(fedex, fedex_body(NUMBER, scan("2026-11-16T09:00:00")), now + timedelta(days=120))
    assert Shipment.objects.count() == 1


def test_an_event_before_its_order_waits_on_no_one(presets: None, fedex: Source, shop: Source, now: datetime) -> None:
    outcome(fedex, fedex_body(NUMBER, scan(LATE)), now)
    assert Shipment.objects.get().order is None
    outcome(shop, fulfilment_body(), now)
    outcome(shop, order_body(), now)
    shipment = Shipment.objects.get(merged_into=None)
    assert (shipment.order and shipment.order.number, shipment.status) == ("#55", "in_transit")
    assert TrackingEvent.objects.get().shipment == shipment


def test_an_event_before_its_fulfilment_waits_and_is_released_by_it(presets: None, shop: Source, now: datetime) -> None:
    early = outcome(shop, shop_event_body(), now, "fulfillment_events/create")
    assert (early.state, early.error) == (InboundState.FAILED, "The fulfilment 77 is not known yet.")
    soon = now + timedelta(seconds=20)  # long before its next try
    outcome(shop, fulfilment_body(), soon)
    drained(soon)
    early.refresh_from_db()
    assert (early.state, early.error) == (InboundState.PROCESSED, "")
    assert TrackingEvent.objects.get().shipment.number == NUMBER


def test_an_event_given_up_long_ago_is_released_too(presets: None, shop: Source, now: datetime) -> None:
    early = outcome(shop, shop_event_body(), now, "fulfillment_events/create")
    InboundMessage.objects.update(state=InboundState.GAVE_UP, attempts=8, next_try_at=None)
    outcome(shop, fulfilment_body(), now)
    drained(now)
    early.refresh_from_db()
    assert (early.state, TrackingEvent.objects.count()) == (InboundState.PROCESSED, 1)


def test_event_and_fulfilment_in_one_batch_whatever_their_order(shop: Source, now: datetime) -> None:
    early = stored(shop, shop_event_body(), now, "fulfillment_events/create")
    outcome(shop, fulfilment_body(), now)
    early.refresh_from_db()
    assert early.state == InboundState.PROCESSED


def test_another_sources_fulfilment_releases_nothing(shop: Source, now: datetime) -> None:
    early = outcome(shop, shop_event_body(), now, "fulfillment_events/create")
    other = Source.objects.create(slug="other", kind="shopify", created_at=now)
    other.stores.set(shop.stores.all())
    outcome(other, fulfilment_body(), now)
    early.refresh_from_db()
    assert (early.state, early.next_try_at) == (InboundState.FAILED, now + timedelta(minutes=1))


def test_an_event_of_a_fulfilment_without_parcel_waits_for_nothing(shop: Source, now: datetime) -> None:
    outcome(shop, fulfilment_body(status="cancelled"), now)
    event = outcome(shop, shop_event_body(), now, "fulfillment_events/create")
    assert event.state == InboundState.PROCESSED
    assert "no parcel" in event.result


def test_an_event_of_a_fulfilment_with_two_parcels_is_nobodys(shop: Source, now: datetime) -> None:
    outcome(shop, fulfilment_body(numbers=[NUMBER, "600000000024"]), now)
    event = outcome(shop, shop_event_body(), now, "fulfillment_events/create")
    assert (event.state, TrackingEvent.objects.count()) == (InboundState.PROCESSED, 0)
    assert event.result == "The fulfilment has 2 parcels; nobody says which."


def test_orders_of_a_source_without_store_wait_for_one(shop: Source, now: datetime) -> None:
    store = shop.stores.get()
    shop.stores.clear()
    message = outcome(shop, order_body(), now)
    assert message.state == InboundState.FAILED
    assert "belongs to no store" in message.error
    shop.stores.add(store)
    drained(now + timedelta(minutes=2))
    assert Order.objects.get().store == store


def test_the_same_message_a_hundred_times(presets: None, fedex: Source, now: datetime) -> None:
    body = fedex_body(NUMBER, scan(LATE), scan("2026-11-16T08:00:00-05:00", "PU"))
    for index in range(100):  # each with another transaction id, as FedEx tries again
        stored(fedex, body[:-1] + f', "transactionId": "{index}"}}'.encode(), now)
    drained(now)
    assert InboundMessage.objects.filter(state=InboundState.PROCESSED).count() == 100
    assert (Shipment.objects.count(), TrackingEvent.objects.count()) == (1, 2)
    assert Shipment.objects.get().status_changes.count() == 1


def test_an_event_told_twice_in_one_message_is_one_whose_blanks_are_filled(fedex: Source, now: datetime) -> None:
    twice = (scan(LATE, text=""), scan(LATE, text="Arrived", city="DENVER"))
    outcome(fedex, fedex_body(NUMBER, *twice), now)
    event = TrackingEvent.objects.get()
    assert (event.text, event.city) == ("Arrived", "DENVER")


def test_nul_characters_vanish(fedex: Source, shop: Source, now: datetime) -> None:
    nul = "\x00"
    outcome(fedex, fedex_body(f"6000{nul}00000013", scan(LATE, text=f"Arr{nul}ived", city=f"DEN{nul}VER")), now)
    outcome(shop, order_body(name=f"#5{nul}5", email=f"a{nul}nn@example.com", tags=f"vip{nul}"), now)
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {InboundState.PROCESSED}
    event = TrackingEvent.objects.get()
    assert (event.text, event.city, Order.objects.get().number) == ("Arrived", "DENVER", "#55")


LONG = "Ω" * 5000
LONG_PLACE = {"city": LONG, "province": LONG, "zip": LONG, "country_code": "US", "name": LONG, "phone": LONG}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": LONG},
        {"email": f"{LONG}@example.com"},
        {"phone": LONG},
        {"customer": {"first_name": LONG, "last_name": LONG}},
        {"customer_locale": LONG},
        {"currency": LONG},
        {"tags": f"{LONG},{LONG}"},
        {"shipping_lines": [{"title": LONG}]},
        {"shipping_address": LONG_PLACE},
        {"line_items": [{"id": 1, "sku": LONG, "title": LONG, "quantity": 1}]},
        {"line_items": [{"id": 1, "title": "Mug", "quantity": 10**17}]},
        {"line_items": [{"id": 1, "title": "Mug", "quantity": -1}]},
        {"note_attributes": [{"name": "Delivery date", "value": LONG}]},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_values_longer_than_any_column_do_not_stop_an_order(
    shop: Source, now: datetime, changes: dict[str, Any]
) -> None:
    message = outcome(shop, order_body(**changes), now)
    assert (message.state, message.error) == (InboundState.PROCESSED, "")
    assert Order.objects.get().external_id == "55"


@pytest.mark.parametrize(
    "changes",
    [
        {"tracking_company": LONG},
        {"tracking_numbers": ["9" * 5000]},
        {"tracking_urls": [LONG]},
        {"service": LONG},
        {"location_id": LONG},
        {"line_items": [{"id": LONG, "title": LONG, "quantity": 1}]},
        {"destination": LONG_PLACE},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_values_longer_than_any_column_do_not_stop_a_fulfilment(
    shop: Source, now: datetime, changes: dict[str, Any]
) -> None:
    message = outcome(shop, fulfilment_body(**changes), now)
    assert (message.state, message.error) == (InboundState.PROCESSED, "")
    assert Shipment.objects.count() == 1


def test_values_longer_than_any_column_do_not_stop_a_scan(presets: None, fedex: Source, now: datetime) -> None:
    place = {"city": LONG, "stateOrProvinceCode": LONG, "postalCode": LONG, "countryCode": LONG}
    outcome(fedex, fedex_body("7" * 300, scan(LATE, LONG, LONG, **place)), now)
    assert InboundMessage.objects.get().state == InboundState.PROCESSED
    event = TrackingEvent.objects.get()
    assert (event.text, event.city) == (LONG[:120], LONG[:120])
    assert len(TrackingNumber.objects.get().number) == 64


def test_a_snapshot_full_of_long_values_is_read(presets: None, fedex: Source, now: datetime) -> None:
    whole = json.loads(fedex_body(NUMBER, scan(LATE)))
    result = whole["output"]["completeTrackResults"][0]["trackResults"][0]
    place = {"city": LONG, "stateOrProvinceCode": LONG, "postalCode": LONG, "countryCode": LONG}
    result["deliveryDetails"] = {"signedByName": LONG, "locationDescription": LONG, "actualDeliveryAddress": place}
    result["serviceDetail"] = {"type": LONG, "description": LONG}
    result["shipperInformation"] = result["recipientInformation"] = {"address": place}
    result["dateAndTimes"] = [{"type": "ESTIMATED_DELIVERY", "dateTime": "2099-11-18T00:00:00-06:00"}]
    message = outcome(fedex, json.dumps(whole).encode(), now)
    assert (message.state, message.error) == (InboundState.PROCESSED, "")
    assert Observation.objects.get().signed_by == LONG[:120]


def test_an_id_too_long_to_be_kept_is_a_failure_with_a_sentence_and_harms_nobody(shop: Source, now: datetime) -> None:
    good = stored(shop, order_body(56), now)
    bad = outcome(shop, order_body(id="5" * 300), now)
    good.refresh_from_db()
    assert (good.state, bad.state) == (InboundState.PROCESSED, InboundState.FAILED)
    assert "longer or larger than anything we can keep" in bad.error


def test_an_order_of_five_hundred_lines(shop: Source, now: datetime) -> None:
    lines = [{"id": index, "title": f"Mug {index}", "quantity": 1} for index in range(500)]
    outcome(shop, order_body(line_items=lines), now)
    assert OrderLine.objects.count() == 500


def test_a_fulfilment_of_two_hundred_parcels(shop: Source, now: datetime) -> None:
    outcome(shop, fulfilment_body(numbers=[f"60000001{index:04d}" for index in range(200)]), now)
    assert Shipment.objects.count() == 200


def test_a_legal_request_is_one_task_however_often_it_is_read(shop: Source, now: datetime) -> None:
    body = b'{"customer": {"id": 7, "email": "ann@example.com"}, "orders_to_redact": [55], "shop_domain": "a"}'
    message = outcome(shop, body, now, "customers/redact")
    InboundMessage.objects.update(state=InboundState.PENDING)
    drained(now)
    task = PrivacyTask.objects.get()
    assert (task.message_id, task.customer_external_id, task.due_at) == (message.pk, "7", now + timedelta(days=30))
