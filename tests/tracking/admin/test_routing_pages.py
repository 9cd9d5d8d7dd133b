"""The routing editor: draft, preview, publish, apply, undo, roll back; who may do what."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.tracking.admin.world import NOW, World
from tracking import clock
from tracking.configuration.queries import draft_of, in_force
from tracking.models import ConfigurationApplication, ConfigurationDraft, ConfigurationVersion, RoutingRule, Team
from tracking.presets import defaults

pytestmark = pytest.mark.django_db
RULES = "/admin/tracking/routingrule/"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    world = World.make()
    defaults.load()
    return world


@pytest.fixture
def desk(world: World) -> Team:
    return Team.objects.create(name="Carrier desk", slug="carrier-desk", time_zone="America/New_York")


def enter(client: Client, group: str = "Administrators") -> Client:
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def filled(team: Team, **facts: Any) -> dict[str, Any]:
    return {"name": "Stalled", "is_active": "on", "kinds": ["stalled"], "team": team.pk, "strategy": "unowned", **facts}


def draft() -> ConfigurationDraft:
    found = draft_of("routing")
    assert found is not None
    return found


def drafted(client: Client, team: Team, **facts: Any) -> None:
    """Begin a draft and add a rule to it."""
    client.post(RULES, {"do": "begin"})
    answer = client.post(f"{RULES}rule/new/", {**filled(team, **facts), "revision": draft().revision})
    assert answer.status_code == 302, answer.content.decode()


def published(client: Client, team: Team, **facts: Any) -> ConfigurationVersion:
    drafted(client, team, **facts)
    answer = client.post(f"{RULES}preview/", {"revision": draft().revision, "note": "Because"}, follow=True)
    assert answer.status_code == 200
    return ConfigurationVersion.objects.latest("pk")


def text(client: Client, address: str = RULES) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_draft_to_applied_and_back(client: Client, world: World, desk: Team) -> None:
    stalled = world.case(kind="stalled")
    world.case(kind="lost")
    enter(client)
    drafted(client, desk)
    html = text(client)
    assert "Draft" in html
    assert [rule["name"] for rule in in_force("routing")] == ["Everything else"]
    preview = text(client, f"{RULES}preview/")
    assert "1 open case would move" in preview
    assert f"C-{stalled.pk}" in preview
    answer = client.post(f"{RULES}preview/", {"revision": draft().revision, "note": "Carrier desk is here"})
    version = ConfigurationVersion.objects.get()
    page = f"{RULES}versions/{version.number}/"
    assert (answer["Location"], version.note) == (page, "Carrier desk is here")
    assert "Apply it to 1 open case?" in text(client, page)
    stalled.refresh_from_db()
    assert stalled.team == world.team
    client.post(page, {"do": "apply", "case": [stalled.pk]})
    stalled.refresh_from_db()
    assert stalled.team == desk
    done = text(client, page)
    assert "Moved 1 case. You can take that back below." in done
    assert "Every open case is where these rules would send it" in done
    client.post(page, {"do": "undo", "application": ConfigurationApplication.objects.get().pk})
    stalled.refresh_from_db()
    assert stalled.team == world.team
    undone = text(client, page)
    assert "Put 1 case back." in undone
    assert "Taken back" in undone


def test_all_cases_may_be_moved_at_once(client: Client, world: World, desk: Team) -> None:
    cases = [world.case(kind="stalled") for _ in range(3)]
    enter(client)
    version = published(client, desk)
    client.post(f"{RULES}versions/{version.number}/", {"do": "apply", "all": "1"})
    assert sorted(ConfigurationApplication.objects.get().changed_ids) == [case.pk for case in cases]


def test_rules_are_moved_and_removed_but_the_last_stays_last(client: Client, world: World, desk: Team) -> None:
    enter(client)
    drafted(client, desk, name="One")
    drafted(client, desk, name="Two", kinds=["lost"])
    two, one, last = (rule["key"] for rule in draft().content)
    for do, names in (
        (f"down:{two}", ["One", "Two", "Everything else"]),
        (f"down:{two}", ["One", "Two", "Everything else"]),
        (f"up:{two}", ["Two", "One", "Everything else"]),
        (f"up:{last}", ["Two", "One", "Everything else"]),
        (f"remove:{last}", ["Two", "One", "Everything else"]),
        (f"remove:{one}", ["Two", "Everything else"]),
    ):
        client.post(RULES, {"do": do, "revision": draft().revision})
        assert [rule["name"] for rule in draft().content] == names


def test_the_last_rule_takes_no_conditions_from_the_form(client: Client, world: World) -> None:
    enter(client)
    client.post(RULES, {"do": "begin"})
    last = draft().content[-1]
    html = text(client, f"{RULES}rule/{last['key']}/")
    assert "It has no conditions" in html
    sent = {**filled(world.team, name="The rest"), "country": "US", "revision": draft().revision}
    client.post(f"{RULES}rule/{last['key']}/", sent)
    kept = draft().content[-1]
    assert (kept["name"], kept["kinds"], kept["country"], kept["is_active"]) == ("The rest", [], "", True)


def test_a_filled_form_is_kept_as_it_was_meant(client: Client, world: World, desk: Team) -> None:
    enter(client)
    more = {"country": "us", "minimum": "250.50", "currency": "usd", "tags": " vip, gift ,vip", "care_level": "high"}
    drafted(client, desk, **more)
    rule = draft().content[0]
    assert (rule["country"], rule["minimum"], rule["currency"], rule["tags"]) == ("US", 25050, "USD", ["vip", "gift"])
    html = text(client, f"{RULES}rule/{rule['key']}/")
    assert 'value="250.5"' in html
    assert "vip, gift" in html


def test_a_rule_that_can_never_match_is_named(client: Client, world: World, desk: Team) -> None:
    enter(client)
    drafted(client, desk, name="Narrow", country="US")
    drafted(client, desk, name="Wide")
    assert "Never takes a case" in text(client)
    assert "“Narrow” would never take a case: “Wide”" in text(client, f"{RULES}preview/")


def test_what_cannot_be_published_says_why(client: Client, world: World, desk: Team) -> None:
    enter(client)
    drafted(client, desk, minimum="10")
    assert "in which currency" in text(client)
    assert "Publish as the next version" not in text(client, f"{RULES}preview/")
    client.post(f"{RULES}preview/", {"revision": draft().revision})
    assert ConfigurationVersion.objects.count() == 0


def test_two_editors_notice_each_other(client: Client, world: World, desk: Team) -> None:
    enter(client)
    drafted(client, desk)
    old = draft().revision
    client.post(RULES, {"do": f"remove:{draft().content[0]['key']}", "revision": old})
    answer = client.post(f"{RULES}rule/new/", {**filled(desk), "revision": old}, follow=True)
    assert "changed the draft meanwhile" in answer.content.decode()
    assert len(draft().content) == 1


def test_rolling_back_is_a_new_version(client: Client, world: World, desk: Team) -> None:
    enter(client)
    first = published(client, desk)
    second = published(client, desk, name="Lost", kinds=["lost"])
    assert len(in_force("routing")) == 3
    client.post(f"{RULES}versions/{first.number}/", {"do": "roll_back"})
    newest = ConfigurationVersion.objects.latest("number")
    assert (newest.number, newest.note) == (second.number + 1, f"Back to version {first.number}")
    assert [rule["name"] for rule in in_force("routing")] == ["Stalled", "Everything else"]


def test_managers_draft_and_administrators_publish(client: Client, world: World, desk: Team) -> None:
    enter(client, "Operations managers")
    drafted(client, desk)
    client.post(f"{RULES}preview/", {"revision": draft().revision})
    assert ConfigurationVersion.objects.count() == 0
    assert "takes the permission to publish" in text(client, f"{RULES}preview/")


def test_auditors_look_and_change_nothing(client: Client, world: World, desk: Team) -> None:
    enter(client, "Auditors")
    html = text(client)
    assert "Begin a draft" not in html
    client.post(RULES, {"do": "begin"})
    assert draft_of("routing") is None
    assert client.get(f"{RULES}rule/new/").status_code == 403
    assert client.post(f"{RULES}add/").status_code == 403
    answer = client.get(f"{RULES}{world.rule.pk}/change/")
    assert answer["Location"] == f"{RULES}#r{world.rule.pk}"


def test_nobody_edits_or_deletes_a_rule_past_the_draft(client: Client, world: World) -> None:
    enter(client)
    assert client.post(f"{RULES}{world.rule.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{RULES}{world.rule.pk}/change/", {"name": "Other"})
    assert RoutingRule.objects.get().name == "Everything else"


def test_pages_that_are_not_there(client: Client, world: World) -> None:
    enter(client)
    assert client.get(f"{RULES}versions/9/").status_code == 404
    assert client.get(f"{RULES}preview/")["Location"] == RULES
    client.post(RULES, {"do": "begin"})
    assert client.get(f"{RULES}rule/n99/").status_code == 404


def test_a_draft_marks_what_is_new_changed_moved_and_removed(client: Client, world: World, desk: Team) -> None:
    enter(client)
    for name in ("One", "Two", "Three"):
        published(client, desk, name=name, kinds=["lost"], country="US")
    client.post(RULES, {"do": "begin"})
    three, two, one, last = (rule["key"] for rule in draft().content)
    client.post(RULES, {"do": f"remove:{two}", "revision": draft().revision})
    html = text(client)
    assert html.count(">moved<") == 0
    assert html.count(">removed<") == 1
    client.post(RULES, {"do": f"down:{three}", "revision": draft().revision})
    assert text(client).count(">moved<") == 2
    client.post(f"{RULES}rule/{one}/", {**filled(desk, name="Uno"), "revision": draft().revision})
    drafted(client, desk, name="Four", kinds=["damaged"])
    html = text(client)
    assert (html.count(">changed<"), html.count(">new<")) == (1, 1)
    assert last == draft().content[-1]["key"]
