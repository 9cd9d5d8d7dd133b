"""The page of one case: truth first, every action by plain forms, conflicts told, at a constant cost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.models import CaseActivity, ExceptionCase, Macro, RevealLog, Shipment
from tracking.shipments.queries import told

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25


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


def address(case: ExceptionCase, name: str = "") -> str:
    return f"/admin/tracking/exceptioncase/{case.pk}/" + (f"do/{name}/" if name else "change/")


def read(browser: Client, case: ExceptionCase) -> str:
    answer = browser.get(address(case))
    assert answer.status_code == 200
    return answer.content.decode()


def send(browser: Client, case: ExceptionCase, name: str, status: int = 200, **values: object) -> str:
    answer = browser.post(address(case, name), {"version": case.version, **values}, follow=True)
    assert answer.status_code == status, answer.content.decode()[:2000]
    case.refresh_from_db()
    return answer.content.decode()


def test_the_customers_sentence_comes_first_and_byte_for_byte(browser: Client, world: World) -> None:
    case = world.case()
    page = read(browser, case)
    sentence = told(case.shipment).text
    assert sentence
    assert f'<p class="says" lang="en">{escape(sentence)}</p>' in page
    assert page.index(escape(sentence)) < page.index("Signals")


def test_a_sentence_in_another_language_has_the_readers_below(browser: Client, world: World) -> None:
    case = world.case()
    world.store.default_language = "es"
    world.store.save()
    page = read(browser, case)
    found = told(ExceptionCase.objects.select_related("shipment__store").get(pk=case.pk).shipment)
    assert found.language == "es"
    assert found.text != found.translation
    assert page.index(escape(found.text)) < page.index(escape(found.translation))


def test_signals_clocks_rule_and_story_are_there(browser: Client, world: World) -> None:
    case = world.case(left=timedelta(minutes=-102), reopened_count=2, reopened_at=NOW)
    page = read(browser, case)
    for words in (
        "No scan for 52 h since the label.",
        "late 1 h 42",
        "by rule 99 “Everything else”, version 1",
        "Reopened 2 times",
        "“Shipment information sent to FedEx 0”",
        "Case opened",
        "Status: Label created",
        "Signal: No first scan",
        "Thu 19 Nov 10:12:00 EST",
        "7712 4430 0001",
    ):
        assert words in page, words
    assert f"/admin/tracking/inboundmessage/{1}/change/" in page


def test_a_day_only_time_shows_no_clock(browser: Client, world: World) -> None:
    case = world.case()
    case.shipment.events.update(precision="date", local_date=(NOW - timedelta(days=2)).date())
    assert re.search(r"<time[^>]*>Tue 17 Nov</time>", read(browser, case))


@pytest.mark.parametrize("kind", ["unknown", "abc", "999999999999"])
def test_no_such_case(browser: Client, world: World, kind: str) -> None:
    assert browser.get(f"/admin/tracking/exceptioncase/{kind}/change/").status_code == 404


def test_queries_do_not_grow(browser: Client, world: World) -> None:
    counted = []
    for many in (10, 500):
        case = world.case(events=many)
        CaseActivity.objects.bulk_create(
            CaseActivity(case=case, kind="note", at=NOW, note=f"note {number}", after={"owner_id": 1})
            for number in range(many)
        )
        read(browser, case)
        with CaptureQueriesContext(connection) as seen:
            read(browser, case)
        counted.append(len(seen))
    assert counted[0] == counted[1] <= MOST_QUERIES


def test_take_then_acknowledge_then_give_back(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    assert f"Took C-{case.pk}." in send(browser, case, "take")
    assert (case.owner, case.state) == (agent, "acknowledged")
    assert f"Gave back C-{case.pk}." in send(browser, case, "release")
    assert case.owner is None
    send(browser, case, "acknowledge")
    assert case.owner == agent


def test_note(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    page = send(browser, case, "note", note="Trailer 14 left <without> it.")
    assert "“Trailer 14 left &lt;without&gt; it.”" in page
    assert CaseActivity.objects.filter(case=case, kind="note", actor=agent).count() == 1


def test_next_action_in_the_readers_zone(browser: Client, world: World) -> None:
    case = world.case()
    page = send(browser, case, "next", text="Call the dock", due_at="2026-11-19T14:30")
    assert case.next_action == "Call the dock"
    assert case.next_action_due_at.isoformat() == "2026-11-19T19:30:00+00:00"
    assert "Thu 19 Nov 14:30" in page


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("next", {"text": "Call", "due_at": "2026-11-19T09:00"}, "This time lies in the past."),
        ("next", {"text": "", "due_at": "2026-11-19T15:00"}, "This field is required."),
        ("next", {"text": "Call", "due_at": "soon"}, "Enter a valid date/time."),
        ("wait", {"span": "", "until": ""}, "Say until when to wait, or wait for the next scan."),
        ("wait", {"until": "2026-11-18T09:00"}, "This time lies in the past."),
        ("assign", {}, "Choose a person or a team."),
        ("note", {"note": "  "}, "This field is required."),
        ("resolve", {"outcome": ""}, "This field is required."),
        ("resolve", {"outcome": "cleared_itself"}, "is not one of the available choices"),
        ("resolve", {"outcome": "not_an_exception"}, "Say why it is not an exception."),
        ("resolve", {"outcome": "refunded"}, "somebody who may approve money has to resolve this case"),
    ],
)
def test_what_cannot_be_done_says_why_and_keeps_the_form_open(
    browser: Client, world: World, name: str, values: dict[str, str], words: str
) -> None:
    case = world.case()
    page = send(browser, case, name, 422, **values)
    assert words in page
    assert re.search(r'<details class="k-act" name="act" data-key="\w" open>', page)
    assert (case.version, case.state) == (1, "new")


def test_wait_for_a_scan(browser: Client, world: World) -> None:
    case = world.case()
    page = send(browser, case, "wait", span="", for_scan="on", waiting_on="the warehouse")
    assert (case.state, case.waiting_for_scan, case.waiting_until) == ("waiting", True, None)
    assert "Waiting on <b>the warehouse</b> until the next scan" in page


def test_resolve_and_reopen(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    page = send(browser, case, "resolve", outcome="address_corrected", note="Flat 4")
    assert (case.state, case.outcome, case.resolved_by) == ("resolved", "address_corrected", agent)
    assert "Address corrected" in page
    assert "Settled by a person" in page
    assert 'data-key="r"' not in page
    send(browser, case, "reopen", note="It came back")
    assert (case.state, case.reopened_count) == ("acknowledged", 1)


def test_conflict_shows_theirs_and_keeps_mine(browser: Client, world: World) -> None:
    case = world.case()
    other = Client()
    other.force_login(person("colleague", "act_on_case"))
    mine = {"version": case.version, "text": "Call the dock myself", "due_at": "2026-11-19T16:00"}
    send(other, case, "take")
    answer = browser.post(address(case, "next"), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "colleague changed this case while you had it open." in page
    assert "Call the dock myself" in page
    assert "colleague" in page
    assert case.next_action in page
    case.refresh_from_db()
    assert case.next_action != "Call the dock myself"
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    again = {**mine, "version": version.group(1)}
    assert browser.post(address(case, "next"), again).status_code == 302
    case.refresh_from_db()
    assert case.next_action == "Call the dock myself"


def test_a_resolved_case_cannot_be_worked_on_unknowingly(browser: Client, world: World) -> None:
    case = world.resolved()
    page = send(browser, case, "wait", 409, span="2h")
    assert "resolved already" in page
    assert "all the same" not in page


def test_who_may_only_look_sees_no_forms_and_is_refused(client: Client, world: World) -> None:
    case = world.case()
    client.force_login(person("auditor"))
    page = read(client, case)
    assert "You may look at cases, but not act on them." in page
    assert "/do/" not in page
    for name in ("take", "resolve", "note"):
        assert client.post(address(case, name), {"note": "x"}).status_code == 403
    assert client.post(f"/admin/tracking/exceptioncase/{case.pk}/reveal/").status_code == 403


def test_nothing_is_done_by_get_or_without_the_forms_secret(world: World, agent: User) -> None:
    case = world.case()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    assert strict.get(address(case, "take")).status_code == 405
    assert strict.post(address(case, "take"), {}).status_code == 403
    assert strict.post(address(case, "fly"), {}).status_code == 403


def test_next_leads_only_to_ourselves(browser: Client, world: World) -> None:
    for wanted, led in (
        ("/admin/tracking/exceptioncase/?view=mine", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
    ):
        case = world.case()
        answer = browser.post(address(case, "acknowledge"), {"next": wanted})
        assert (answer["Location"] == wanted) is led
        assert answer["Location"].startswith("/admin/tracking/exceptioncase/")


def test_personal_data_is_shown_only_after_a_logged_look(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    assert PLANTED not in read(browser, case)
    assert "Planted Person" not in read(browser, case)
    page = browser.post(f"/admin/tracking/exceptioncase/{case.pk}/reveal/", follow=True).content.decode()
    assert PLANTED in page
    assert case.order is not None
    assert RevealLog.objects.filter(user=agent, customer=case.order.customer, at=NOW, where=f"case {case.pk}").exists()
    with clock.at(NOW + timedelta(minutes=16)):
        assert PLANTED not in read(browser, case)


def test_personal_data_in_free_texts_is_masked_too(browser: Client, world: World) -> None:
    told = f"Write to {PLANTED}"
    case = world.case(
        evidence=told, next_action=told, state="waiting", waiting_on=told, waiting_until=NOW + timedelta(hours=2)
    )
    case.shipment.events.update(own_text=told)
    CaseActivity.objects.create(case=case, kind="note", at=NOW, note=told, actor=User.objects.get(username="agent"))
    ended = world.resolved(outcome_note=told)
    auditor = Client()
    auditor.force_login(person("auditor"))
    for reader in (browser, auditor):
        for page in (read(reader, case), read(reader, ended), *map(_text_of(reader), ("", "?state=resolved"))):
            assert "Write to" in page
            assert PLANTED not in page


def _text_of(reader: Client) -> Callable[[str], str]:
    return lambda query: reader.get(f"/admin/tracking/exceptioncase/{query}").content.decode()


def test_long_and_missing_values(browser: Client, world: World) -> None:
    case = world.case(
        with_order=False, next_action="<i>" + "w" * 290, evidence="<i>" + "e" * 490, carrier=None, warehouse=None,
        routed_by=None,
    )  # fmt: skip
    case.shipment.number, case.shipment.sentence_key, case.shipment.carrier = "", "", None
    case.shipment.save()
    page = read(browser, case)
    assert "<i>" not in page
    assert "Nothing yet: nothing is known of this parcel." in page
    assert "none yet" in page


def test_queries_stay_few_on_a_page_that_shows_everything(browser: Client, world: World, agent: User) -> None:
    case, other = world.case(), world.case()
    Macro.objects.create(name="Rang them", note="Rang them.")
    ExceptionCase.objects.filter(pk=other.pk).update(order=case.order)
    Shipment.objects.filter(pk=other.shipment_id).update(order=case.order)
    send(browser, case, "care", care_level="high", note="A wedding")
    send(browser, case, "promise", subject="arrival", text="There on Friday", due_at="2026-11-20T16:00")
    ExceptionCase.objects.filter(pk=case.pk).update(claim_due_at=NOW + timedelta(days=3))
    read(browser, case)
    with CaptureQueriesContext(connection) as seen:
        page = read(browser, case)
    for words in ("High care, set by agent", "A wedding", "A promise to the customer is due", "Claim with the",
                  f"C-{other.pk}", "Rang them", "Also on the other 1 of this order"):  # fmt: skip
        assert words in page, words
    assert len(seen) <= MOST_QUERIES


def test_a_promise_a_macro_and_the_siblings_in_one_go(browser: Client, world: World, agent: User) -> None:
    case, other = world.case(), world.case()
    ExceptionCase.objects.filter(pk=other.pk).update(order=case.order)
    macro = Macro.objects.create(name="Rang them", note="Rang them.", next_action="Ring again", due_hours=4)
    send(browser, case, "macro", macro=str(macro.pk))
    assert case.next_action == "Ring again"
    send(browser, case, "promise", subject="other", text="A letter", due_at="2026-11-20T16:00")
    assert case.next_action == "Keep the promise: A letter"
    send(browser, case, "promised", state="kept")
    assert case.promise_due_at is None
    page = send(browser, case, "resolve", siblings="on", outcome="not_an_exception", reason="usual_for_lane")
    other.refresh_from_db()
    assert (case.outcome, other.outcome) == ("not_an_exception", "not_an_exception")
    assert f"Resolved C-{case.pk}, C-{other.pk} of one order." in page
    assert "Usual for this lane" in page


def test_one_undo_takes_an_action_back_from_the_siblings_too(browser: Client, world: World, agent: User) -> None:
    case, other = world.case(), world.case()
    ExceptionCase.objects.filter(pk=other.pk).update(order=case.order)
    send(browser, case, "acknowledge", siblings="on")
    assert set(ExceptionCase.objects.values_list("state", "owner")) == {("acknowledged", agent.pk)}
    browser.post(reverse("admin:tracking_queue_undo"))
    assert set(ExceptionCase.objects.values_list("state", "owner")) == {("new", None)}


def test_the_cost_is_kept_in_minor_units(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    send(browser, case, "resolve", 422, outcome="claim_paid", cost="12.50", currency="E")
    page = send(browser, case, "resolve", outcome="claim_paid", cost="12.50", currency="eur")
    assert (case.cost_minor, case.cost_currency) == (1250, "EUR")
    assert "It cost us <b>€12.50</b>" in page


def test_the_story_says_what_the_system_did_and_what_people_did(browser: Client, world: World, agent: User) -> None:
    case = world.case()
    CaseActivity.objects.create(
        case=case, kind="escalated", at=NOW, note="Step 1: the owner is told.", after={"step": 1}
    )
    CaseActivity.objects.create(case=case, kind="taken", at=NOW, actor=agent, after={"owner_id": agent.pk})
    CaseActivity.objects.create(case=case, kind="note", at=NOW, actor=agent, note="The dock is called.")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", read(browser, case)))
    assert "Escalated Step 1: the owner is told." in page
    assert "agent took it " in page
    assert "took it to" not in page
    assert "agent noted “The dock is called.”" in page


def test_the_story_says_when_the_next_action_is_due_now(browser: Client, world: World) -> None:
    case = world.case()
    text, due = "Call the dock", NOW + timedelta(days=1)
    for at in (due, due + timedelta(hours=2), due + timedelta(hours=2)):
        send(browser, case, "next", text=text, due_at=f"{at:%Y-%m-%dT%H:%M}")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", read(browser, case)))
    assert re.search(r"agent set the next action: Call the dock · due \w+ \d+ \w+ \d\d:\d\d", page)
    assert re.search(r"agent moved the next action: due \w+ \d+ \w+ \d\d:\d\d", page)
    assert "agent confirmed the next action" in page
