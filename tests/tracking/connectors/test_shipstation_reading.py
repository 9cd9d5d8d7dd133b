"""What ShipStation's messages are read as."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tracking.connectors.shipstation_vendor import sample
from tracking.connectors.contract import Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.shipstation import SHIPSTATION, reading
from tracking.status.mapping import Mapping
from tracking.status.presets import load


def read(value: Any, topic: str = "", transport: str = "webhook") -> Reading:
    return SHIPSTATION.read(RawMessage(json.dumps(value).encode(), {}, topic, transport))


def test_orders_of_v1_are_told_in_pacific_time() -> None:
    found = read(sample("orders"))
    shipped, cancelled = found.orders
    assert (shipped.external_id, shipped.number, shipped.email) == ("43945660", "1042", "ann@example.com")
    assert shipped.created_at == datetime(2026, 11, 16, 4, tzinfo=UTC)  # winter: eight hours behind
    assert shipped.version_at == datetime(2026, 11, 16, 17, 31, tzinfo=UTC)
    assert (shipped.total_minor, shipped.shipping_method) == (3650, "Ground")
    assert shipped.ship_to == Place("Portland", "OR", "97201", "US")
    assert [(line.external_id, line.quantity) for line in shipped.lines] == [("64", 2)]  # the discount is no goods
    assert shipped.cancelled_at is None
    assert cancelled.cancelled_at == datetime(2026, 7, 2, 18, tzinfo=UTC)  # summer: seven
    assert not found.errors


def test_labels_of_v1_are_fulfilments_and_no_movement() -> None:
    found = read(sample("shipments"))
    sent, void = found.fulfilments
    assert (sent.external_id, sent.order_external_id, sent.status) == ("33974374", "43945660", "success")
    assert sent.tracking_numbers == ("1Z12345E0291980793",)
    assert (sent.carrier_name, sent.location_id) == ("ups_walleted", "16079")
    assert (void.status, void.version_at) == ("cancelled", datetime(2026, 7, 2, 17, 15, tzinfo=UTC))
    assert [(s.tracking_number, s.carrier, s.direction, s.voided) for s in found.shipments] == [
        ("1Z12345E0291980793", "ups", "outbound", False),
        ("794600000000", "fedex", "return", False),
    ]
    (event,) = found.events
    assert (event.raw_code, event.when.value) == ("created", datetime(2026, 11, 16, 17, 30, 0, 123456, tzinfo=UTC))
    assert [error.where for error in found.errors] == ["shipments[3].shipmentId"]


def test_parcels_sent_by_others_come_as_fulfilments() -> None:
    found = read(sample("fulfillments"))
    assert [(f.external_id, f.tracking_numbers) for f in found.fulfilments] == [
        ("fulfillment-246310", ("600000000013",))
    ]
    assert [(s.carrier, s.order_number) for s in found.shipments] == [("fedex", "1045")]
    assert not found.events


def test_labels_of_v2_tell_facts_only_unless_v2_is_all_there_is() -> None:
    found = read(sample("labels"))
    assert not found.fulfilments
    assert not found.orders
    assert [(s.tracking_number, s.master_number, s.voided) for s in found.shipments] == [
        ("1Z12345E0291980793", "", False),
        ("1Z12345E0291980802", "1Z12345E0291980793", False),
        ("9400150899563000000077", "", True),
    ]
    made, void = (read(part, reading.V2_LABEL_ALONE, "poll") for part in sample("labels")["labels"])
    assert made.fulfilments[0].order_external_id == "se-700"
    assert made.fulfilments[0].tracking_numbers == ("1Z12345E0291980793", "1Z12345E0291980802")
    assert (void.fulfilments[0].status, void.shipments) == ("cancelled", ())


def test_orders_of_v2() -> None:
    (order,) = read(sample("shipments_v2")).orders
    assert (order.external_id, order.number, order.currency, order.total_minor) == ("se-700", "1042", "USD", 3650)
    assert order.ship_to == Place("Portland", "OR", "97201", "US")


def test_tracking_is_asked_by_its_detail_first() -> None:
    found = read(sample("track_event_v2"))
    mapping = Mapping(load("shipstation"))
    meanings = [mapping.resolve("shipstation", e.carrier, e.keys, e.description) for e in found.events]
    assert [(m.milestone, m.evidence) for m in meanings] == [
        ("delayed", "not_physical"),
        ("in_transit", "item_scanned"),
        ("first_scan", "item_scanned"),
        ("label_created", "carrier_has_data"),  # "accepted", but the text tells of a label
    ]
    (seen,) = found.observations
    assert seen.not_found is False
    assert seen.estimate_at is not None
    assert seen.estimate_at.value == datetime(2026, 11, 20, tzinfo=UTC)
    assert not found.complete_for
    data = sample("track_event_v2")["data"]
    assert read(data, reading.TRACKING, "poll").complete_for == {"1Z12345E0291980793"}


@pytest.mark.parametrize(
    ("event", "text", "precision"),
    [
        ({"occurred_at": "2026-11-18T14:02:00Z"}, "2026-11-18T14:02:00Z", "instant"),
        ({"occurred_at": "2026-11-18T14:02:00"}, "2026-11-18T14:02:00", "instant"),
        ({"carrier_occurred_at": "2026-11-18T06:02:00"}, "2026-11-18T06:02:00", "local"),
        ({"carrier_occurred_at": "2026-11-18"}, "2026-11-18", "date"),
    ],
)
def test_times_of_tracking(event: dict[str, str], text: str, precision: str) -> None:
    told = {"tracking_number": "1Z", "events": [{**event, "status_code": "IT"}]}
    (found,) = read(told).events
    assert (found.when.text, found.when.precision) == (text, precision)


@pytest.mark.parametrize("status", ["UN", "NY", "un"])
def test_a_number_without_history_is_not_known(status: str) -> None:
    (seen,) = read({"tracking_number": "1Z", "status_code": status, "events": []}).observations
    assert seen.not_found is True


@pytest.mark.parametrize("name", ["ship_notify", "label_created_v2"])
def test_a_notification_asks_for_what_it_names(name: str) -> None:
    found = read(sample(name))
    assert found.fetch_back == (sample(name)["resource_url"],)
    assert not found.is_empty


def test_a_track_notification_without_data_is_fetched() -> None:
    url = "https://api.shipstation.com/v2/labels/se-1/track"
    assert read({"resource_type": "API_TRACK", "resource_url": url}).fetch_back == (url,)


@pytest.mark.parametrize(
    "value",
    [{}, {"hello": 1}, {"resource_type": "SHIP_NOTIFY"}, {"resource_type": "SHIP_NOTIFY", "resource_url": "x" * 501}],
)
def test_what_makes_no_sense_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(UnreadableMessage):
        read(value)


def test_what_is_not_used_says_so() -> None:
    assert "BATCH_PROCESSED_V2" in read(sample("batch_processed_v2")).ignored
    assert read({"shipments": []}).ignored
    assert read({"label_id": "se-1", "status": "processing"}).ignored


def test_every_code_of_the_presets_that_says_delivered_means_the_recipient_has_it() -> None:
    delivered = {row.code for row in load("shipstation") if row.milestone == "delivered"}
    assert not {code for code in delivered if "PICKUP_POINT" in code or "LOCKER" in code or code == "SP"} - {
        "PARCEL_COLLECTED_FROM_PICKUP_POINT"
    }
    assert "DELIVERED_IN_PART" not in delivered
