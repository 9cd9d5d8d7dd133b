"""The queue in a real browser: panel, bulk with undo, keys, own views, two agents at once."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_agents_day import QUEUE
from tests.tracking.admin.world import World, person
from tracking import clock
from tracking.models import ExceptionCase, SavedView

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]


@pytest.fixture
def world() -> World:
    made = World.make(clock.now())
    for name in ("agent", "other"):
        person(name, "act_on_case", "assign_others", team=made.team)
    return made


def enter(page: Page, server: str, name: str = "agent", path: str = QUEUE) -> Page:
    page.goto(f"{server}/admin/login/?next={path}")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", name)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{server}{path}")
    return page


def test_peek_follows_the_keys_and_the_address(live_server, world: World, open_page: OpenPage) -> None:
    one, two = world.case(left=timedelta(minutes=5)), world.case(left=timedelta(minutes=50))
    page = enter(open_page(), live_server.url)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(f"#panel [data-case='{one.pk}']")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(f"#panel [data-case='{two.pk}']")).to_be_visible()
    page.wait_for_url(re.compile(rf"peek={two.pk}"))
    page.reload()
    expect(page.locator(f"#panel [data-case='{two.pk}']")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel [data-case]")).to_have_count(0)
    assert "peek" not in page.url
    assert ExceptionCase.objects.filter(first_responded_at=None).count() == 2  # looking is no response


def test_several_resolved_from_the_dialog_and_undone(live_server, world: World, open_page: OpenPage) -> None:
    for _ in range(3):
        world.case()
    page = enter(open_page(), live_server.url)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator(".q-bulk")).to_contain_text("2 selected")
    page.keyboard.press("r")
    dialog = page.locator("#ask")
    expect(dialog).to_contain_text("2 of 2 are resolved")
    dialog.locator("select[name=outcome]").select_option("picked_up")
    dialog.locator(".js-go").click()
    expect(page.locator(".q-undo")).to_contain_text("Resolved 2 cases.")
    assert ExceptionCase.objects.filter(state="resolved").count() == 2
    page.keyboard.press("u")
    expect(page.get_by_text("Undone on 2 cases.")).to_be_visible()
    assert not ExceptionCase.objects.filter(state="resolved").exists()


def test_keys_never_act_inside_inputs(live_server, world: World, open_page: OpenPage) -> None:
    case = world.case()
    page = enter(open_page(), live_server.url)
    page.keyboard.press("j")
    page.keyboard.press("/")
    page.keyboard.type("tagh?x")
    assert page.locator("#searchbar").input_value() == "tagh?x"
    case.refresh_from_db()
    assert case.owner is None
    page.locator("#searchbar").blur()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(f"{live_server.url}/admin/")


def test_two_agents_at_once(live_server, world: World, open_page: OpenPage) -> None:
    case = world.case()
    address = f"{QUEUE}{case.pk}/change/"
    mine = enter(open_page(), live_server.url, "agent", address)
    theirs = enter(open_page(), live_server.url, "other", address)
    expect(theirs.locator(f"[data-at='{case.pk}']")).to_contain_text("agent is looking at it")
    theirs.keyboard.press("t")
    expect(theirs.get_by_text(f"Took C-{case.pk}.")).to_be_visible()
    mine.keyboard.press("e")
    expect(mine.get_by_text("other changed this case while you had it open.")).to_be_visible()
    mine.get_by_role("button", name=re.compile("Acknowledge")).click()
    expect(mine.get_by_text(f"Acknowledged C-{case.pk}.")).to_be_visible()
    case.refresh_from_db()
    assert case.owner
    assert (case.owner.username, case.state) == ("other", "acknowledged")


def test_a_view_of_ones_own(live_server, world: World, open_page: OpenPage) -> None:
    world.case(kind="lost")
    world.case()
    page = enter(open_page(), live_server.url)
    page.locator("select[name=kind]").select_option("lost")
    page.wait_for_url(re.compile("kind=lost"))
    page.get_by_text("Save view").click()
    page.get_by_label("Name", exact=True).fill("Lost parcels")
    page.get_by_role("button", name="Save", exact=True).click()
    line = page.locator("#nav-sidebar-apps a", has_text="Lost parcels")
    expect(line).to_be_visible()
    expect(line.locator(".sb-n")).to_have_text("1")
    assert SavedView.objects.get().query == "kind=lost"


def test_bulk_without_javascript(live_server, world: World, open_page: OpenPage) -> None:
    for _ in range(2):
        world.case()
    page = enter(open_page(java_script_enabled=False), live_server.url)
    for box in page.locator(".action-select").all():
        box.check()
    page.locator(".q-bulk button[value=take]").click()
    expect(page.get_by_text("2 of 2 become yours")).to_be_visible()
    page.locator(".js-go").click()
    expect(page.get_by_text("Took 2 cases.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("Undone on 2 cases.")).to_be_visible()
