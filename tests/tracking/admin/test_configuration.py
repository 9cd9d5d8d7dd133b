"""Configuration pages: open to who may change them, careful with what others rely on."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.tracking.admin.world import NOW, World
from tracking import clock
from tracking.models import CarePolicy, Shipment, Store, Team, Warehouse, WindowPolicy
from tracking.presets import defaults

pytestmark = pytest.mark.django_db
ADMIN = "/admin/tracking/"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    world = World.make()
    defaults.load()
    return world


def enter(client: Client, group: str) -> Client:
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


@pytest.mark.parametrize("model", [
    "store", "carrier", "service", "warehouse", "windowpolicy", "carepolicy", "claimpolicy", "macro", "promisepolicy",
    "team", "teammember",
    "absence",
])  # fmt: skip
def test_administrators_may_add_and_auditors_may_not(client: Client, world: World, model: str) -> None:
    assert enter(client, "Administrators").get(f"{ADMIN}{model}/add/").status_code == 200
    enter(client, "Auditors")
    assert client.get(f"{ADMIN}{model}/add/").status_code == 403
    assert client.get(f"{ADMIN}{model}/").status_code == 200


def test_how_often_a_kind_was_real_leads_to_the_cases_counted(client: Client, world: World) -> None:
    ended: dict[str, Any] = {"state": "resolved", "kind": "no_first_scan", "resolved_at": NOW - timedelta(days=2)}
    for outcome, reason in (
        ("arrived", ""),
        ("arrived", ""),
        ("not_an_exception", "usual_for_lane"),
        ("duplicate", ""),
    ):
        world.case(**ended, outcome=outcome, not_exception_reason=reason)
    world.case(**ended | {"resolved_at": NOW - timedelta(days=91)}, outcome="arrived")
    html = enter(client, "Operations managers").get(f"{ADMIN}kindpolicy/").content.decode()
    row = html.split("No first scan</td>")[1].split("</tr>")[0]
    assert ">33 %<" in row
    assert "Usual for this lane: the window is too short (1)" in row
    links = re.findall(r'href="([^"]+)">(\d+)</a>', row)
    assert [number for _, number in links] == ["3", "1"]
    for address, number in links:
        page = client.get(unescape(address)).content.decode()
        assert page.count('name="_selected_action"') == int(number)
        assert "within 90 days" in page


def test_a_time_zone_nobody_knows_is_refused(client: Client, world: World) -> None:
    enter(client, "Administrators")
    sent = {"name": "New", "default_language": "en", "time_zone": "New York", "currency": "USD", "country": "US"}
    assert "is no time zone" in client.post(f"{ADMIN}store/add/", sent).content.decode()
    client.post(f"{ADMIN}store/add/", {**sent, "time_zone": "America/New_York"})
    assert Store.objects.get(name="New").created_at == NOW


def test_windows_belong_to_their_kind_and_the_products_own_are_shown(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    html = client.get(f"{ADMIN}windowpolicy/").content.decode()
    assert "The product's own windows" in html
    sent = {"kind": "stalled", "window": "presumed_lost", "days": "2", "care_level": "", "international": "unknown"}
    answer = client.post(f"{ADMIN}windowpolicy/add/", sent).content.decode()
    assert "This kind of exception has other windows: stalled, stalled.out_for_delivery." in answer
    client.post(f"{ADMIN}windowpolicy/add/", {**sent, "window": "stalled"})
    assert WindowPolicy.objects.get().days == 2


def test_a_changed_window_has_the_living_parcels_judged_again(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    living = Shipment.objects.create(created_at=NOW)
    ended = Shipment.objects.create(created_at=NOW, ended_at=NOW)
    sent = {"kind": "stalled", "window": "stalled", "days": "2", "care_level": "", "international": "unknown"}
    client.post(f"{ADMIN}windowpolicy/add/", sent)
    due = dict(Shipment.objects.values_list("pk", "next_check_at"))
    assert due == {living.pk: NOW, ended.pk: None}


def test_a_warehouse_takes_its_cutoffs_and_closed_days_along(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    sent = {
        "name": "West", "country": "US", "time_zone": "America/Los_Angeles", "aliases": "loc-1\n\nloc-2",
        "closed_days": "2026-12-25\n2026-12-26", "cutoffs-TOTAL_FORMS": 1, "cutoffs-INITIAL_FORMS": 0,
        "cutoffs-0-weekday": 4, "cutoffs-0-cutoff": "17:00",
    }  # fmt: skip
    answer = client.post(f"{ADMIN}warehouse/add/", sent)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    made = Warehouse.objects.get(name="West")
    assert made.aliases == ["loc-1", "loc-2"]
    assert [str(day) for day in made.closed_days] == ["2026-12-25", "2026-12-26"]
    assert made.cutoffs.get().weekday == 4


def test_working_hours_end_after_they_begin(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    sent = {
        "name": "Night", "slug": "night", "time_zone": "UTC", "hours-TOTAL_FORMS": 1, "hours-INITIAL_FORMS": 0,
        "hours-0-weekday": 0, "hours-0-start": "18:00", "hours-0-end": "09:00",
        "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert "They must end after they begin" in client.post(f"{ADMIN}team/add/", sent).content.decode()
    client.post(f"{ADMIN}team/add/", {**sent, "hours-0-end": "22:00"})
    assert Team.objects.get(slug="night").hours.count() == 1


def test_a_warehouse_without_a_pickup_day_is_refused(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    sent = {
        "name": "West", "country": "US", "time_zone": "America/Los_Angeles", "cutoffs-TOTAL_FORMS": 0,
        "cutoffs-INITIAL_FORMS": 0,
    }  # fmt: skip
    answer = client.post(f"{ADMIN}warehouse/add/", sent)
    assert "a calendar needs an open day" in answer.content.decode()
    assert not Warehouse.objects.filter(name="West").exists()


def test_hours_without_length_are_refused(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    sent = {
        "name": "Night", "slug": "night", "time_zone": "UTC", "country": "US", "hours-TOTAL_FORMS": 1,
        "hours-INITIAL_FORMS": 0, "hours-0-weekday": 0, "hours-0-start": "09:00", "hours-0-end": "09:00",
        "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert "must end after they begin" in client.post(f"{ADMIN}team/add/", sent).content.decode()
    assert not Team.objects.filter(slug="night").exists()


@pytest.mark.parametrize(
    ("page", "changes"),
    [
        ("windowpolicy", {}),
        ("kindpolicy", {}),
        ("carepolicy", {}),
        ("claimpolicy", {"kind": "lost", "claim_due_at": NOW}),
        ("escalationpolicy", {}),
    ],
)
def test_each_policy_row_counts_its_open_cases_and_leads_to_them(
    client: Client, world: World, page: str, changes: dict[str, Any]
) -> None:
    enter(client, "Operations managers")
    case = world.case(**changes)
    policy = CarePolicy.objects.create(name="Dear", minimum_total_minor=1)
    Shipment.objects.update(care_policy=policy.name)
    html = client.get(f"{ADMIN}{page}/").content.decode()
    links = re.findall(rf'href="({ADMIN}{page}/cases/\?row=[^"]+)">1</a>', html)
    assert len(links) == 1
    listed = client.get(links[0]).content.decode()
    assert f"{ADMIN}exceptioncase/{case.pk}/change/" in listed
    assert listed.count(">C-") == 1


def test_cases_of_a_row_that_is_not_there_are_none(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    assert "No open case" in client.get(f"{ADMIN}windowpolicy/cases/?row=x").content.decode()
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get(f"{ADMIN}windowpolicy/cases/").status_code == 403
