"""Shipments: the page tells the whole story at a constant cost, the list finds parcels by what people type."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.models import Customer, Shipment, TrackingEvent
from tracking.shipments.queries import ids_by_text, ids_by_tracking_number, told

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25
LIST = "/admin/tracking/shipment/"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def agent(client: Client, world: World) -> User:
    user = person("agent", "act_on_case", team=world.team)
    client.force_login(user)
    return user


def page(client: Client, parcel: Shipment) -> str:
    answer = client.get(f"{LIST}{parcel.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.usefixtures("agent")
def test_the_sentence_comes_first_byte_for_byte(client: Client, world: World) -> None:
    parcel = world.case().shipment
    html = page(client, parcel)
    sentence = told(parcel).text
    assert sentence
    assert f"data-sentence>{escape(sentence)}</p>" in html
    assert html.index("data-sentence") < html.index("First real scan")


@pytest.mark.usefixtures("agent")
def test_a_spanish_customer_reads_spanish_and_the_agent_english_below(client: Client, world: World) -> None:
    parcel = world.case().shipment
    Customer.objects.update(locale="es-MX")
    html = page(client, parcel)
    shown = told(Shipment.objects.select_related("order__customer", "store").get(pk=parcel.pk))
    assert shown.text != shown.translation
    assert shown.translation
    assert f'lang="es-MX" data-sentence>{escape(shown.text)}</p>' in html
    assert escape(shown.translation) in html


@pytest.mark.usefixtures("agent")
def test_facts_say_where_they_come_from_and_every_event_leads_to_its_raw_message(client: Client, world: World) -> None:
    case = world.case(events=2)
    html = page(client, case.shipment)
    assert "FedEx Track says so" in html
    assert "a label is not movement" in html
    assert f"/admin/tracking/exceptioncase/{case.pk}/change/" in html
    assert html.count("/admin/tracking/inboundmessage/1/change/") == 2
    assert "Why quiet?" in html
    assert "would fire" in html or "fired" in html


@pytest.mark.usefixtures("agent")
def test_a_day_stays_a_day(client: Client, world: World) -> None:
    case = world.case(events=1)
    TrackingEvent.objects.update(precision="date", local_date=(NOW - timedelta(days=2)).date(), time_text="2026-11-17")
    html = page(client, case.shipment)
    assert "Tue 17 Nov<br>day only" in html


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("events", [10, 500])
def test_the_page_costs_the_same_whatever_happened(client: Client, world: World, events: int) -> None:
    parcel = world.case(events=events).shipment
    client.get(f"{LIST}{parcel.pk}/change/")
    with CaptureQueriesContext(connection) as queries:
        html = page(client, parcel)
    assert html.count("raw message") == events
    few = world.case(events=1).shipment
    with CaptureQueriesContext(connection) as fewer:
        page(client, few)
    assert len(queries) == len(fewer)
    assert len(queries) <= MOST_QUERIES


@pytest.mark.usefixtures("agent")
def test_correcting_the_status_takes_a_reason_and_shows_at_once(client: Client, world: World) -> None:
    parcel = world.case().shipment
    refused = client.post(f"{LIST}{parcel.pk}/correct/", {"status": "delivered", "note": ""})
    assert "This field is required." in refused.content.decode()
    done = client.post(f"{LIST}{parcel.pk}/correct/", {"status": "delivered", "note": "Customer has it"}, follow=True)
    parcel.refresh_from_db()
    assert parcel.status == "delivered"
    assert "Customer has it" in done.content.decode()


@pytest.mark.usefixtures("agent")
def test_settling_what_did_not_move_is_refused_in_words(client: Client, world: World) -> None:
    parcel = world.case().shipment
    answer = client.post(f"{LIST}{parcel.pk}/settle/", {"note": "nothing"}, follow=True)
    assert "Nothing moved after the end of this parcel." in answer.content.decode()


@pytest.mark.usefixtures("agent")
def test_the_page_leads_to_disputes_and_names_those_there_are(client: Client, world: World) -> None:
    parcel = world.case().shipment
    assert f"/admin/tracking/dispute/open/{parcel.pk}/" in page(client, parcel)
    sent = {"kind": "wrong_address", "source": "agent", "said": "It is number 9."}
    client.post(f"/admin/tracking/dispute/open/{parcel.pk}/", sent)
    assert f"/admin/tracking/dispute/{parcel.disputes.get().pk}/change/" in page(client, parcel)


def test_who_may_only_look_cannot_correct(client: Client, world: World) -> None:
    client.force_login(person("auditor"))
    parcel = world.case().shipment
    assert "Correct the status" not in page(client, parcel)
    sent = client.post(f"{LIST}{parcel.pk}/correct/", {"status": "delivered", "note": "x"})
    assert sent.status_code == 403
    parcel.refresh_from_db()
    assert parcel.status == "label_created"


@pytest.mark.usefixtures("agent")
def test_a_joined_parcel_leads_to_the_one_that_lives_on(client: Client, world: World) -> None:
    lives = world.case().shipment
    joined = world.shipment(None, number="", merged_into=lives)
    answer = client.get(f"{LIST}{joined.pk}/change/")
    assert answer["Location"] == f"{LIST}{lives.pk}/change/"
    assert client.get(f"{LIST}987654/change/").status_code == 404


def test_numbers_are_found_as_people_write_them(world: World) -> None:
    parcel = world.case().shipment  # 771244300001, order 10401
    other = world.case().shipment
    assert ids_by_tracking_number("7712 4430 0001") == [parcel.pk]
    assert set(ids_by_tracking_number("7712-4430")) == {parcel.pk, other.pk}
    assert ids_by_tracking_number("7712 4430 00019") == []
    assert ids_by_text("#10401") == [parcel.pk]
    assert set(ids_by_text("104")) == {parcel.pk, other.pk}
    assert ids_by_text("  ") == []


@pytest.mark.usefixtures("agent")
def test_the_list_narrows_by_search_tab_and_look(client: Client, world: World) -> None:
    first, second = world.case().shipment, world.case().shipment
    Shipment.objects.filter(pk=second.pk).update(claimed_twice=True, status="delivered")

    def shown(query: str) -> list[int]:
        answer = client.get(LIST + query)
        assert answer.status_code == 200
        return [row.pk for row in answer.context["cl"].result_list]

    assert shown("") == [second.pk, first.pk]
    assert shown("?q=7712+4430+0001") == [first.pk]
    assert shown("?q=10402") == [second.pk]
    assert shown("?q=nothing") == []
    assert shown("?look=claimed_twice") == [second.pk]
    assert shown("?status__exact=delivered") == [second.pk]


@pytest.mark.usefixtures("agent")
def test_the_list_costs_the_same_with_more_rows(client: Client, world: World) -> None:
    costs = []
    for many in (10, 40):
        for _ in range(many):
            world.case()
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 15
