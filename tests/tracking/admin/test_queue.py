"""The exception queue: what it shows, in which order, at what cost, and what can be done from it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.exception_queue.wanted import VIEWS
from tracking.models import CaseActivity, ExceptionCase, Team

pytestmark = pytest.mark.django_db
QUEUE = "/admin/tracking/exceptioncase/"
MOST_QUERIES = 15


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


def boxes(page: str) -> list[int]:
    """Ids of the selection boxes in their order; one a line, as tools that read the page expect."""
    lines = [line for line in page.splitlines() if 'name="_selected_action"' in line]
    return [int(pk) for line in lines for pk in re.findall(r'value="(\d+)"', line)[:1]]


def listed(browser: Client, query: str = "") -> list[int]:
    answer = browser.get(QUEUE + query)
    assert answer.status_code == 200
    return boxes(answer.content.decode())


def counters(page: str) -> dict[str, tuple[str, int]]:
    """Address and number of each view as the page shows them."""
    one = r'<a href="([^"]*)" class="st-chip[^>]*>[^<]* <span class="n" data-count="([\w-]+)">(\d+)<'
    found = re.findall(one, page.replace("Breaching &lt; 1 h", "Breaching"))
    return {key: (unescape(address), int(count)) for address, key, count in found}


def test_without_parameters_all_open_cases_by_time_left(browser: Client, world: World) -> None:
    later = world.case(left=timedelta(hours=3))
    late = world.case(left=timedelta(minutes=-102), state="acknowledged")
    waiting = world.case(left=timedelta(days=2), state="waiting")
    world.resolved()
    assert listed(browser) == [late.pk, later.pk, waiting.pk]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=new", ["unowned", "mine"]),
        ("?state=waiting", ["theirs"]),
        ("?state=resolved", ["ended"]),
        ("?state=any", ["unowned", "mine", "theirs", "ended"]),
        ("?view=mine", ["mine"]),
        ("?view=unowned", ["unowned"]),
        ("?view=breaching", ["unowned", "mine"]),
        ("?view=late", ["unowned"]),
        ("?owner=me", ["mine"]),
        ("?owner=none", ["unowned"]),
        ("?owner={theirs}", ["theirs"]),
        ("?severity=critical", ["unowned"]),
        ("?kind=lost", ["unowned"]),
        ("?care=high", ["mine"]),
        ("?carrier={carrier}", ["unowned", "mine"]),
        ("?carrier=none", ["theirs"]),
        ("?warehouse={warehouse}&severity=medium", ["mine", "theirs"]),
        ("?team={team}", ["unowned", "mine", "theirs"]),
        ("?opened=24h&state=any", ["unowned", "mine", "ended"]),
        ("?state=resolved&ended=24h", ["ended"]),
        ("?kind=nonsense&carrier=1e9", ["unowned", "mine", "theirs"]),
    ],
)
def test_choices(browser: Client, world: World, agent: User, query: str, names: list[str]) -> None:
    other = person("other", team=world.team)
    cases = {
        "unowned": world.case(left=timedelta(minutes=-5), severity="critical", kind="lost"),
        "mine": world.case(left=timedelta(minutes=50), owner=agent, care_level="high"),
        "theirs": world.case(
            left=timedelta(days=2), owner=other, state="waiting", carrier=None, opened_at=NOW - timedelta(days=9)
        ),
        "ended": world.resolved(left=timedelta(days=3)),
    }
    address = query.format(theirs=other.pk, carrier=world.carrier.pk, warehouse=world.warehouse.pk, team=world.team.pk)
    assert listed(browser, address) == [cases[name].pk for name in names]


def test_every_counter_shows_exactly_its_rows(browser: Client, world: World, agent: User) -> None:
    for minutes in (-5, 30, 90):
        world.case(left=timedelta(minutes=minutes))
    world.case(owner=agent, state="acknowledged")
    world.resolved()
    page = browser.get(QUEUE).content.decode()
    links = counters(page)
    assert len(links) == len(VIEWS)
    for address, count in links.values():
        assert len(boxes(browser.get(address).content.decode())) == count, address
    assert links["mine"][1] == 1
    assert links["unowned"][1] == links["breaching"][1] == 3


def test_choices_that_came_by_a_link_are_shown_and_kept(browser: Client, world: World) -> None:
    page = browser.get(QUEUE + "?state=any&opened=7d&cause=warehouse").content.decode()
    assert "Opened: within 7 days" in page
    assert '<input type="hidden" name="opened" value="7d">' in page
    assert "Cause: Warehouse" in page
    assert "Only: late ones" in browser.get(QUEUE + "?view=late").content.decode()


def test_resolved_cases_are_newest_first(browser: Client, world: World) -> None:
    old, new = world.resolved(ended=timedelta(days=3)), world.resolved(ended=timedelta(hours=1))
    assert listed(browser, "?state=resolved") == [new.pk, old.pk]


@pytest.mark.parametrize("typed", ["#10401", "10401", " 10401 ", "7712 4430 0001", "771244300001", "C-{pk}", "c-{pk}"])
def test_search(browser: Client, world: World, typed: str) -> None:
    wanted = world.case()
    world.case()
    assert wanted.order is not None
    assert wanted.order.number == "#10401"
    assert listed(browser, "?q=" + typed.format(pk=wanted.pk).replace("#", "%23").replace(" ", "+")) == [wanted.pk]


def test_search_looks_through_resolved_cases_too(browser: Client, world: World) -> None:
    ended = world.resolved()
    assert listed(browser, "?q=10401") == [ended.pk]
    assert listed(browser, "?q=10401&state=new") == []


def test_search_by_address_only_for_those_who_may_see_it(client: Client, world: World) -> None:
    case = world.case()
    client.force_login(person("agent", "act_on_case", "reveal_personal_data"))
    assert listed(client, f"?q={PLANTED}") == [case.pk]
    client.force_login(person("blind", "act_on_case"))
    assert listed(client, f"?q={PLANTED}") == []


@pytest.mark.parametrize("query", ["", "?q=10401", "?state=resolved", "?view=breaching"])
def test_personal_data_is_masked(browser: Client, world: World, query: str) -> None:
    world.case()
    world.resolved()
    page = browser.get(QUEUE + query).content.decode()
    assert PLANTED not in page
    assert "Planted Person" not in page
    assert "P. P." in page


def test_queries_do_not_grow(browser: Client, world: World) -> None:
    counted = []
    for many in (10, 490):
        for _ in range(many):
            world.case()
        browser.get(QUEUE)
        with CaptureQueriesContext(connection) as seen:
            page = browser.get(QUEUE).content.decode()
        counted.append(len(seen))
    assert len(boxes(page)) == 50
    assert counted[0] == counted[1] <= MOST_QUERIES


def test_pages(browser: Client, world: World) -> None:
    cases = [world.case(left=timedelta(minutes=number)) for number in range(1, 53)]
    assert listed(browser) == [case.pk for case in cases[:50]]
    page = browser.get(QUEUE).content.decode()
    assert 'rel="next" href="?p=2"' in page
    assert listed(browser, "?p=2") == [case.pk for case in cases[50:]]


def test_long_and_hostile_values_are_escaped(browser: Client, world: World) -> None:
    case = world.case(next_action="<script>alert(1)</script>" + "x" * 270, evidence="<b>" + "y" * 480, with_order=False)
    page = browser.get(QUEUE).content.decode()
    assert "<script>alert" not in page
    assert escape(case.next_action) in page
    assert "no order" in page


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "No open exceptions"),
        ("?view=mine", "Nothing is yours"),
        ("?view=unowned", "Every open case has an owner"),
        ("?view=breaching", "Nothing is late"),
        ("?kind=lost", "No case fits"),
        ("?q=nowhere", "Nothing found"),
    ],
)
def test_empty_lists_say_why(browser: Client, world: World, query: str, words: str) -> None:
    page = browser.get(QUEUE + query).content.decode()
    assert words in page
    assert boxes(page) == []


def act(browser: Client, name: str, ids: list[int], **more: str) -> str:
    sent = {"action": name, "index": "0", "_selected_action": [str(each) for each in ids], **more}
    return browser.post(QUEUE, sent, follow=True).content.decode()


def test_take_several_says_first_what_will_happen(browser: Client, world: World, agent: User) -> None:
    other = person("other", "act_on_case")
    free, taken = world.case(), world.case(owner=other, owner_set_by_person=True)
    asked = act(browser, "take", [free.pk, taken.pk, 987654])
    assert "Take: 3 cases" in asked
    assert "other has it: left as it is" in asked
    assert "1 of the selected cases does not exist" in asked
    assert re.search(rf'value="{free.pk}" checked', asked)
    assert not re.search(rf'value="{taken.pk}" checked', asked)
    assert not CaseActivity.objects.filter(kind="taken").exists()
    page = act(browser, "take", [free.pk, taken.pk, 987654], confirmed="1")
    assert "Took 1 case." in page
    assert f"Skipped 2. C-{taken.pk}: other has this case." in page
    again = act(browser, "take", [987654, 987655], confirmed="1")
    assert "Skipped 2. C-987654, C-987655: This case does not exist." in again
    assert "C-987654: This case does not exist." in page
    free.refresh_from_db()
    assert free.owner == agent
    assert CaseActivity.objects.filter(case=free, kind="taken", actor=agent, at=NOW).exists()
    taken.refresh_from_db()
    assert taken.owner == other


def test_one_case_is_taken_at_once(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    assert "Took 1 case." in act(browser, "take", [case.pk])
    case.refresh_from_db()
    assert case.owner == agent


def test_a_case_that_left_the_view_meanwhile_is_reported_not_dropped(browser: Client, world: World) -> None:
    ended = world.resolved()
    assert f"Skipped 1. C-{ended.pk}: This case is resolved already" in act(browser, "acknowledge", [ended.pk])


def test_resolve_several_asks_first_and_shows_the_cases(browser: Client, world: World) -> None:
    cases = [world.case(), world.case()]
    ids = [case.pk for case in cases]
    asked = act(browser, "resolve", ids)
    assert "Resolve: 2 cases" in asked
    assert boxes(asked) == ids
    assert not ExceptionCase.objects.filter(state="resolved").exists()
    without = act(browser, "resolve", ids, confirmed="1", outcome="")
    assert "This field is required" in without
    assert boxes(without) == ids
    done = act(browser, "resolve", ids, confirmed="1", outcome="picked_up", note="At the counter")
    assert "Resolved 2 cases." in done
    assert set(ExceptionCase.objects.values_list("state", "outcome", "outcome_note")) == {
        ("resolved", "picked_up", "At the counter")
    }


def test_money_outcomes_are_refused_case_by_case(browser: Client, world: World) -> None:
    case = world.case()
    page = act(browser, "resolve", [case.pk], confirmed="1", outcome="refunded")
    assert "Skipped 1." in page
    assert "approve money" in page


def test_wait_and_assign_several(browser: Client, world: World) -> None:
    one, two = world.case(), world.case()
    assert "Put aside 1 case." in act(browser, "wait", [one.pk], confirmed="1", span="1d", waiting_on="FedEx")
    one.refresh_from_db()
    assert (one.state, one.waiting_on) == ("waiting", "FedEx")
    assert one.waiting_until is not None
    assert one.waiting_until.isoformat() == "2026-11-20T14:00:00+00:00"  # nine in the morning in New York
    desk = Team.objects.create(name="Carrier desk", slug="desk")
    assert "Assigned 1 case." in act(browser, "assign", [two.pk], confirmed="1", team=str(desk.pk))
    two.refresh_from_db()
    assert (two.team, two.owner) == (desk, None)


def test_who_may_not_act_sees_no_boxes_and_changes_nothing(client: Client, world: World) -> None:
    case = world.case()
    client.force_login(person("auditor"))
    assert listed(client) == []
    assert f"C-{case.pk}" not in act(client, "take", [case.pk])
    case.refresh_from_db()
    assert case.owner is None


def test_strangers_are_sent_to_the_login(client: Client, world: World) -> None:
    world.case()
    assert client.get(QUEUE).status_code == 302


def test_the_side_bar_counts_open_cases(browser: Client, world: World) -> None:
    world.case()
    world.case()
    world.resolved()
    assert re.search(r"Exception queue</span>.*?>\s*2\s*</span>", browser.get(QUEUE).content.decode(), re.S)
