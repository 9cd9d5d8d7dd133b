"""Each connector and its pretend vendor over real loopback HTTP: polls ask the server, pushes come through the door."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tracking import clock
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.ingest.sources import test_connection as try_connection
from tracking.models import Order, PollState, Shipment, Source, TrackingEvent
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.server import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]

START = datetime.fromisoformat("2026-09-14T04:00:00+00:00")
END = START + timedelta(days=9)
Connect = Callable[[str, str], tuple[World, Source]]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Serve one story at its end and connect one of its sources to it."""
    server = Sandbox(0, lambda: END)
    server.start()
    monkeypatch.setattr(django_settings, "SANDBOX_PORT", int(server.origin.rsplit(":", 1)[1]))

    def serve(story: str, slug: str) -> tuple[World, Source]:
        server.world = World.single(story, START, origin=server.origin)
        account = SOURCES[slug]
        values = account.settings_at(server.origin)
        source, _ = add_source(
            kind=account.kind, slug=slug, store=account.stores[0], values=values, now=START, is_sandbox=True
        )
        return server.world, source

    yield serve
    server.stop()


def push_all(world: World, slug: str) -> int:
    """Post every webhook of one source through the door; return how many there were."""
    posts = [delivery for delivery in world.deliveries(START, END) if delivery.source_slug == slug]
    for delivery in posts:
        headers = {name: value for name, value in delivery.headers.items() if name != "Content-Type"}
        with clock.at(delivery.at):
            answer = Client().post(delivery.path, delivery.body, content_type="application/json", headers=headers)
        assert answer.status_code in {200, 202}, answer.content
    drain(clock=lambda: END)
    return len(posts)


def poll(source: Source) -> int:
    """Ask the source at the story's end; return how many parts were new."""
    polled = poll_source(source_id=source.pk, clock=lambda: END)
    assert polled.failures == 0
    drain(clock=lambda: END)
    return polled.stored


def test_ups_pushes_and_answers(connect: Connect) -> None:
    world, source = connect("ups_wrong_address", "ups-main")
    assert try_connection(source_id=source.pk, now=END)[0]
    assert push_all(world, "ups-main") == 8
    told = TrackingEvent.objects.count()
    PollState.objects.update(next_poll_at=END)
    assert poll(source) == 1
    assert TrackingEvent.objects.count() == told  # the answer tells the same events, and they are the same
    assert Shipment.objects.get().number == world.orders[0].vendor_numbers["a"]


def test_easypost_pushes_and_lists(connect: Connect) -> None:
    world, source = connect("easypost_canada_post", "easypost-main")
    assert try_connection(source_id=source.pk, now=END)[0]
    assert push_all(world, "easypost-main") == 7
    assert Shipment.objects.get().status == "delivered"
    told = TrackingEvent.objects.count()
    assert poll(source) == 1
    assert TrackingEvent.objects.count() == told


def test_easypost_tells_all_by_its_list_alone(connect: Connect) -> None:
    _, source = connect("easypost_canada_post", "easypost-main")
    assert poll(source) == 1
    assert (Shipment.objects.get().status, TrackingEvent.objects.count()) == ("delivered", 6)


def test_shipstation_names_what_polling_fetches_and_signs_what_it_tells(connect: Connect) -> None:
    world, source = connect("platform_says_delivered", "shipstation-main")
    assert try_connection(source_id=source.pk, now=END)[0]
    poll(source)  # the public keys come with a poll, and here also all there is to tell
    told = TrackingEvent.objects.count()
    assert push_all(world, "shipstation-main") > 6
    assert TrackingEvent.objects.count() == told
    assert Order.objects.get().number == world.orders[0].name.removeprefix("#")
    assert Shipment.objects.get().number == world.orders[0].vendor_numbers["a"]


def test_shipstation_tells_voids_by_polls_alone(connect: Connect) -> None:
    world, source = connect("void_after_scan", "shipstation-main")
    posts = [delivery.body for delivery in world.deliveries(START, END) if delivery.source_slug == "shipstation-main"]
    assert not any(b"void" in body for body in posts)
    poll(source)
    assert Shipment.objects.get().voided_at is not None


def test_an_own_system_posts_what_the_documentation_says(connect: Connect) -> None:
    world, _ = connect("own_warehouse_late_number", "tallow-warehouse")
    assert push_all(world, "tallow-warehouse") == 6  # one of them twice
    parcel = Shipment.objects.get()
    assert parcel.number == world.orders[0].vendor_numbers["a"]
    assert parcel.order == Order.objects.get(number="TT-2040")
    assert parcel.first_scan_at is None  # a handing over is no scan
