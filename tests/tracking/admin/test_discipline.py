"""The data discipline page: every figure leads to exactly its rows, in every grouping and span."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.analytics.discipline import GROUPS, MEASURES, SPANS
from tracking.models import Order, Shipment, Source, Store, TrackingNumber, Warehouse

pytestmark = pytest.mark.django_db
PAGE = "/admin/tracking/discipline/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIGURE = re.compile(r'data-figure="(\d+)" href="([^"]+)"')


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def reading(client: Client) -> Client:
    client.force_login(person("manager"))
    return client


def html(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def disorder(world: World) -> None:
    """Every kind of disorder, twice: in the first store and house today, in others 8 days ago; and what is in order."""
    other = {
        "store": Store.objects.create(name="Second", created_at=NOW),
        "warehouse": Warehouse.objects.create(name="RNO1"),
    }
    source = Source.objects.create(slug="shop", kind="shopify", name="The shop", created_at=NOW)
    for ago, place in ((HOUR, {}), (8 * DAY, other), (100 * DAY, {})):
        at = NOW - ago
        order = made_order(world, source if place else None)
        parcel(world, order, place, number="", fulfilled_at=at, label_at=None)
        parcel(world, order, place, number_at=at, label_told_at=at - 3 * HOUR)
        parcel(world, order, place, first_scan_at=at, label_told_at=at + HOUR)
        named = parcel(world, order, place)
        TrackingNumber.objects.create(shipment=named, number="OLD", role="superseded", valid_from=at, valid_to=at)
        TrackingNumber.objects.create(
            shipment=named,
            number="1Z999AA10123456783",
            valid_from=at,
            contradicts_carrier=True,
            told_by=source,
            claim=world.made,
        )
    parcel(world, None, {}, number_at=NOW, label_told_at=NOW - HOUR, first_scan_at=NOW)
    parcel(world, None, {}, number="", fulfilled_at=NOW, ended_at=NOW)


def made_order(world: World, source: Source | None) -> Order:
    world.made += 1
    return world.order(source=source)


def parcel(world: World, order: Order | None, place: Mapping[str, object], **facts: object) -> Shipment:
    world.made += 1
    return world.shipment(order, **{"label_at": None, **place, **facts})


@pytest.mark.parametrize("days", SPANS)
@pytest.mark.parametrize("group", GROUPS)
def test_every_figure_leads_to_exactly_its_rows(world: World, reading: Client, group: str, days: int) -> None:
    disorder(world)
    shown = html(reading, f"?by={group}&days={days}")
    figures = [(int(count), link) for count, link in FIGURE.findall(shown)]
    assert len(figures) >= 2 * len(MEASURES)
    for count, link in figures:
        rows = html(reading, link)
        assert f'data-rows="{count}"' in rows
        assert rows.count('<td data-label="When">') == count
    totals = [count for count, link in figures if "value=" not in link]
    assert totals == [1 if days == 7 else 2] * len(MEASURES)


def test_what_is_said_of_each_row(world: World, reading: Client) -> None:
    disorder(world)
    assert re.search("3 h.* after the label of", html(reading, "?measure=late_number&days=7"))
    assert "before the label of" in html(reading, "?measure=early_scan&days=7")
    assert "told as FedEx" in html(reading, "?measure=doubtful_number&days=7")
    assert "replaced by" in html(reading, "?measure=changed_number&days=7")
    assert "no number yet" in html(reading, "?measure=no_number&days=7")
    assert "median 3 h" in html(reading, "?days=7")


def test_definitions_and_the_moment_stand_with_the_figures(world: World, reading: Client) -> None:
    disorder(world)
    shown = html(reading)
    for measure in MEASURES.values():
        assert f'title="{measure.definition}"' in shown
    assert "as of Thu 19 Nov" in shown


def test_order_has_its_words_and_nonsense_is_left_out(world: World, reading: Client) -> None:
    assert "Nothing was out of order in these 30 days" in html(reading)
    for query in ("?by=colour&days=8&value=x", "?by=day&measure=no_number&value=2026-13-40", "?measure=none&p=x"):
        html(reading, query)


def test_it_costs_the_same_with_more_disorder(world: World, reading: Client) -> None:
    costs: list[int] = []
    for _ in range(2):
        disorder(world)
        Store.objects.filter(name="Second").update(name=f"Second {len(costs)}")
        Warehouse.objects.filter(name="RNO1").update(name=f"RNO1 {len(costs)}")
        Source.objects.filter(slug="shop").update(slug=f"shop-{len(costs)}")
        html(reading)
        with CaptureQueriesContext(connection) as queries:
            html(reading)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 20


def test_who_may_not_see_parcels_may_not_see_this(client: Client) -> None:
    user = person("nobody")
    user.user_permissions.clear()
    client.force_login(user)
    assert client.get(PAGE).status_code == 403


@pytest.mark.parametrize("key", MEASURES)
def test_each_measure_has_an_index_of_its_own(key: str) -> None:
    rows = MEASURES[key].rows().filter(**{f"{MEASURES[key].moment}__gte": NOW}).values("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    names = {"no_number": "shipment_no_number", "late_number": "shipment_late_number", "early_scan": "shipment_early"}
    numbers = {"changed_number": "trackingnumber_replaced", "doubtful_number": "trackingnumber_doubtful"}
    assert {**names, **numbers}[key] in plan
