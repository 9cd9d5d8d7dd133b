"""EasyPost, from the door and from the poll to the parcel."""

import hashlib
import hmac
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from tracking import clock
from tracking.connectors.http import HttpRequest, HttpResponse
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Shipment, Source, TrackingEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]

SAMPLES = Path(__file__).parents[2] / "samples" / "easypost"
SECRET = "planted-webhook-secret"
NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")


class Vendor:
    """Answers with the sample page, then with an empty one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.url)
        if "before_id" in request.url:
            return HttpResponse(200, {}, b'{"trackers": [], "has_more": false}')
        return HttpResponse(200, {}, (SAMPLES / "poll_trackers.json").read_bytes())


@pytest.fixture
def source() -> Source:
    settings = {"webhook_secret": SECRET, "api_key": "EZAKplanted"}
    return add_source(kind="easypost", slug="ez", store="Mugs", values=settings, now=NOW)[0]


def push(name: str) -> int:
    body = (SAMPLES / f"{name}.json").read_bytes()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hmac-Signature": f"hmac-sha256-hex={signature}"}
    with clock.at(NOW):
        answer = Client().post("/hooks/ez/", body, content_type="application/json", headers=headers)
    drain(clock=lambda: NOW)
    return answer.status_code


def test_an_event_makes_the_parcel(source: Source) -> None:
    assert [push("tracker_updated"), push("tracker_updated")] == [202, 200]
    parcel = Shipment.objects.get()
    assert (parcel.status, parcel.number) == ("delivered", "9400150899563000000015")
    assert parcel.first_scan_at is not None
    assert TrackingEvent.objects.count() == 6
    assert InboundMessage.objects.get().delivery_id == "evt_0a11"


def test_a_run_of_the_poll_reads_every_page_and_a_second_one_adds_nothing(source: Source) -> None:
    vendor = Vendor()
    first = poll_source(source_id=source.pk, clock=lambda: NOW, transport=vendor)
    assert (first.calls, first.stored) == (2, 3)
    drain(clock=lambda: NOW)
    assert Shipment.objects.get(number="1Z12345E0291980793").status == "returned"
    Source.objects.update(next_poll_at=None)
    later = poll_source(source_id=source.pk, clock=lambda: NOW, transport=vendor)
    assert (later.stored, later.repeated) == (0, 3)


def test_a_refunded_label_is_closed(source: Source) -> None:
    push("refund_successful")
    assert Shipment.objects.get(number="9400150899563000000022").status == "cancelled"
