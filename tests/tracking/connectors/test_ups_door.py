"""UPS, from the door and from the poll to the parcel: what both tell is told once."""

from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client

from tracking import clock
from tracking.connectors.http import HttpRequest, HttpResponse
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.models import PollState, Shipment, Source, TrackingEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]

SAMPLES = Path(__file__).parents[2] / "samples" / "ups"
NUMBER = "1Z12345E0291980793"
SECRET = "planted-webhook-secret"
SETTINGS = {"webhook_secret": SECRET, "client_id": "key", "client_secret": "planted-client-secret"}


class Vendor:
    """Gives out a token, and the sample to every question."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        if request.url.endswith("/token"):
            return HttpResponse(200, {}, b'{"access_token": "planted-token", "expires_in": "14399"}')
        self.asked.append(request.url)
        return HttpResponse(200, {}, (SAMPLES / "track_delivered.json").read_bytes())


@pytest.fixture
def source(now: datetime) -> Source:
    return add_source(kind="ups", slug="ups", store="Mugs", values=SETTINGS, now=now)[0]


def push(name: str, now: datetime, credential: str = SECRET) -> int:
    body = (SAMPLES / f"{name}.json").read_bytes()
    with clock.at(now):
        answer = Client().post("/hooks/ups/", body, content_type="application/json", headers={"credential": credential})
    drain(clock=lambda: now)
    return answer.status_code


def test_a_push_makes_the_parcel_and_the_poll_its_history_once(source: Source) -> None:
    now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    assert push("alert", now, "wrong") == 401
    assert push("alert", now) == 202
    assert push("alert", now) == 200  # no delivery id: the same bytes are the same message
    parcel = Shipment.objects.get(number=NUMBER)
    assert parcel.status == "delivered"
    assert PollState.objects.filter(source=source, number=NUMBER).exists()
    vendor = Vendor()
    polled = poll_source(source_id=source.pk, clock=lambda: now, transport=vendor)
    drain(clock=lambda: now)
    assert (polled.calls, polled.stored, len(vendor.asked)) == (1, 1, 1)
    times = TrackingEvent.objects.filter(shipment=parcel).values_list("occurred_at", flat=True)
    assert len(times) == len(set(times)) == 6  # the one that was pushed is among them once
    parcel.refresh_from_db()
    assert parcel.first_scan_at is not None
    assert Shipment.objects.count() == 1


def test_the_number_of_the_last_leg_names_the_same_parcel(source: Source) -> None:
    now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    push("alert_date_updated", now)
    parcel = Shipment.objects.get(number="1Z12345E6605272234")
    assert "9400150899563000000038" in parcel.numbers.values_list("number", flat=True)
