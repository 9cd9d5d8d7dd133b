"""Queue, case, home and playbook judged by axe: light and dark, on a desk and a phone, full and empty."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from notifications import configuration
from tests.browser.keys import press
from tests.browser.test_agents_day import QUEUE
from tests.browser.test_queue import PLAYBOOK, enter
from tests.tracking.admin.world import World, person
from tracking import clock
from tracking.exception_queue.promising import promise_customer
from tracking.models import ExceptionCase, Macro, Presence
from tracking.presets import defaults

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
RIGHTS = ("act_on_case", "assign_others", "reveal_personal_data", "message_customer", "approve_money")
STILL = "* { transition: none !important; animation: none !important; }"
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.removeAttribute('name'); each.open = true; })"


@pytest.fixture
def world() -> World:
    made = World.make(clock.now())
    person("agent", *RIGHTS, team=made.team)
    person("other", *RIGHTS, team=made.team)
    return made


def sound(page: Page, label: str) -> list[str]:
    """What axe finds in light and dark on a desk and a phone, and whether the page scrolls sideways there.

    `LOOK` names a folder for pictures of what was judged.
    """
    page.add_style_tag(content=STILL)
    faults = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{label}-{width}: scrolls sideways")
        for scheme in ("light", "dark"):
            page.evaluate("isDark => document.documentElement.classList.toggle('dark', isDark)", scheme == "dark")
            if folder := os.environ.get("LOOK"):
                page.screenshot(path=f"{folder}/{label}-{width}-{scheme}.png", full_page=True)
            found = Axe().run(page).response["violations"]
            faults += [f"{label}-{width}-{scheme}: {e['id']}: {n['html'][:200]}" for e in found for n in e["nodes"][:2]]
    page.set_viewport_size({"width": 1440, "height": 1000})
    return faults


def cases_of_every_look(world: World) -> ExceptionCase:
    """A queue with every mark a row can have; returns the case whose page shows the most."""
    defaults.load()
    configuration.load_presets(now=world.now)
    agent, other = world.team.memberships.order_by("pk")[:2]
    Macro.objects.create(name="Ask the dock", next_action="Call the dock", due_hours=2)
    world.case(
        left=timedelta(minutes=-70), severity="critical", kind="lost", claim_due_at=world.now + timedelta(days=2)
    )
    world.case(left=timedelta(hours=2), kind="address_issue", severity="high", care_level="high", owner=agent.user)
    world.case(left=timedelta(days=2), kind="failed_attempt", severity="low", reopened_count=2, signal_count=3,
               reopened_at=world.now, state="acknowledged", owner=other.user)  # fmt: skip
    world.case(state="waiting", waiting_until=world.now + timedelta(days=1), waiting_on="the dock", waiting_party="")
    world.resolved()
    case = world.case(care_level="high", claim_due_at=world.now - timedelta(days=1))
    sibling = world.case()
    ExceptionCase.objects.filter(pk=sibling.pk).update(order=case.order)
    Presence.objects.create(user=other.user, case=case, kind="editing", seen_at=world.now)
    promise_customer(case_id=case.pk, actor=agent.user, now=world.now, subject="arrival", text="There by noon",
                     due_at=world.now + timedelta(hours=3))  # fmt: skip
    return case


def test_full_pages_are_accessible(live_server, world: World, open_page: OpenPage) -> None:
    case = cases_of_every_look(world)
    address = f"{QUEUE}{case.pk}/change/"
    page = enter(open_page(), live_server.url)
    faults = sound(page, "queue")
    press(page, "j")
    press(page, "Enter")
    expect(page.locator("#panel [data-case]")).to_be_visible()
    faults += sound(page, "panel")
    press(page, "Escape")
    press(page, "x")
    press(page, "Shift+J")
    press(page, "h")
    expect(page.locator("#ask")).to_contain_text("What will happen")
    faults += sound(page, "dialog")
    page.goto(live_server.url + address)
    faults += sound(page, "case")
    page.evaluate(OPEN_ALL)
    faults += sound(page, "case-forms")
    page.goto(live_server.url + "/admin/")
    faults += sound(page, "home")
    page.goto(live_server.url + PLAYBOOK)
    faults += sound(page, "playbook")
    assert faults == []


def test_empty_pages_and_what_follows_an_action_are_accessible(live_server, world: World, open_page: OpenPage) -> None:
    page = open_page()
    page.add_init_script("window.setInterval = () => 0")  # the undo bar stays while it is judged
    enter(page, live_server.url)
    faults = sound(page, "queue-empty")
    page.goto(live_server.url + "/admin/")
    faults += sound(page, "home-empty")
    page.goto(live_server.url + PLAYBOOK)
    faults += sound(page, "playbook-empty")
    case = world.case(with_order=False)
    page.goto(f"{live_server.url}{QUEUE}{case.pk}/change/")
    press(page, "?")
    expect(page.locator("#keys")).to_be_visible()
    faults += sound(page, "keys")
    press(page, "Escape")
    ExceptionCase.objects.filter(pk=case.pk).update(version=case.version + 1)
    press(page, "t")
    again = page.get_by_role("button", name="Take all the same")
    expect(again).to_be_visible()
    faults += sound(page, "conflict")
    again.click()
    expect(page.locator(".q-undo")).to_be_visible()
    faults += sound(page, "undo")
    assert faults == []
