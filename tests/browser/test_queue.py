"""The queue in a real browser: panel, assign, wait, bulk with undo, keys, own views, two agents at once; the playbook's
links."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Page, expect

from notifications import configuration
from tests.browser.keys import press
from tests.browser.test_agents_day import QUEUE
from tests.tracking.admin.world import World, person
from tracking import clock
from tracking.models import ExceptionCase, KindPolicy, SavedView
from tracking.presets import defaults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
PLAYBOOK = "/admin/tracking/playbook/"


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
    press(page, "j")
    press(page, "Enter")
    expect(page.locator(f"#panel [data-case='{one.pk}']")).to_be_visible()
    press(page, "j")
    expect(page.locator(f"#panel [data-case='{two.pk}']")).to_be_visible()
    page.wait_for_url(re.compile(rf"peek={two.pk}"))
    page.reload()
    expect(page.locator(f"#panel [data-case='{two.pk}']")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#panel [data-case]")).to_have_count(0)
    assert "peek" not in page.url
    assert ExceptionCase.objects.filter(first_responded_at=None).count() == 2  # looking is no response


def test_several_resolved_from_the_dialog_and_undone(live_server, world: World, open_page: OpenPage) -> None:
    for _ in range(3):
        world.case()
    page = enter(open_page(), live_server.url)
    press(page, "j")
    press(page, "x")
    press(page, "Shift+J")
    expect(page.locator(".q-bulk")).to_contain_text("2 selected")
    press(page, "r")
    dialog = page.locator("#ask")
    expect(dialog).to_contain_text("2 of 2 are resolved")
    dialog.locator("select[name=outcome]").select_option("picked_up")
    dialog.locator(".js-go").click()
    expect(page.locator(".q-undo")).to_contain_text("Resolved 2 cases.")
    assert ExceptionCase.objects.filter(state="resolved").count() == 2
    press(page, "u")
    expect(page.get_by_text("Undone on 2 cases.")).to_be_visible()
    assert not ExceptionCase.objects.filter(state="resolved").exists()


def test_keys_never_act_inside_inputs(live_server, world: World, open_page: OpenPage) -> None:
    case = world.case()
    page = enter(open_page(), live_server.url)
    press(page, "j")
    press(page, "/")
    page.keyboard.type("tagh?x")
    assert page.locator("#searchbar").input_value() == "tagh?x"
    case.refresh_from_db()
    assert case.owner is None
    page.locator("#searchbar").blur()
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    press(page, "Escape")
    press(page, "g")
    press(page, "h")
    page.wait_for_url(f"{live_server.url}/admin/")


def test_two_agents_at_once(live_server, world: World, open_page: OpenPage) -> None:
    case = world.case()
    address = f"{QUEUE}{case.pk}/change/"
    mine = enter(open_page(), live_server.url, "agent", address)
    theirs = enter(open_page(), live_server.url, "other", address)
    expect(theirs.locator(f"[data-at='{case.pk}']")).to_contain_text("agent is looking at it")
    press(theirs, "t")
    expect(theirs.get_by_text(f"Took C-{case.pk}.")).to_be_visible()
    press(mine, "e")
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


def test_assigned_and_put_aside_until_a_time_or_a_scan(live_server, world: World, open_page: OpenPage) -> None:
    one, two = world.case(left=timedelta(minutes=5)), world.case(left=timedelta(minutes=50))
    page = enter(open_page(), live_server.url)
    dialog = page.locator("#ask")
    press(page, "j")
    press(page, "a")
    dialog.get_by_role("button", name=re.compile("Assign: 1 case")).click()
    expect(dialog.or_(page.locator(".q-ask"))).to_contain_text("Choose a person or a team.")
    page.locator("#assignform_owner").select_option(label="other")
    page.get_by_role("button", name=re.compile("Assign: 1 case")).click()
    expect(page.get_by_text("Assigned 1 case.")).to_be_visible()
    expect(page.locator(f"[data-id='{one.pk}'] .c-owner")).to_contain_text("other")
    press(page, "j")
    press(page, "h")
    day = (clock.now() + timedelta(days=3)).astimezone(ZoneInfo("America/New_York"))
    dialog.locator("[name=span]").select_option("")
    dialog.locator("[name=until]").fill(f"{day:%Y-%m-%d}T09:30")
    dialog.locator(".js-go").click()
    expect(page.get_by_text("Put aside 1 case.")).to_be_visible()
    page.goto(f"{live_server.url}{QUEUE}{one.pk}/change/")
    expect(page.locator("body")).to_contain_text(f"until {day:%a} {day.day} {day:%b} 09:30")
    page.goto(f"{live_server.url}{QUEUE}{two.pk}/change/")
    press(page, "h")
    form = page.locator("details.k-act[open]")
    form.locator("[name=span]").select_option("")
    form.get_by_label("Come back at the next scan").check()
    form.locator("button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("Waiting until the next scan. It comes back by itself.")
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.owner and one.owner.username, one.state, one.waiting_for_scan) == ("other", "waiting", False)
    assert (two.state, two.waiting_until, two.waiting_for_scan) == ("waiting", None, True)


def test_writing_to_the_customer_and_places_by_key(live_server, world: World, open_page: OpenPage) -> None:
    mine, nobodys = world.case(left=timedelta(minutes=5)), world.case(with_order=False, left=timedelta(minutes=50))
    User.objects.get(username="agent").user_permissions.add(Permission.objects.get(codename="message_customer"))
    page = enter(open_page(), live_server.url)
    press(page, "j")
    press(page, "Enter")
    expect(page.locator(f"#panel [data-case='{mine.pk}'] .js-write")).to_have_text(re.compile("Write"))
    press(page, "m")
    page.wait_for_url(f"{live_server.url}/admin/notifications/outboxrow/write/{mine.pk}/")
    page.goto(f"{live_server.url}{QUEUE}{mine.pk}/change/")
    press(page, "m")
    page.wait_for_url(f"{live_server.url}/admin/notifications/outboxrow/write/{mine.pk}/")
    page.goto(live_server.url + QUEUE)
    press(page, "j")
    press(page, "j")
    press(page, "m")  # nobody knows this customer: what was said is all there is
    page.wait_for_url(f"{live_server.url}{QUEUE}{nobodys.pk}/change/#messages")
    for key, path in (
        ("o", "notifications/outboxrow/"),
        ("m", "tracking/statusmapping/"),
        ("q", "tracking/exceptioncase/"),
    ):
        press(page, "?")
        expect(page.locator("#keys")).to_contain_text(f"g {key}")
        press(page, "Escape")
        press(page, "g")
        press(page, key)
        page.wait_for_url(f"{live_server.url}/admin/{path}")


def test_cells_of_the_playbook_lead_to_what_they_say(live_server, world: World, open_page: OpenPage) -> None:
    defaults.load()
    configuration.load_presets(now=world.now)
    person("manager", "change_kindpolicy", "change_windowpolicy", team=world.team).user_permissions.add(
        Permission.objects.get(codename="view_rulesetversion")
    )
    page = enter(open_page(), live_server.url, "manager", PLAYBOOK)
    policy = KindPolicy.objects.get(kind="lost")
    row = page.locator("tr#lost")
    for cell, field, value in (
        ("Severity", "severity", policy.severity),
        ("First response", "first_response_hours", f"{policy.first_response_hours:g}"),
        ("Next action", "next_action", policy.next_action),
    ):
        row.locator(f"td[data-label='{cell}'] a").first.click()
        page.wait_for_url(f"{live_server.url}/admin/tracking/kindpolicy/{policy.pk}/change/")
        assert page.locator(f"[name={field}]").input_value().removesuffix(".0") == value
        page.go_back()
    for cell, path, shown in (
        ("Who gets it", "tracking/routingrule/", world.rule.name),
        ("If nobody acts", "tracking/escalationpolicy/", "Critical"),
        ("The customer is told", "notifications/rulesetversion/", "Lost"),
    ):
        row.locator(f"td[data-label='{cell}'] a").first.click()
        page.wait_for_url(re.compile(f"/admin/{path}"))
        expect(page.locator("#content")).to_contain_text(shown)
        page.go_back()
    page.locator("tr#stalled td[data-label='Window'] a").first.click()
    page.wait_for_url(re.compile("/admin/tracking/windowpolicy/.*kind__exact=stalled"))
    expect(page.locator(".st-defaults[open]")).to_contain_text("Stalled")  # no row says otherwise: the product's own
