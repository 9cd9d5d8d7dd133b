"""A system of one's own, from the door to the parcel."""

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tracking import clock
from tracking.ingest.drain import drain
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Order, Shipment, TrackingEvent, Warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]

BODY = (Path(__file__).parents[2] / "samples" / "generic" / "order_with_parcel.json").read_bytes()
SECRET = "planted-webhook-secret"


def post(body: bytes, now: datetime, delivery: str = "d-1") -> Any:
    timestamp = f"{now.timestamp():.0f}"
    signed = f"{timestamp}.{delivery}.".encode() + body
    headers = {
        "X-ShipTrack-Timestamp": timestamp,
        "X-ShipTrack-Delivery": delivery,
        "X-ShipTrack-Signature": hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest(),
    }
    with clock.at(now):
        answer = Client().post("/hooks/wms/", body, content_type="application/json", headers=headers)
    drain(clock=lambda: now)
    return answer


@pytest.fixture(autouse=True)
def source(presets: None, now: datetime) -> None:
    add_source(kind="generic", slug="wms", store="Mugs", values={"webhook_secret": SECRET}, now=now)


def test_an_order_its_parcels_and_their_events(now: datetime) -> None:
    assert post(BODY, now).status_code == 202
    assert post(BODY, now).status_code == 200
    order = Order.objects.get()
    assert (order.number, order.total_minor) == ("#1042", 8450)
    parcel = Shipment.objects.get(number="ACME0001")
    assert parcel.carrier is not None
    assert parcel.carrier.code == "ups"
    assert parcel.first_scan_at is not None
    assert Shipment.objects.count() == 2
    assert TrackingEvent.objects.filter(shipment=parcel).count() == 4


def test_a_warehouse_is_found_by_its_name(now: datetime) -> None:
    reno = Warehouse.objects.create(name="Reno", aliases=["W-7"], time_zone="America/Los_Angeles")
    post(BODY, now)
    assert Shipment.objects.get(number="ACME0001").warehouse == reno


def test_an_event_that_names_only_its_fulfilment_finds_the_parcel(now: datetime) -> None:
    post(BODY, now)
    told = {"fulfilment_external_id": "F-1", "occurred_at": "2026-11-17T18:00:00Z", "code": "in_transit"}
    post(json.dumps({"events": [told]}).encode(), now, "d-2")
    assert TrackingEvent.objects.filter(shipment__number="ACME0001").count() == 5


def test_a_handing_over_is_no_first_scan(now: datetime) -> None:
    told = {"tracking_number": "ACME0009", "occurred_at": "2026-11-17T18:00:00Z", "code": "handed_over"}
    post(json.dumps({"events": [told]}).encode(), now)
    parcel = Shipment.objects.get(number="ACME0009")
    assert (parcel.status, parcel.first_scan_at) == ("label_created", None)


def test_what_could_not_be_read_is_kept_with_the_message(now: datetime) -> None:
    assert post(b'{"events": [{"code": "packed"}]}', now).status_code == 202
    assert "occurred_at" in json.dumps(InboundMessage.objects.get().notes)
