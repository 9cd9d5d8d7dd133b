"""Views of one's own: kept from the address, in the side bar, renamed, ordered, deleted; never somebody else's."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tests.tracking.admin.test_queue import QUEUE, boxes
from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.exception_queue import own_views
from tracking.exception_queue.own_views import ViewRefused
from tracking.exception_queue.wanted import VIEWS, Wanted
from tracking.models import SavedView

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def agent(world: World) -> User:
    return person("agent", "act_on_case", team=world.team)


@pytest.fixture
def browser(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def names(user: User) -> list[str]:
    return [view.name for view in own_views.of_person(user.pk)]


def test_keeping_what_the_address_chooses(browser: Client, world: World, agent: User) -> None:
    lost = world.case(kind="lost")
    world.case()
    sent = browser.post(QUEUE + "views/save/?kind=lost&p=2&peek=3&nonsense=1", {"name": "  Lost   ones "}, follow=True)
    page = sent.content.decode()
    assert "Kept as “Lost ones”" in page
    assert sent.redirect_chain[-1][0] == QUEUE + "?kind=lost"
    assert boxes(page) == [lost.pk]
    assert SavedView.objects.get().query == "kind=lost"
    assert f'href="{QUEUE}?kind=lost"' in browser.get("/admin/").content.decode()


def test_a_search_can_be_kept(browser: Client, world: World) -> None:
    case = world.case()
    browser.post(QUEUE + "views/save/?q=%2310401", {"name": "That order"})
    assert boxes(browser.get(f"{QUEUE}?{SavedView.objects.get().query}").content.decode()) == [case.pk]


def test_names_are_escaped_and_refused(browser: Client, world: World, agent: User) -> None:
    browser.post(QUEUE + "views/save/?kind=lost", {"name": "<script>x</script>"})
    assert "<script>x" not in browser.get(QUEUE).content.decode()
    for wrong in ("", "   ", "x" * 41):
        with pytest.raises(ViewRefused):
            own_views.save(user_id=agent.pk, name=wrong, wanted=Wanted())
    assert "Give the view a name" in browser.post(QUEUE + "views/save/", {"name": " "}, follow=True).content.decode()


def test_the_same_name_replaces(agent: User) -> None:
    for kind in ("lost", "stalled"):
        own_views.save(user_id=agent.pk, name="Mine", wanted=Wanted(kind=kind))
    assert SavedView.objects.get().query == "kind=stalled"


def test_there_is_an_end_to_it(agent: User) -> None:
    for number in range(own_views.MOST):
        own_views.save(user_id=agent.pk, name=f"View {number}", wanted=Wanted())
    with pytest.raises(ViewRefused, match="Delete one first"):
        own_views.save(user_id=agent.pk, name="One more", wanted=Wanted())
    own_views.save(user_id=agent.pk, name="View 3", wanted=Wanted(kind="lost"))


def test_rename_order_delete(browser: Client, agent: User) -> None:
    made = {name: own_views.save(user_id=agent.pk, name=name, wanted=Wanted()) for name in ("A", "B", "C")}

    def do(what: str, view: str, **more: str) -> str:
        sent = {"do": what, "view": str(made[view].pk), **more}
        return browser.post(QUEUE + "views/", sent, follow=True).content.decode()

    do("up", "C")
    assert names(agent) == ["A", "C", "B"]
    do("up", "A")
    do("down", "A")
    assert names(agent) == ["C", "A", "B"]
    assert "Another view of yours is called “A”" in do("rename", "B", name="A")
    do("rename", "B", name="Bee")
    do("delete", "C")
    assert names(agent) == ["A", "Bee"]


def test_nobody_changes_somebody_elses(browser: Client, world: World, agent: User) -> None:
    other = person("other", "act_on_case")
    view = own_views.save(user_id=other.pk, name="Theirs", wanted=Wanted())
    for do in ("rename", "up", "delete"):
        browser.post(QUEUE + "views/", {"do": do, "view": str(view.pk), "name": "Mine now"})
    assert names(other) == ["Theirs"]
    assert "Theirs" not in browser.get(QUEUE).content.decode()


def test_no_view_leads_to_other_rows_than_it_counts(browser: Client, world: World, agent: User) -> None:
    world.case(owner=agent, left=timedelta(hours=3))
    world.case(owner=agent, left=timedelta(hours=5))
    world.case(state="waiting", waiting_until=NOW + timedelta(hours=2), left=timedelta(days=1))
    world.case(state="waiting", waiting_until=NOW + timedelta(days=2), left=timedelta(days=2))
    world.case(care_level="high", reopened_count=1, claim_due_at=NOW + timedelta(days=3))
    world.case(claim_due_at=NOW + timedelta(days=30))
    world.resolved(reopened_count=1, claim_due_at=NOW, care_level="high")
    wanted = {"mine_due": 1, "mine": 2, "unowned": 4, "waking": 1, "high_care": 1, "reopened": 1, "claim_due": 1}
    found = browser.get(QUEUE + "counts/").json()["views"]
    assert {code: int(found[code]["count"]) for code in wanted} == wanted
    for view in VIEWS:
        rows = boxes(browser.get(f"{QUEUE}?{view.wanted.query()}").content.decode())
        assert len(rows) == int(found[view.code]["count"]), view.code


def test_today_ends_at_the_readers_midnight(browser: Client, world: World) -> None:
    """10:12 in New York: midnight there is 05:00 UTC."""
    inside = world.case(state="waiting", waiting_until=NOW.replace(day=20, hour=4, minute=59))
    world.case(state="waiting", waiting_until=NOW.replace(day=20, hour=5, minute=0))
    assert boxes(browser.get(f"{QUEUE}?view=waking").content.decode()) == [inside.pk]


def test_nothing_due_says_what_comes_next(browser: Client, world: World, agent: User) -> None:
    assert "You own no open case" in browser.get(f"{QUEUE}?view=mine_due").content.decode()
    world.case(owner=agent, left=timedelta(hours=6))
    page = browser.get(f"{QUEUE}?view=mine_due").content.decode()
    assert "Next is due Thu 19 Nov 16:12." in page
    assert 'href="?view=mine"' in page


@pytest.mark.parametrize(
    ("groups", "lands"),
    [
        (["Support agents"], f"{QUEUE}?view=mine_due"),
        (["Operations managers"], "/admin/"),
        (["Support agents", "Operations managers"], "/admin/"),
        ([], "/admin/"),
    ],
)
def test_where_people_land(client: Client, world: World, agent: User, groups: list[str], lands: str) -> None:
    agent.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    sent = client.post("/admin/login/?next=/admin/", {"username": "agent", "password": "agent", "next": "/admin/"})
    assert (sent.status_code, sent["Location"]) == (302, lands)


def test_a_deep_link_is_followed(client: Client, world: World, agent: User) -> None:
    agent.groups.add(Group.objects.get_or_create(name="Support agents")[0])
    sent = client.post("/admin/login/", {"username": "agent", "password": "agent", "next": "/admin/tracking/order/"})
    assert sent["Location"] == "/admin/tracking/order/"
