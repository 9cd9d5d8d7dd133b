"""Messages in a real browser: rules and templates edited by hand, buttons pressed in Slack, a dispute from the page."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from notifications import configuration
from notifications.channels import registry
from notifications.channels.connecting import connect
from notifications.channels.slack_presses import work_presses
from notifications.models import RuleSetVersion, TemplateVersion
from notifications.outbox.delivery import deliver
from notifications.relay import relay
from tests.browser.test_queue import enter
from tests.notifications.mail import DAY, Memory, announce, report
from tests.tracking.admin.world import World, person
from tests.tracking.pages.shop import address_of, moving
from tests.tracking.shipments.telling import set_up
from tracking import clock
from tracking.exception_queue.operations import add_note
from tracking.models import Dispute, ExceptionCase, Order, Shipment
from tracking.presets import defaults
from tracking.sandbox import engine
from tracking.sandbox.api_slack import SETTINGS
from tracking.sandbox.pusher import poster
from tracking.sandbox.server import Sandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OpenPage = Callable[..., Page]
RULES = "/admin/notifications/rulesetversion/"
TEMPLATES = "/admin/notifications/templateversion/"
STILL = "* { transition: none !important; animation: none !important; }"
STEP = timedelta(seconds=10)  # more than the time in which what a person did can be undone, in two


@pytest.fixture
def world() -> Iterator[World]:
    made = World.make(clock.now())
    defaults.load()
    configuration.forget()
    configuration.load_presets(now=made.now - timedelta(days=1))
    yield made
    configuration.forget()


def colleague(world: World, name: str, *rights: str) -> User:
    """Somebody with an e-mail address, who may do these things."""
    user = person(name, *rights, team=world.team)
    user.email, user.first_name = f"{name}@shiptrack.example", name.capitalize()
    user.save()
    return user


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


def test_a_rule_and_a_template_are_edited_previewed_and_published(
    live_server, world: World, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Memory()
    monkeypatch.setitem(registry.CHANNELS, "email", mail)
    moving(world, world.order(), number="794600000001")
    colleague(world, "boss", "edit_policies", "publish_configuration")
    page = enter(open_page(), live_server.url, "boss", RULES)
    page.get_by_role("button", name="Begin a draft").click()
    faults = sound(page, "rules")
    page.locator("#draft").get_by_role("link", name="Delayed", exact=True).click()
    page.get_by_label("Wait, minutes").fill("30")
    page.get_by_role("button", name="Read it back").click()
    expect(page.locator("[data-sentence]")).to_contain_text("30 minutes later")
    faults += sound(page, "rule")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("#draft")).to_contain_text("changed")
    page.get_by_role("link", name="Preview on the last 30 days").click()
    expect(page.get_by_role("heading", name="Preview of the draft")).to_be_visible()
    faults += sound(page, "rules-preview")
    page.get_by_role("link", name="Back to the rules").click()
    page.get_by_label("Why").fill("Carriers correct themselves within minutes")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 decides about all news from now on.")).to_be_visible()
    assert RuleSetVersion.objects.get(number=2).note == "Carriers correct themselves within minutes"

    page.goto(live_server.url + TEMPLATES)
    faults += sound(page, "templates")
    page.get_by_role("link", name="Delayed in English").click()
    page.locator("#id_body").fill("{{ parcel.sentence }}\n\n{{ parcel.eta }}")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("line 3: There is no variable called parcel.eta.")
    faults += sound(page, "template-broken")
    page.locator("#id_body").fill("{{ parcel.sentence }}\n\nWe are on it.\n\n[[Where it is]]")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    for frame in (".desktop", ".phone"):
        shown = page.frame_locator(f".m-frames {frame} iframe")
        expect(shown.get_by_text("We are on it.")).to_be_visible()
        expect(shown.get_by_role("link", name="Where it is")).to_be_visible()
    faults += sound(page, "template")
    page.get_by_role("button", name="Test send to me").click()
    expect(page.get_by_text("Sent to boss@shiptrack.example.")).to_be_visible()
    (sent,) = mail.sent
    assert (sent.to, sent.subject[:7]) == ("boss@shiptrack.example", "[Test] ") and "We are on it." in sent.text
    page.get_by_role("button", name="Publish the draft").click()
    expect(page.get_by_text("Version 2 is in force.")).to_be_visible()
    assert TemplateVersion.objects.get(key="delayed", language="en", number=2).published_by is not None
    assert faults == []


def test_a_press_in_slack_changes_the_case_and_the_message(
    live_server, world: World, open_page: OpenPage, settings: Any
) -> None:
    sandbox = Sandbox(0, clock.now)
    sandbox.world = engine.World.single("lost", world.now)
    sandbox.slack_desk.post = poster(live_server.url)
    sandbox.start()
    settings.SANDBOX_PORT = int(sandbox.origin.rpartition(":")[2])
    connect(channel="slack", values=SETTINGS, now=world.now, is_sandbox=True)
    agent, case = colleague(world, "agent", "act_on_case", "assign_others"), world.case()
    add_note(case_id=case.pk, actor=agent, now=world.now, note="Rang the carrier")
    now = _run(clock.now())
    page = open_page()
    page.goto(f"{sandbox.origin}/#slack")
    expect(page.locator("#rooms article")).to_contain_text("The customer reads")
    faults = sound(page, "slack")
    page.get_by_role("button", name="Take").click()
    expect(page.get_by_role("status")).to_contain_text(
        "agent@shiptrack.example pressed “take”; ShipTrack answered 200."
    )
    assert work_presses(clock=lambda: now) == 1
    _run(now)
    expect(page.locator("#rooms article")).to_contain_text("Acknowledged by Agent")  # by itself, nothing is loaded anew
    expect(page.get_by_role("button", name="Take")).to_have_count(0)
    page.get_by_label("Snooze…").select_option(label="4 hours")
    page.get_by_role("button", name="Snooze…").click()
    expect(page.get_by_role("status")).to_contain_text("pressed “snooze”")
    assert work_presses(clock=lambda: now) == 1
    case.refresh_from_db()
    assert (case.owner, case.state) == (agent, "waiting")
    page = enter(open_page(), live_server.url, path=f"/admin/tracking/exceptioncase/{case.pk}/change/")
    expect(page.locator(".k-head")).to_contain_text("Waiting")
    assert faults == []
    sandbox.stop()


def _run(now: datetime) -> datetime:
    """Let the product decide and send for half a minute; return when that was over."""
    for _ in range(3):
        now += STEP
        at = now
        relay(clock=lambda at=at: at)  # type: ignore[misc]
        deliver(clock=lambda at=at: at, channels={"slack": registry.CHANNELS["slack"]})  # type: ignore[misc]
    return now


def test_a_dispute_goes_from_the_customers_page_to_the_case(live_server, open_page: OpenPage, settings: Any) -> None:
    settings.PUBLIC_URL = live_server.url
    set_up()
    now = clock.now()
    announce(at=now - 3 * DAY)
    report("first_scan", now - 2 * DAY)
    report("delivered", now - DAY)
    parcel = Shipment.objects.get(merged_into=None)
    order = Order.objects.get()
    phone = open_page(390, java_script_enabled=False)
    phone.goto(live_server.url + address_of(order))
    phone.get_by_role("link", name="Report a problem").click()
    phone.get_by_label("My parcel did not arrive").check()
    phone.get_by_label("What happened").fill("Nothing at the door, nothing at the neighbours'")
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("#reports")).to_contain_text("A person looks at it by")
    case = ExceptionCase.objects.get(shipment=parcel)
    assert (case.kind, Dispute.objects.get().case_id) == ("delivered_not_received", case.pk)
    person("agent", "act_on_case", "message_customer")
    page = enter(open_page(), live_server.url, path=f"/admin/tracking/exceptioncase/{case.pk}/change/")
    expect(page.locator("#customer-reports")).to_contain_text("Nothing at the door, nothing at the neighbours'")
    expect(page.get_by_role("link", name="Delivered, not received", exact=True)).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Customer's view").click()
    expect(opened.value.locator("#reports")).to_contain_text("A person looks at it by")
