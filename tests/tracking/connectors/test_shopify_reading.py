"""What Shopify messages are read as, in REST and GraphQL spelling."""

import json
from collections.abc import Mapping as MappingType
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import FulfilmentUpdate, OrderUpdate, Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.shopify import SHOPIFY
from tracking.status import presets
from tracking.status.mapping import Mapping

SAMPLES = Path(__file__).parents[2] / "samples" / "shopify"


def load(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_bytes())


def read(body: object, topic: str = "", headers: MappingType[str, str] | None = None) -> Reading:
    return SHOPIFY.read(RawMessage(json.dumps(body).encode(), headers or {}, topic))


def order(**changes: object) -> OrderUpdate:
    (found,) = read({**load("orders_updated"), **changes}, "orders/updated").orders
    return found


def fulfilment(**changes: object) -> FulfilmentUpdate:
    (found,) = read({**load("fulfillments_update"), **changes}, "fulfillments/update").fulfilments
    return found


def test_order_of_a_webhook() -> None:
    found = order()
    assert (found.external_id, found.number) == ("5500100200300", "#1042")
    assert found.created_at == datetime(2026, 11, 16, 15, 15, tzinfo=UTC)
    assert found.version_at == datetime(2026, 11, 18, 14, 30, 11, tzinfo=UTC)
    assert (found.currency, found.total_minor) == ("USD", 18450)
    assert (found.email, found.customer_name, found.phone) == ("dana.reyes@example.com", "Dana Reyes", "+14195550101")
    assert found.ship_to == Place("Toledo", "OH", "43604", "US")
    assert (found.shipping_method, found.tags, found.locale) == ("Standard shipping", ("vip", "gift"), "en-US")
    assert not found.is_test
    assert [line.requires_shipping for line in found.lines] == [True, True, False]


def test_parcels_of_an_order() -> None:
    two, cancelled, digital = order().fulfilments
    assert two.tracking_numbers == ("9400150899563000000015", "9400150899563000000022")
    assert two.tracking_urls == ("https://example.com/a", "https://example.com/b")
    assert (two.status, two.carrier_name, two.location_id) == ("success", "USPS", "300")
    assert (cancelled.status, cancelled.tracking_numbers) == ("cancelled", ())
    assert (digital.requires_shipping, two.requires_shipping) == (False, True)
    assert {f.order_external_id for f in order().fulfilments} == {"5500100200300"}


def test_both_spellings_tell_the_same() -> None:
    rest, graph = order(), read(load("graphql_orders")).orders[0]
    facts = [
        "external_id",
        "number",
        "version_at",
        "created_at",
        "currency",
        "total_minor",
        "email",
        "customer_name",
        "phone",
        "locale",
    ]
    facts += ["ship_to", "shipping_method", "tags", "is_test", "cancelled_at"]
    assert [getattr(rest, fact) for fact in facts] == [getattr(graph, fact) for fact in facts]
    one, other = rest.fulfilments[0], graph.fulfilments[0]
    assert one == other


def test_one_event_told_twice_is_the_same_event() -> None:
    (pushed,) = read(load("fulfillment_events_create")).events
    (polled,) = read(load("graphql_orders")).events
    assert (pushed.when, pushed.keys, pushed.fulfilment_id) == (polled.when, polled.keys, polled.fulfilment_id)
    assert pushed.fulfilment_id == "42001"
    assert pushed.tracking_number == ""
    assert pushed.when.value == datetime(2026, 11, 19, 11, 10, tzinfo=UTC)
    assert (pushed.raw_code, pushed.place) == ("out_for_delivery", Place("Toledo", "OH", "43604", "US"))


def test_poll_answer_tells_estimate_and_voided_label() -> None:
    reading = read(load("graphql_orders"), "orders/poll")
    assert [(o.tracking_number[-2:], o.estimate_at and o.estimate_at.text) for o in reading.observations] == [
        ("15", "2026-11-20T01:00:00Z"),
        ("22", "2026-11-20T01:00:00Z"),
    ]
    assert [(s.tracking_number[-2:], s.voided) for s in reading.shipments] == [("84", True)]
    assert [o.total_minor for o in reading.orders] == [18450, 1200]  # yen have no cents
    assert [o.is_test for o in reading.orders] == [False, True]


def test_connection_of_edges_is_read_too() -> None:
    node = load("graphql_orders")["data"]["orders"]["nodes"][0]
    node["lineItems"] = {"edges": [{"node": item} for item in node["lineItems"]["nodes"]]}
    (found,) = read(node, "orders/poll").orders
    assert [line.external_id for line in found.lines] == ["9001", "9003"]


def test_number_comes_late_and_is_replaced() -> None:
    (without,) = read(load("fulfillments_create_no_number"), "fulfillments/create").fulfilments
    assert (without.external_id, without.tracking_numbers, without.ship_to) == (
        "42010",
        (),
        Place("Reno", "NV", "89502", "US"),
    )
    later, replaced, cleared = (
        fulfilment(),
        fulfilment(tracking_numbers=["770000000016"], updated_at="2026-11-18T09:00:00-05:00"),
        fulfilment(tracking_numbers=[], tracking_number=None),
    )
    assert later.external_id == without.external_id
    assert [f.tracking_numbers for f in (later, replaced, cleared)] == [("770000000005",), ("770000000016",), ()]
    assert without.version_at is not None
    assert later.version_at is not None
    assert replaced.version_at is not None
    assert without.version_at < later.version_at < replaced.version_at


@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({"tracking_numbers": None}, ("770000000005",)),
        ({"tracking_numbers": ["A1", "A1", " ", "B2"]}, ("A1", "B2")),
        ({"tracking_numbers": ["A1, B2;C3"]}, ("A1", "B2", "C3")),
        ({"tracking_numbers": [770000000005]}, ("770000000005",)),
        ({"tracking_numbers": [{}, "A1"]}, ("A1",)),
    ],
)
def test_numbers_of_a_fulfilment(changes: dict[str, object], numbers: tuple[str, ...]) -> None:
    found = fulfilment(**changes)
    assert found.tracking_numbers == numbers
    assert len(found.tracking_urls) == len(numbers)


@pytest.mark.parametrize(
    ("told", "status", "is_noted"),
    [
        ("success", "success", False),
        ("SUCCESS", "success", False),
        ("canceled", "cancelled", False),
        ("open", "pending", False),
        ("failure", "failure", False),
        ("error", "error", False),
        ("teleported", "pending", True),
        (None, "pending", True),
    ],
)
def test_status_of_a_fulfilment(told: str | None, status: str, is_noted: bool) -> None:
    reading = read({**load("fulfillments_update"), "status": told}, "fulfillments/update")
    assert [f.status for f in reading.fulfilments] == [status]
    assert bool(reading.errors) == is_noted


def test_shipment_status_says_nothing() -> None:
    for status in ("delivered", "out_for_delivery", None):
        reading = read({**load("fulfillments_update"), "shipment_status": status}, "fulfillments/update")
        assert not reading.events
        assert not reading.observations


@pytest.mark.parametrize(
    ("name", "value", "day"),
    [
        ("delivery_date", "2026-11-25", date(2026, 11, 25)),
        ("Delivery-Date", "2026/11/25", date(2026, 11, 25)),
        ("Delivery-Date", "03/04/2026", None),
        ("gift_note", "2026-11-25", None),
        ("delivery_date", "", None),
    ],
)
def test_day_promised_at_the_checkout(name: str, value: str, day: date | None) -> None:
    assert order(note_attributes=[{"name": name, "value": value}]).promised_date == day
    node = load("graphql_orders")["data"]["orders"]["nodes"][0]
    polled = read({**node, "customAttributes": [{"key": name, "value": value}]}, "orders/poll")
    assert polled.orders[0].promised_date == day


@pytest.mark.parametrize(
    ("changes", "fact", "value"),
    [
        ({"cancelled_at": "2026-11-18T10:00:00-05:00"}, "cancelled_at", datetime(2026, 11, 18, 15, tzinfo=UTC)),
        ({"test": True}, "is_test", True),
        ({"name": None}, "number", "1042"),
        ({"email": "", "contact_email": None}, "email", "dana.reyes@example.com"),
        ({"customer": None}, "customer_name", "Dana Reyes"),
        ({"customer": None, "shipping_address": None}, "ship_to", None),
        ({"currency": "JPY", "total_price": "1200"}, "total_minor", 1200),
        ({"total_price": "much"}, "total_minor", None),
        ({"shipping_lines": []}, "shipping_method", ""),
        ({"tags": ""}, "tags", ()),
    ],
)
def test_facts_of_an_order(changes: dict[str, object], fact: str, value: object) -> None:
    assert getattr(order(**changes), fact) == value


def test_bad_parts_do_not_hide_good_ones() -> None:
    body = load("orders_updated")
    body["fulfillments"][1] = {"status": "success"}
    body["line_items"][0] = "?"
    reading = read(body, "orders/updated")
    assert [f.external_id for f in reading.orders[0].fulfilments] == ["42001", "42003"]
    assert [e.where for e in reading.errors] == ["fulfillments[1].id", "line_items[0]"]


def test_deleted_order_is_cancelled_then() -> None:
    reading = read(load("orders_delete"), "orders/delete", {"x-shopify-triggered-at": "2026-11-18T10:00:00Z"})
    (found,) = reading.orders
    assert (found.external_id, found.is_partial) == ("5500100200300", True)
    assert found.cancelled_at == found.version_at == datetime(2026, 11, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind", "orders"),
    [
        ("customers_data_request", "data_request", ("5500100200300", "5500100200301")),
        ("customers_redact", "customer_redact", ("5500100200300",)),
        ("shop_redact", "shop_redact", ()),
    ],
)
def test_privacy_requests(name: str, kind: str, orders: tuple[str, ...]) -> None:
    (request,) = read(load(name)).privacy
    assert (request.kind, request.order_external_ids, request.shop) == (kind, orders, "mugs.example.com")
    assert request.email == ("" if kind == "shop_redact" else "dana.reyes@example.com")


def test_erasure_of_nobody_is_refused() -> None:
    with pytest.raises(UnreadableMessage, match="neither a customer nor an order"):
        read({"shop_id": 1, "shop_domain": "x", "customer": {}, "orders_to_redact": []}, "customers/redact")


@pytest.mark.parametrize("topic", ["orders/edited", "fulfillment_events/delete", "products/update", "app/uninstalled"])
def test_topics_without_use_are_ignored_with_a_reason(topic: str) -> None:
    reading = read({"id": 1}, topic)
    assert reading.is_empty
    assert reading.ignored


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("orders_updated", "orders/updated"),
        ("orders_edited", "orders/edited"),
        ("orders_delete", "orders/delete"),
        ("fulfillments_create_no_number", "fulfillments/create"),
        ("fulfillments_update", "fulfillments/update"),
        ("fulfillment_events_create", "fulfillment_events/create"),
        ("customers_data_request", "customers/data_request"),
        ("customers_redact", "customers/redact"),
        ("shop_redact", "shop/redact"),
        ("graphql_orders", "orders/poll"),
    ],
)
def test_shape_tells_the_topic_when_nobody_does(name: str, topic: str) -> None:
    told, by_header = read(load(name), topic), read(load(name), headers={"x-shopify-topic": topic})
    assert read(load(name)) == told == by_header


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        ({}, ""),
        ({"hello": "world"}, ""),
        ({"name": "#1"}, "orders/updated"),
        ({"id": 5}, "fulfillments/update"),
        ({"id": 5, "fulfillment_id": 3}, "fulfillment_events/create"),
        ({"id": 5, "fulfillment_id": 3, "status": "delivered", "happened_at": "soon"}, "fulfillment_events/create"),
        ({}, "orders/delete"),
        ([], "orders/updated"),
    ],
)
def test_unusable_messages_say_so(body: object, topic: str) -> None:
    with pytest.raises(UnreadableMessage):
        read(body, topic)


def test_empty_answer_is_nothing_to_do() -> None:
    reading = read({"data": {"orders": {"nodes": []}}})
    assert reading.is_empty
    assert reading.ignored


@pytest.mark.parametrize(
    ("status", "milestone", "evidence"),
    [
        ("confirmed", "label_created", "none"),
        ("LABEL_PRINTED", "label_created", "carrier_has_data"),
        ("carrier_picked_up", "first_scan", "item_scanned"),
        ("in_transit", "in_transit", "item_scanned"),
        ("attempted_delivery", "exception", "item_scanned"),
        ("delayed", "delayed", "not_physical"),
        ("ready_for_pickup", "available_for_pickup", "item_scanned"),
        ("delivered", "delivered", "item_scanned"),
        ("unknown", "unmapped", "none"),
        ("some_new_word", "unmapped", "none"),
    ],
)
def test_meaning(status: str, milestone: str, evidence: str) -> None:
    (event,) = read({**load("fulfillment_events_create"), "status": status}).events
    meaning = Mapping(presets.load("shopify")).resolve("shopify", "", event.keys, event.description)
    assert (meaning.milestone, meaning.evidence) == (milestone, evidence)
