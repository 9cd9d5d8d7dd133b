"""ShipStation, from the door and from the poll to the parcel."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.tracking.connectors.shipstation_vendor import Vendor, key_set, sample, serving, signed
from tracking import clock
from tracking.ingest.calling import Polled
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.models import FetchBack, InboundMessage, Order, Shipment, Source, TrackingEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]

NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
MINUTE = timedelta(minutes=1)
PATH = "/hooks/ss/?secret=planted-webhook-secret"


@pytest.fixture
def vendor(settings: Settings) -> Iterator[Vendor]:
    found = Vendor()
    found.answers["/jwks"] = key_set()
    with serving(found) as address:
        settings.OUTGOING_ALLOW = [address.removeprefix("http://")]
        values = {
            "webhook_secret": "planted-webhook-secret",
            "api_key": "key",
            "api_secret": "planted-secret",
            "api_key_v2": "planted-key",
            "api_base": address,
            "api_base_v2": f"{address}/v2",
            "jwks_url": f"{address}/jwks",
        }
        add_source(kind="shipstation", slug="ss", store="Mugs", values=values, now=NOW)
        yield found


def source() -> Source:
    return Source.objects.get()


def push(value: dict[str, Any], path: str = PATH, headers: dict[str, str] | None = None, at: datetime = NOW) -> int:
    body = json.dumps(value).encode()
    with clock.at(at):
        answer = Client().post(path, body, content_type="application/json", headers=headers or {})
    drain(clock=lambda: at)
    return answer.status_code


def poll(at: datetime = NOW) -> Polled:
    polled = poll_source(source_id=source().pk, clock=lambda: at)
    drain(clock=lambda: at)
    return polled


def hook(batch: int = 7) -> dict[str, Any]:
    url = f"{source().settings['api_base']}/shipments?batchId={batch}"
    return {"resource_url": url, "resource_type": "ITEM_SHIP_NOTIFY"}


def quiet() -> None:
    """Put the next reconciliation off, so that only what hooks name is fetched."""
    Source.objects.update(next_poll_at=NOW + timedelta(days=9))


def test_a_hook_is_fetched_by_polling_and_makes_the_parcel(vendor: Vendor) -> None:
    quiet()
    vendor.answers["/shipments"] = sample("shipments")
    assert [push(hook()), push(hook())] == [202, 200]
    assert not vendor.asked  # the door and the drain call nobody
    polled = poll()
    assert [path for path in vendor.paths() if path != "/jwks"] == ["/shipments"]
    assert (polled.stored, FetchBack.objects.count()) == (3, 0)
    parcel = Shipment.objects.get(number="1Z12345E0291980793")
    assert (parcel.status, parcel.first_scan_at, parcel.fulfilled_at is not None) == ("label_created", None, True)
    assert Shipment.objects.get(number="794600000000").direction == "return"
    pushed = InboundMessage.objects.get(transport="webhook")
    assert pushed.result == "Fetched what it names."
    assert set(InboundMessage.objects.filter(transport="poll").values_list("fetched_for", flat=True)) == {pushed.pk}


def test_an_empty_list_is_asked_for_again_and_at_last_left_alone(vendor: Vendor) -> None:
    quiet()
    push(hook())
    for minutes, calls in ((0, 1), (0, 0), (1, 1), (6, 1), (21, 1), (60, 0)):
        assert poll(NOW + minutes * MINUTE).calls == calls
    assert not FetchBack.objects.exists()
    assert InboundMessage.objects.get().result == "What it names stayed empty."


def test_a_list_that_fills_after_some_seconds_is_not_lost(vendor: Vendor) -> None:
    quiet()
    push(hook())
    poll()
    vendor.answers["/shipments"] = sample("shipments")
    poll(NOW + MINUTE)
    assert Shipment.objects.filter(number="1Z12345E0291980793").exists()


@pytest.mark.parametrize("url", ["https://evil.example/orders", "http://169.254.169.254/", "not an address"])
def test_a_foreign_address_is_given_up_without_a_call(vendor: Vendor, url: str) -> None:
    quiet()
    assert push({"resource_url": url, "resource_type": "ORDER_NOTIFY"}) == 202
    poll()
    message = InboundMessage.objects.get()
    assert (message.state, "not one of ShipStation's" in message.error) == ("gave_up", True)
    assert not vendor.asked
    assert source().failures_in_a_row == 0


def test_an_address_that_is_gone_says_nothing_against_the_source(vendor: Vendor) -> None:
    quiet()
    vendor.answers["/shipments"] = (404, {}, {})
    push(hook())
    poll()
    assert InboundMessage.objects.get().state == "gave_up"
    assert source().failures_in_a_row == 0


def test_an_address_waits_while_the_vendor_is_ill(vendor: Vendor) -> None:
    quiet()
    vendor.answers["/shipments"] = (503, {}, {})
    push(hook())
    poll()
    vendor.answers["/shipments"] = sample("shipments")
    poll(NOW + 5 * MINUTE)
    assert Shipment.objects.filter(number="1Z12345E0291980793").exists()


def test_voids_and_cancellations_come_without_any_hook(vendor: Vendor) -> None:
    label = sample("shipments")["shipments"][0]
    order = sample("orders")["orders"][0]
    vendor.answers |= {"/shipments": {"shipments": [label]}, "/orders": {"orders": [order]}}
    poll()
    assert Shipment.objects.get().status == "label_created"
    assert (Order.objects.get().number, Shipment.objects.get().order_id) == ("1042", Order.objects.get().pk)
    void = {**label, "voided": True, "voidDate": "2026-11-21T04:20:00.0000000"}
    ended = {**order, "orderStatus": "cancelled", "modifyDate": "2026-11-21T04:21:00.0000000"}
    vendor.answers |= {"/shipments": {"shipments": [void]}, "/orders": {"orders": [ended]}}
    poll(NOW + 30 * MINUTE)
    assert Shipment.objects.get().status == "cancelled"
    assert Order.objects.get().cancelled_at == datetime.fromisoformat("2026-11-21T12:21:00+00:00")
    poll(NOW + 60 * MINUTE)
    assert Shipment.objects.count() == 1


def test_a_label_that_is_voided_after_a_scan_leaves_the_parcel_moving(vendor: Vendor) -> None:
    label = sample("shipments")["shipments"][0]
    vendor.answers["/shipments"] = {"shipments": [label]}
    poll()
    track = {**sample("track_event_v2")["data"], "label_url": "x"}
    headers = signed(json.dumps({"resource_type": "TRACK_EVENT_V2", "data": track}).encode(), "2026-11-21T12:00:00Z")
    assert push({"resource_type": "TRACK_EVENT_V2", "data": track}, "/hooks/ss/", headers) == 202
    assert Shipment.objects.get().status == "delayed"
    void = {**label, "voided": True, "voidDate": "2026-11-21T04:20:00.0000000"}
    vendor.answers["/shipments"] = {"shipments": [void]}
    poll(NOW + 30 * MINUTE)
    assert Shipment.objects.get().status == "delayed"


def test_a_label_of_v2_that_changes_after_its_void_makes_no_second_parcel(vendor: Vendor) -> None:
    made = {**sample("labels")["labels"][1], "voided": False, "voided_at": None, "status": "completed"}
    for minutes, change in ((0, {}), (30, {"voided": True}), (60, {"voided": True, "tracking_status": "error"})):
        vendor.answers["/v2/labels"] = {"labels": [{**made, **change}]}
        poll(NOW + minutes * MINUTE)
    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.number) == ("cancelled", "9400150899563000000077")


def test_a_signed_push_tells_the_parcel_once_the_keys_are_known(vendor: Vendor) -> None:
    value = sample("track_event_v2")
    headers = signed(json.dumps(value).encode(), "2026-11-21T12:00:00Z")
    assert push(value, "/hooks/ss/", headers) == 401
    assert not vendor.asked
    assert (source().signature_failures, source().next_poll_at) == (1, NOW)
    poll()
    assert [push(value, "/hooks/ss/", headers), push(value, "/hooks/ss/", headers)] == [202, 200]
    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.first_scan_at) == ("delayed", datetime.fromisoformat("2026-11-17T01:00:00+00:00"))
    assert TrackingEvent.objects.count() == 4


def test_a_new_key_is_fetched_with_the_next_poll_but_not_at_every_knock(vendor: Vendor) -> None:
    poll()
    value = sample("track_event_v2")
    body = json.dumps(value).encode()
    headers = signed(body, "2026-11-21T12:00:00Z", "kid-2")
    assert push(value, "/hooks/ss/", headers, NOW + MINUTE) == 401
    assert source().next_poll_at == NOW + 30 * MINUTE
    assert push(value, "/hooks/ss/", headers, NOW + 11 * MINUTE) == 401
    assert source().next_poll_at == NOW + 11 * MINUTE
    vendor.answers["/jwks"] = key_set("kid-2")
    vendor.asked.clear()
    poll(NOW + 11 * MINUTE)
    assert "/jwks" in vendor.paths()
    assert push(value, "/hooks/ss/", headers, NOW + 12 * MINUTE) == 202
    assert InboundMessage.objects.filter(transport="webhook").get().timestamp_is_old


def test_a_wrong_secret_stores_nothing(vendor: Vendor) -> None:
    assert [push(hook(), "/hooks/ss/?secret=x"), push(hook(), "/hooks/ss/")] == [401, 401]
    assert source().signature_failures == 2
    assert not InboundMessage.objects.exists()
