"""Undo from the queue: offered for 10 s, done by a compensating action, what changed meanwhile listed and skipped."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.tracking.admin.test_queue import QUEUE, act
from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.exception_queue import operations

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def agent(world: World) -> User:
    return person("agent", "act_on_case", "assign_others", team=world.team)


@pytest.fixture
def browser(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


def undo(browser: Client) -> str:
    return browser.post(QUEUE + "undo/", {"next": QUEUE + "?view=mine"}, follow=True).content.decode()


def test_a_taken_case_is_given_back(browser: Client, world: World) -> None:
    case = world.case()
    with clock.at(NOW):
        page = act(browser, "take", [case.pk])
        assert "q-undo" in page
        assert "Took 1 case." in page
    with clock.at(NOW + timedelta(seconds=9)):
        assert "Undone on 1 case." in undo(browser)
    case.refresh_from_db()
    assert (case.owner, case.state) == (None, "new")


def test_resolving_several_is_undone_but_for_what_changed_meanwhile(browser: Client, world: World) -> None:
    cases = [world.case(), world.case()]
    with clock.at(NOW):
        done = act(browser, "resolve", [case.pk for case in cases], confirmed="1", outcome="picked_up")
        assert "Resolved 2 cases." in done
    other = person("other", "act_on_case")
    with clock.at(NOW + timedelta(seconds=3)):
        operations.add_note(case_id=cases[1].pk, actor=other, now=clock.now(), note="Seen.")
        page = undo(browser)
    assert "Undone on 1 case." in page
    assert f"Skipped 1. C-{cases[1].pk}: other changed this case since." in page
    assert [type(case).objects.get(pk=case.pk).state for case in cases] == ["new", "resolved"]


def test_the_offer_ends(browser: Client, world: World) -> None:
    case = world.case()
    with clock.at(NOW):
        act(browser, "take", [case.pk])
    with clock.at(NOW + timedelta(seconds=11)):
        assert "q-undo" not in browser.get(QUEUE).content.decode()
    with clock.at(NOW + timedelta(seconds=16)):
        assert "It is too late to undo this." in undo(browser)
    case.refresh_from_db()
    assert case.owner is not None


def test_undo_works_once_and_only_when_offered(browser: Client, world: World) -> None:
    with clock.at(NOW):
        assert "too late" in undo(browser)
        act(browser, "take", [world.case().pk])
        assert "Undone on 1 case." in undo(browser)
        assert "too late" in undo(browser)


def test_a_note_is_not_offered_to_be_undone(browser: Client, world: World) -> None:
    with clock.at(NOW):
        page = act(browser, "note", [world.case().pk], confirmed="1", note="Called them")
    assert "Noted on 1 case." in page
    assert "q-undo" not in page


def test_undo_after_an_action_on_the_case_page(browser: Client, world: World) -> None:
    case = world.case()
    with clock.at(NOW):
        page = browser.post(f"{QUEUE}{case.pk}/do/take/", {"version": "1"}, follow=True).content.decode()
        assert f"Took C-{case.pk}." in page
        assert "q-undo" in page
        undo(browser)
    case.refresh_from_db()
    assert case.owner is None


def test_another_site_is_never_the_way_back(browser: Client, world: World) -> None:
    with clock.at(NOW):
        sent = browser.post(QUEUE + "undo/", {"next": "//evil.example/"})
    assert sent["Location"] == QUEUE


def test_care_level_is_set_and_undone(browser: Client, world: World) -> None:
    case = world.case()
    with clock.at(NOW):
        asked = act(browser, "care", [case.pk])
        assert "care is standard now" in asked
        assert "Set care of 1 case." in act(browser, "care", [case.pk], confirmed="1", care_level="high", note="VIP")
        case.shipment.refresh_from_db()
        assert case.shipment.care_level == "high"
        undo(browser)
    case.shipment.refresh_from_db()
    assert case.shipment.care_level == "standard"
