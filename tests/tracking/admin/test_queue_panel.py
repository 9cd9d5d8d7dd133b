"""The panel beside the queue, who is at which case, and the numbers that a page asks for while it is open."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.test_queue import MOST_QUERIES, QUEUE, boxes
from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.exception_queue import own_views, presence
from tracking.exception_queue.wanted import Wanted
from tracking.models import CaseActivity, CustomerKnowledge, Presence

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
    return person("agent", "act_on_case", "assign_others", "reveal_personal_data", team=world.team)


@pytest.fixture
def browser(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def text(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_address_keeps_the_panel(browser: Client, world: World) -> None:
    case, other = world.case(evidence="No scan for 52 h since the label."), world.case()
    page = text(browser, f"{QUEUE}?kind=no_first_scan&peek={case.pk}")
    assert f'data-case="{case.pk}"' in page
    assert "What the customer reads now" in page
    assert [pk for pk in boxes(page) if pk == other.pk]
    assert 'href="?kind=no_first_scan"' in page  # closing leaves the list as it was
    assert "data-case" not in text(browser, QUEUE)


@pytest.mark.parametrize("peek", ["0", "987654", "x", "1e9", "-1", "9" * 40])
def test_a_case_that_does_not_exist_opens_no_panel(browser: Client, world: World, peek: str) -> None:
    world.case()
    assert "data-case" not in text(browser, f"{QUEUE}?peek={peek}")


def test_the_panel_alone(browser: Client, world: World) -> None:
    case = world.case()
    part = text(browser, f"{QUEUE}{case.pk}/peek/?kind=lost")
    assert part.lstrip().startswith("<article")
    assert PLANTED not in part
    assert "P. P." in part
    assert browser.get(f"{QUEUE}987654/peek/").status_code == 404


def test_a_case_outside_the_list_can_be_peeked_at(browser: Client, world: World) -> None:
    ended = world.resolved()
    page = text(browser, f"{QUEUE}?peek={ended.pk}")
    assert "js-row" not in page  # the list shows open cases
    assert 'value="reopen"' in page


def test_who_may_only_look_gets_no_buttons(client: Client, world: World) -> None:
    case = world.case()
    client.force_login(person("auditor"))
    page = text(client, f"{QUEUE}?peek={case.pk}")
    assert f'data-case="{case.pk}"' in page
    assert "q-acts" not in page


def test_queries_with_panel_presence_and_own_views(browser: Client, world: World, agent: User) -> None:
    colleague = person("colleague")
    outside = world.resolved()
    for name in ("one", "two"):
        own_views.save(user_id=agent.pk, name=name, wanted=Wanted(kind="lost"))
    counted = []
    for many in (10, 60):
        cases = [world.case() for _ in range(many)]
        Presence.objects.all().delete()
        presence.be_present(user_id=colleague.pk, case_id=cases[0].pk, kind="viewing", now=NOW)
        for peek in (cases[0].pk, outside.pk):
            with CaptureQueriesContext(connection) as seen:
                page = text(browser, f"{QUEUE}?peek={peek}")
            assert f'data-case="{peek}"' in page
            counted.append(len(seen))
    assert counted[0] == counted[2]
    assert counted[1] == counted[3]
    assert max(counted) <= MOST_QUERIES


def test_what_the_customer_knows(browser: Client, world: World) -> None:
    told, withheld, never = world.case(), world.case(), world.case()
    at = NOW - timedelta(hours=3)
    for case, state, reason in ((told, "told", ""), (withheld, "withheld", "label_only")):
        CustomerKnowledge.objects.create(
            shipment=case.shipment, topic="failed_attempt:2", state=state, at=at, reason=reason
        )
    rows = text(browser, QUEUE).split('<tr class="js-row')[1:]
    by_id = {pk: row for row in rows for pk in boxes(row)}
    assert "Failed attempt 2, Thu 19 Nov 07:12" in by_id[told.pk]
    assert "label only" in by_id[withheld.pk]
    assert "Never told" in by_id[never.pk]


def beat(browser: Client, **sent: object) -> dict:
    answer = browser.post(QUEUE + "presence/", sent)
    assert answer.status_code == 200
    return answer.json()


def test_people_see_each_other_for_45_seconds(client: Client, world: World, agent: User) -> None:
    case, other = world.case(), world.case()
    colleague = person("colleague", "act_on_case")
    client.force_login(colleague)
    assert beat(client, case=case.pk, kind="editing", shown=f"{case.pk},{other.pk}")["at"] == {}  # not oneself
    client.force_login(agent)
    found = beat(client, case=other.pk, kind="viewing", shown=f"{case.pk},{other.pk}")
    assert [person["name"] for person in found["at"][str(case.pk)]] == ["colleague"]
    assert found["at"][str(case.pk)][0]["kind"] == "editing"
    assert found["versions"] == {str(case.pk): 1, str(other.pk): 1}
    assert "colleague is writing on it" in text(client, QUEUE)
    with clock.at(NOW + timedelta(seconds=46)):
        assert beat(client, shown=f"{case.pk}")["at"] == {}
        assert "colleague is writing on it" not in text(client, QUEUE)


def test_looking_is_no_response(browser: Client, world: World) -> None:
    case = world.case()
    before = case.activities.count()
    beat(browser, case=case.pk, kind="viewing", shown=str(case.pk))
    text(browser, f"{QUEUE}{case.pk}/peek/")
    case.refresh_from_db()
    assert (case.first_responded_at, case.version, case.last_person_action_at) == (None, 1, None)
    assert CaseActivity.objects.filter(case=case).count() == before


def test_presence_stays_small(browser: Client, world: World, agent: User) -> None:
    cases = [world.case() for _ in range(5)]
    for number, case in enumerate(cases):
        with clock.at(NOW + timedelta(minutes=number)):
            beat(browser, case=case.pk, kind="viewing")
    assert list(Presence.objects.values_list("case", flat=True)) == [cases[-1].pk]
    beat(browser, left=cases[-1].pk)
    assert not Presence.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"case": "x"}, {"case": "987654", "kind": "viewing"}, {"shown": "a,,1e9,-3"}])
def test_nonsense_is_passed_over(browser: Client, world: World, sent: dict[str, str]) -> None:
    assert beat(browser, **sent)["at"] == {}
    assert not Presence.objects.exists()


def test_an_unknown_kind_is_passed_over(browser: Client, world: World) -> None:
    beat(browser, case=world.case().pk, kind="staring")
    assert not Presence.objects.exists()


def test_numbers_while_the_page_is_open(browser: Client, world: World, agent: User) -> None:
    world.case(owner=agent, left=timedelta(minutes=5))
    world.case(kind="lost")
    view = own_views.save(user_id=agent.pk, name="Lost ones", wanted=Wanted(kind="lost"))
    found = browser.get(QUEUE + "counts/").json()["views"]
    assert (found["mine"]["count"], found["open"]["count"], found[f"own-{view.pk}"]["count"]) == ("1", "2", "1")
    assert found["mine_due"]["tint"] == "pri"


def test_strangers_get_nothing(client: Client, world: World) -> None:
    case = world.case()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    for address in ("counts/", "views/", f"{case.pk}/peek/"):
        assert client.get(QUEUE + address).status_code == 403
    assert client.post(QUEUE + "presence/").status_code == 403
    assert client.get(QUEUE + "presence/").status_code == 403
