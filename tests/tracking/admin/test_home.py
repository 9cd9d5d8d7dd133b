"""Home: every number links to exactly its rows; a new installation says what comes next."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.test_queue import boxes
from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.models import InboundMessage, Source, TrackingCode

pytestmark = pytest.mark.django_db
HOME = "/admin/"
MOST_QUERIES = 25


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def manager(world: World) -> User:
    return person("manager", "act_on_case", team=world.team)


@pytest.fixture
def browser(client: Client, manager: User) -> Client:
    client.force_login(manager)
    return client


def home(browser: Client) -> str:
    answer = browser.get(HOME)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_root_leads_home(browser: Client) -> None:
    assert browser.get("/", follow=True).redirect_chain[-1][0] == HOME


def test_every_number_shows_exactly_its_rows(browser: Client, world: World, manager: User) -> None:
    world.case(left=timedelta(minutes=-5), opened_at=NOW - timedelta(days=8))
    world.case(left=timedelta(minutes=30), owner=manager, kind="lost")
    world.case(left=timedelta(hours=5), carrier=None, warehouse=None, opened_at=NOW - timedelta(days=2))
    acted = {"opened_at": NOW - timedelta(days=4), "first_responded_at": NOW - timedelta(days=4) + timedelta(hours=1)}
    world.resolved()
    world.resolved(ended=timedelta(days=3), **acted)
    world.resolved(ended=timedelta(days=2), kind="lost", **acted)
    world.resolved(ended=timedelta(days=30), opened_at=NOW - timedelta(days=31))
    page = home(browser)
    links = re.findall(r'<a[^>]*href="(/admin/tracking/exceptioncase/[^"]*)"[^>]*>(.*?)</a>', page, re.S)
    seen, chosen = 0, {part for address, _ in links for part in unescape(address).partition("?")[2].split("&")}
    for address, inside in links:
        number = re.fullmatch(
            r"(?:\d+ \w+, \w+: |[+−])?(\d+)(?: already late)?", re.sub(r"<[^>]+>", "", inside).strip()
        )
        big = re.search(r'class="v[^"]*">(\d+)<', inside)
        count = number or big
        if count and "change" not in address:
            seen += 1
            assert len(boxes(browser.get(unescape(address)).content.decode())) == int(count.group(1)), address
    assert seen >= 14 + 2 * 14
    assert {"cause=warehouse", "warehouse=none", "opened=2026-11-17", "answered=yes"} <= chosen
    assert "as of Thu 19 Nov 10:12:00 EST" in page


def test_feeds_codes_and_failed_messages(browser: Client, world: World) -> None:
    Source.objects.filter(pk=world.source.pk).update(
        feed_state="silent", failures_in_a_row=4, last_failure="The carrier answered 401.",
        last_message_at=NOW - timedelta(hours=9),
    )  # fmt: skip
    TrackingCode.objects.create(identity=2, source_kind="fedex", raw_code="ZZ", first_seen_at=NOW)
    InboundMessage.objects.create(
        source=world.source, transport="webhook", body=b"{}", body_hash=b"x" * 32, received_at=NOW, state="gave_up"
    )
    page = home(browser)
    for words in (
        "1 needs attention",
        "Silent, 4 failures in a row",
        "last message 9 h ago",
        "The carrier answered 401.",
        "1 unmapped code",
        "1 failed message",
    ):
        assert words in page, words


def test_queries_do_not_grow(browser: Client, world: World) -> None:
    counted = []
    for many in (10, 490):
        for _ in range(many):
            world.case()
        home(browser)
        with CaptureQueriesContext(connection) as seen:
            home(browser)
        counted.append(len(seen))
    assert counted[0] == counted[1] <= MOST_QUERIES


def test_a_new_installation_says_what_comes_next(client: Client) -> None:
    client.force_login(person("admin", "manage_sources"))
    page = home(client)
    assert "Nothing is connected yet" in page
    assert 'href="/admin/tracking/source/add/"' in page
    client.force_login(person("agent"))
    assert "An administrator connects sources." in home(client)


def test_nothing_open(browser: Client, world: World) -> None:
    page = home(browser)
    assert "Nothing is open." in page
    assert "–" in page


def test_who_may_see_nothing_is_told_so(client: Client, world: World) -> None:
    world.case()
    client.force_login(User.objects.create_user("new", is_staff=True))
    page = home(client)
    assert "Nothing here is open to you yet" in page
    assert "Next due" not in page
