"""An agent's day in a real browser: log in, find an order, take a case, plan, resolve; reading without JavaScript."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keys import press
from tests.tracking.admin.world import World, person
from tracking import clock
from tracking.models import ExceptionCase

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUEUE = "/admin/tracking/exceptioncase/"
OpenPage = Callable[..., Page]


@pytest.fixture
def world() -> World:
    return World.make(clock.now())


@pytest.fixture
def agent(world: World) -> None:
    person("agent", "act_on_case", "assign_others", "reveal_personal_data", team=world.team)


def log_in(page: Page, server: str, path: str = "/admin/") -> None:
    page.goto(f"{server}/admin/login/?next={path}")
    page.fill("input[name=username]", "agent")
    page.fill("input[name=password]", "agent")
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{server}{path}")


@pytest.mark.usefixtures("agent")
def test_from_login_to_resolved(live_server, world: World, open_page: OpenPage) -> None:
    case, other = world.case(left=timedelta(minutes=18)), world.case(left=timedelta(hours=9))
    page = open_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    log_in(page, live_server.url)
    page.get_by_role("link", name=re.compile("Exception queue")).first.click()
    expect(page.locator(".js-row")).to_have_count(2)

    press(page, "/")
    page.keyboard.type("10401")
    press(page, "Enter")
    page.wait_for_url(re.compile(r"q=10401"))
    expect(page.locator(".js-row")).to_have_count(1)
    assert page.locator("#searchbar").input_value() == "10401"  # keys typed into a field stay there

    press(page, "j")
    expect(page.locator(".js-row.cur")).to_have_count(1)
    press(page, "t")
    expect(page.get_by_text("Took 1 case.")).to_be_visible()
    press(page, "j")
    press(page, "Enter")
    expect(page.locator(f"#panel [data-case='{case.pk}']")).to_be_visible()
    page.wait_for_url(re.compile(rf"peek={case.pk}"))
    press(page, "Enter")
    page.wait_for_url(f"{live_server.url}{QUEUE}{case.pk}/change/")
    expect(page.locator(".st-truth .says")).to_be_visible()

    press(page, "d")
    form = page.locator("details.k-act[open]")
    form.locator("input[name=text]").fill("Call the dock")
    form.locator("button[type=submit]").click()
    expect(page.locator(".k-next")).to_have_text("Call the dock")

    press(page, "r")
    form = page.locator("details.k-act[open]")
    form.locator("select[name=outcome]").select_option("address_corrected")
    form.locator("button[type=submit]").click()
    expect(page.locator(".k-next")).to_have_text("Address corrected")

    case.refresh_from_db()
    assert (case.state, case.outcome, case.owner and case.owner.username) == ("resolved", "address_corrected", "agent")
    assert ExceptionCase.objects.get(pk=other.pk).state == "new"
    assert errors == []


@pytest.mark.usefixtures("agent")
def test_bulk_bar_appears_with_a_selection(live_server, world: World, open_page: OpenPage) -> None:
    for _ in range(3):
        world.case()
    page = open_page()
    log_in(page, live_server.url, QUEUE)
    expect(page.locator(".q-bulk")).to_be_hidden()
    press(page, "j")
    press(page, "x")
    press(page, "j")
    press(page, "x")
    expect(page.locator(".q-bulk")).to_contain_text("2 selected")
    press(page, "h")
    expect(page.get_by_role("heading", name="Wait: 2 cases")).to_be_visible()
    page.locator("#ask .js-go").click()
    expect(page.get_by_text("Put aside 2 cases.")).to_be_visible()


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("path", ["/admin/", QUEUE, "case"])
def test_reading_without_javascript(live_server, world: World, open_page: OpenPage, path: str) -> None:
    case = world.case()
    address = f"{QUEUE}{case.pk}/change/" if path == "case" else path
    page = open_page(java_script_enabled=False)
    log_in(page, live_server.url, address)
    shown = {"/admin/": ".h-kpis", QUEUE: ".js-row", "case": ".st-truth .says"}[path]
    expect(page.locator(shown).first).to_be_visible()
    expect(page.locator("#search-input-command")).to_be_hidden()
    point = page.locator(shown).first.bounding_box()
    assert point
    assert point["width"] > 100


@pytest.mark.usefixtures("agent")
def test_acting_without_javascript(live_server, world: World, open_page: OpenPage) -> None:
    case = world.case()
    page = open_page(java_script_enabled=False)
    log_in(page, live_server.url, QUEUE)
    page.get_by_role("button", name="Take", exact=True).first.click()
    expect(page.get_by_text(f"Took C-{case.pk}.")).to_be_visible()
    case.refresh_from_db()
    assert case.owner


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/admin/", QUEUE, "case"])
def test_a_phone_needs_no_sideways_scrolling(
    live_server,
    world: World,
    open_page: OpenPage,
    path: str,
    scheme: str,
) -> None:
    case = world.case(next_action="w" * 300, evidence="e" * 500)
    address = f"{QUEUE}{case.pk}/change/" if path == "case" else path
    page = open_page(width=390, height=844, color_scheme=scheme)
    log_in(page, live_server.url, address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.documentElement.classList.contains('dark')") is (scheme == "dark")
