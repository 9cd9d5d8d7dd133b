"""What pages say of silent sources and lost webhooks, each figure with its rows."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.models import FeedGap, FeedIncident, Source

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUEUE = "/admin/tracking/exceptioncase/"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def reading(client: Client) -> Client:
    client.force_login(person("agent", "act_on_case"))
    return client


def incident(world: World, ago: timedelta = 8 * HOUR, **changes: Any) -> FeedIncident:
    values = {"reason": "silent", "parcels": 118, "parcels_alone": 112, "limit": 6 * HOUR, **changes}
    return FeedIncident.objects.create(source=world.source, began_at=NOW - ago, opened_at=NOW - ago, **values)


def html(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("page", ["", "tracking/shipment/", "tracking/source/", "tracking/discipline/"])
def test_every_page_says_that_a_source_is_silent(world: World, reading: Client, page: str) -> None:
    calm = html(reading, f"/admin/{page}")
    assert "has been silent" not in calm
    incident(world)
    shown = html(reading, f"/admin/{page}")
    assert "FedEx Track has been silent for 8 h" in shown
    assert "112 parcels that only it tells of stand still until" in shown
    assert f"/admin/tracking/source/{world.source.pk}/change/" in shown


def test_after_a_day_the_banner_leads_to_the_cases(world: World, reading: Client) -> None:
    silence = incident(world, 30 * HOUR, reason="failed_polls", limit=None)
    for _ in range(3):
        world.case(cause="feed", incident=silence)
    world.case()
    world.resolved(incident=silence)
    shown = html(reading, "/admin/")
    assert "has not answered our questions for 30 h" in shown
    assert "run again since" in shown
    assert "Work its 3 cases" in shown
    listed = html(reading, f"{QUEUE}?incident={silence.pk}")
    assert len(re.findall(r'<input[^>]*name="_selected_action"', listed)) == 3


def test_where_others_tell_of_the_parcels_no_clock_stands(world: World, reading: Client) -> None:
    incident(world, parcels_alone=0)
    assert "Other sources tell of its 118 parcels too" in html(reading, "/admin/")


def test_an_incident_that_is_over_shows_on_its_source_alone(world: World, reading: Client) -> None:
    incident(world, ended_at=NOW - HOUR, ended_because="heard")
    assert "has been silent" not in html(reading, "/admin/")
    shown = html(reading, f"/admin/tracking/source/{world.source.pk}/change/")
    assert "The source spoke again" in shown
    assert "118 (112)" in shown


def test_the_banner_costs_nothing_while_all_is_well_and_one_query_otherwise(world: World, reading: Client) -> None:
    costs = []
    html(reading, "/admin/tracking/order/")
    for many in (0, 1):
        for _ in range(many):
            incident(world)
        with CaptureQueriesContext(connection) as queries:
            html(reading, "/admin/tracking/order/")
        costs.append(len(queries))
    assert costs[1] == costs[0] + 1


def gap(shop: Source, number: int, found: datetime, **changes: Any) -> FeedGap:
    values = {"about": "order", "external_id": str(number), "label": f"#{number}", "changed_at": found - HOUR}
    return FeedGap.objects.create(source=shop, found_at=found, **{**values, **changes})


def test_lost_webhooks_by_day_lead_to_their_objects(world: World, reading: Client) -> None:
    shop = Source.objects.create(slug="shop", kind="shopify", name="Shop", created_at=NOW, feed_state="losing")
    order = world.case().order
    for number in range(12):
        gap(shop, number, NOW - HOUR, order=order, message_id=7)
    gap(shop, 1042, NOW - 2 * DAY)
    gap(shop, 1, NOW - 20 * DAY)
    page = f"/admin/tracking/source/{shop.pk}/change/"
    shown = html(reading, page)
    assert "Webhooks are being lost." in shown
    assert "Only the newest 10 are shown" in shown
    days = re.findall(r'href="(\?gaps=[^"#]+)#gaps" data-figure="(\d+)"', shown)
    assert [int(count) for _, count in days] == [12, 1]
    for link, count in days:
        assert html(reading, page + link).count(", no webhook") == int(count)
    one = html(reading, page + days[1][0])
    assert "#1042" in one
    assert f"/admin/tracking/order/{order.pk}/change/" in html(reading, page + days[0][0])  # type: ignore[union-attr]


def test_a_platform_that_lost_nothing_says_so(world: World, reading: Client) -> None:
    settings = {"shop": "mugs.myshopify.com"}
    shop = Source.objects.create(
        slug="shop", kind="shopify", created_at=NOW, last_message_at=NOW, settings=settings,
        secrets={"webhook_secret": "planted-secret"},
    )  # fmt: skip
    shop.stores.add(world.store)
    assert "No webhook was lost" in html(reading, f"/admin/tracking/source/{shop.pk}/change/")
