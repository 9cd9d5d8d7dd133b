"""The customer's page in a real browser: a phone without JavaScript, both languages, accessible in light and dark."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.tracking.admin.world import World
from tests.tracking.pages.shop import address_of, delivered, moving
from tracking import clock
from tracking.models import (
    CustomerReport,
    ExceptionCase,
    Fulfilment,
    FulfilmentParcel,
    Order,
    RoutingRule,
    TrackingCode,
    TrackingEvent,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.fixture
def world() -> World:
    made = World.make(clock.now())
    made.store.brand = "Northlight Goods"
    made.store.save()
    made.carrier.tracking_url = "https://www.fedex.com/fedextrack/?trknbr={number}"
    made.carrier.save()
    return made


@pytest.fixture
def full(world: World) -> Order:
    """An order of four parcels in four standings, one of them reported."""
    order = world.order(ship_to_postcode="78701")
    on_its_way = moving(world, order, number="794600000001")
    made = Fulfilment.objects.create(
        order=order, source=world.source, external_id="f", lines=[{"id": "1", "title": "Linen throw", "quantity": 2}]
    )
    FulfilmentParcel.objects.create(fulfilment=made, shipment=on_its_way)
    for at, (name, city, region) in enumerate((("first_scan", "HEBRON", "KY"), ("in_transit", "MEMPHIS", "TN"))):
        code = TrackingCode.objects.create(
            identity=50 + at, source_kind="fedex", raw_code=name, first_seen_at=world.now, milestone=name
        )
        TrackingEvent.objects.create(
            shipment=on_its_way, identity=at, source=world.source, code=code, received_at=world.now,
            occurred_at=world.now - timedelta(hours=9 - at), city=city, region=region, country="US",
        )  # fmt: skip
    world.shipment(order, number="794600000002", promise_at=world.now + timedelta(days=1), promise_is_date=True)
    moving(
        world, order, number="794600000003", status="delayed", reason="weather_delay",
        sentence_key="delayed_weather_estimate", sentence_parameters={"estimate": "2026-11-21", "carrier": "FedEx"},
    )  # fmt: skip
    ended = delivered(
        world, order, number="794600000004", delivered_city="AUSTIN", delivered_region="TX", signed_by="X"
    )
    world.made += 1
    case = world.case(with_order=False, kind="damaged")
    CustomerReport.objects.create(shipment=ended, case=case, kind="damaged", said="x", reported_at=world.now)
    return order


def sound(page: Page, label: str) -> list[str]:
    """What axe finds, and whether the page scrolls sideways. `LOOK` names a folder for pictures of what was judged."""
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=f"{folder}/{label}.png", full_page=True)
    found = [f"{label}: {each['id']}: {each['nodes'][0]['html']}" for each in Axe().run(page).response["violations"]]
    is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *([f"{label}: scrolls sideways"] if is_wide else [])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_state_is_accessible(
    live_server, world: World, full: Order, open_page: OpenPage, width: int, scheme: str
) -> None:
    empty = world.order(external_id="empty", number="#2", normalized_number="2")
    page = open_page(width, color_scheme=scheme)
    faults = []
    states = {
        "full": address_of(full),
        "full-es": address_of(full) + "?language=es",
        "empty": address_of(empty),
        "problem": address_of(full, "problem/"),
        "look-up": "/track/",
        "unknown": "/track/nobody/",
    }
    for name, path in states.items():
        page.goto(live_server.url + path)
        faults += sound(page, f"{name}-{width}-{scheme}")
    assert faults == []


def test_a_phone_without_scripts_finds_the_order_and_reports_a_problem(
    live_server, world: World, full: Order, open_page: OpenPage
) -> None:
    RoutingRule.objects.get_or_create(is_last=True, defaults={"position": 99, "name": "Else", "team": world.team})
    page = open_page(390, java_script_enabled=False, locale="es-MX")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/track/")
    page.get_by_label("Número de pedido").fill(full.number)
    page.get_by_label("Correo electrónico o código postal").fill("78702")
    page.get_by_role("button", name="Ver mi pedido").click()
    expect(page.get_by_role("alert")).to_contain_text("No hemos encontrado ningún pedido")
    page.get_by_label("Número de pedido").fill(full.number)
    page.get_by_label("Correo electrónico o código postal").fill("78701")
    page.get_by_role("button", name="Ver mi pedido").click()
    page.wait_for_url(f"{live_server.url}{address_of(full)}*")
    expect(page.locator("h1")).to_contain_text("Your parcel is delayed by bad weather.")  # the customer's own language
    page.get_by_role("link", name="Report a problem").click()
    page.get_by_label("Parcel 2").check()
    page.get_by_label("Please correct my address", exact=True).check()
    page.get_by_label("What happened").fill("12 Elm Street")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#reports")).to_contain_text("A person looks at it by")
    case = ExceptionCase.objects.get(shipment__number="794600000002")
    assert (case.kind, case.reports.get().said) == ("address_issue", "12 Elm Street")
    assert not page.context.cookies()
    assert {url for url in asked if not url.startswith((live_server.url, "data:"))} == set()
