"""Team load, reassigning by selection, shift hand-over; teams, absences and ladders as forms."""

import re
from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.tracking.admin.world import NOW, World
from tracking import clock
from tracking.exception_queue.handover import look_at_people
from tracking.models import Absence, CaseActivity, ExceptionCase, Shift, ShiftHandover, Team, TeamMember
from tracking.presets import defaults

pytestmark = pytest.mark.django_db
ADMIN = "/admin/tracking/"
LOAD = f"{ADMIN}teamload/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    world = World.make()
    defaults.load()
    return world


def enter(client: Client, group: str) -> User:
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


def agent(world: World, name: str, start: int = 9, end: int = 17) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name="Support agents"))
    member = TeamMember.objects.create(team=world.team, user=user)
    Shift.objects.create(member=member, weekday=3, start=time(start), end=time(end))
    return user


def text(client: Client, address: str = LOAD) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def numbers(html: str, user: User) -> list[tuple[str, str]]:
    """Address and number of a person's cells."""
    own = rf"[^\"]*\?owner={user.pk}|[^\"]*/person/{user.pk}/\?"
    found = re.findall(rf'href="((?:{own})[^"]*)"[^>]*>(\d+)<', html)
    return [(address.replace("&amp;", "&"), number) for address, number in found]


def test_people_with_their_numbers_and_every_number_leads_to_its_rows(client: Client, world: World) -> None:
    ann = agent(world, "ann")
    world.case(owner=ann, left=timedelta(minutes=-5))
    world.case(owner=ann, left=5 * HOUR)
    world.case(owner=ann, left=timedelta(days=3))
    world.resolved(owner=ann)
    world.case()
    enter(client, "Operations managers")
    html = text(client)
    found = numbers(html, ann)
    assert [number for _, number in found] == ["3", "2", "1"]
    for address, number in found:
        rows = text(client, address)
        assert rows.count('name="_selected_action"') + rows.count('name="case"') == int(number)
    assert "1 unowned" in html
    assert "1 of 1 on shift" in html


def test_who_is_away_off_or_without_shifts_is_said(client: Client, world: World) -> None:
    ann, ben = agent(world, "ann"), agent(world, "ben", start=12)
    agent(world, "cat").memberships.get().shifts.all().delete()
    Absence.objects.create(user=ann, starts_at=NOW - HOUR, deputy=ben)
    enter(client, "Operations managers")
    html = text(client)
    assert "until further notice, deputy ben" in html
    assert "no shifts" in html
    assert "0 of 3 on shift" in html


def test_the_page_asks_as_often_for_many_people_as_for_few(
    client: Client, world: World, django_assert_max_num_queries: object
) -> None:
    enter(client, "Operations managers")
    for number in range(12):
        world.case(owner=agent(world, f"p{number}"))
    text(client)
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        text(client)


def test_chosen_cases_go_to_somebody_else(client: Client, world: World) -> None:
    ann, ben = agent(world, "ann"), agent(world, "ben")
    first, second = world.case(owner=ann), world.case(owner=ann)
    enter(client, "Operations managers")
    page = f"{LOAD}person/{ann.pk}/"
    assert text(client, page).count('name="case"') == 2
    client.post(page, {"case": [first.pk, 99999], "owner": ben.pk})
    assert ExceptionCase.objects.get(pk=first.pk).owner == ben
    assert ExceptionCase.objects.get(pk=second.pk).owner == ann
    assert CaseActivity.objects.filter(case=first, kind="assigned").count() == 1
    answer = client.post(page, {"owner": ben.pk})
    assert "Choose at least one case." in answer.content.decode()
    answer = client.post(page, {"case": [second.pk]})
    assert "Choose a person or a team." in answer.content.decode()


def test_auditors_see_the_load_and_move_nothing(client: Client, world: World) -> None:
    ann = agent(world, "ann")
    world.case(owner=ann)
    enter(client, "Auditors")
    assert "Reassign" not in text(client).replace("Reassign</span>", "")
    html = text(client, f"{LOAD}person/{ann.pk}/")
    assert "C-" in html
    assert 'name="case"' not in html
    assert client.post(f"{LOAD}person/{ann.pk}/", {"owner": ann.pk}).status_code == 403


def test_an_owner_in_no_team_is_not_forgotten(client: Client, world: World) -> None:
    zoe = User.objects.create_user("zoe")
    world.case(owner=zoe)
    enter(client, "Operations managers")
    assert "Owners who are in no team" in text(client)


def test_the_digest_shows_what_was_left_and_who_takes_over_gets_it(client: Client, world: World) -> None:
    ann, ben = agent(world, "ann", end=10), agent(world, "ben")
    soon, far = world.case(owner=ann, left=HOUR), world.case(owner=ann, left=timedelta(days=30))
    assert look_at_people(now=NOW).shifts == 1
    row = ShiftHandover.objects.get()
    client.force_login(ben)
    assert "not yet" in text(client, f"{ADMIN}shifthandover/")
    page = f"{ADMIN}shifthandover/{row.pk}/change/"
    html = text(client, page)
    assert html.count('name="case"') == 2
    assert len(re.findall(r'name="case" value="\d+" checked', html)) == 1
    client.post(page, {"case": [soon.pk]})
    assert ExceptionCase.objects.get(pk=soon.pk).owner == ben
    assert ExceptionCase.objects.get(pk=far.pk).owner == ann
    assert text(client, page).count('name="case"') == 1
    client.force_login(ann)
    assert 'name="case"' not in text(client, page)


def test_a_partner_needs_an_internal_team_of_ours(client: Client, world: World) -> None:
    enter(client, "Administrators")
    sent = {"name": "Carrier desk", "slug": "carrier-desk", "time_zone": "UTC", "country": "US", "is_external": "on"}
    inlines = ("hours", "memberships")
    sent |= {f"{name}-{part}_FORMS": "0" for name in inlines for part in ("TOTAL", "INITIAL")}
    assert "Name the team of ours" in client.post(f"{ADMIN}team/add/", sent).content.decode()
    assert client.post(f"{ADMIN}team/add/", {**sent, "internal_team": world.team.pk}).status_code == 302
    partner = Team.objects.get(slug="carrier-desk")
    other = {**sent, "name": "Second", "slug": "second", "internal_team": partner.pk}
    assert "not a partner" in client.post(f"{ADMIN}team/add/", other).content.decode()


def test_nobody_is_their_own_deputy_and_an_absence_ends_after_it_begins(client: Client, world: World) -> None:
    ann = agent(world, "ann")
    enter(client, "Operations managers")
    sent = {
        "user": ann.pk, "deputy": ann.pk, "starts_at_0": "2026-11-20", "starts_at_1": "09:00",
        "ends_at_0": "2026-11-19", "ends_at_1": "09:00",
    }  # fmt: skip
    html = client.post(f"{ADMIN}absence/add/", sent).content.decode()
    assert "somebody else" in html
    html = client.post(f"{ADMIN}absence/add/", {**sent, "deputy": ""}).content.decode()
    assert "It must end after it begins." in html
    assert Absence.objects.count() == 0


def test_ladders_are_listed_with_their_steps(client: Client, world: World) -> None:
    enter(client, "Operations managers")
    html = text(client, f"{ADMIN}escalationpolicy/")
    assert "0 h: tell the owner → 0.5 h: tell the lead → 2 h: give it to somebody else" in html
