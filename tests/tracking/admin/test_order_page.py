"""Orders: all parcels in one place, the customer masked until a logged reveal."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.models import Order, RevealLog

pytestmark = pytest.mark.django_db
LIST = "/admin/tracking/order/"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def order(world: World) -> Order:
    found = world.case().order
    assert found is not None
    return found


def read(client: Client, order: Order) -> str:
    answer = client.get(f"{LIST}{order.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_parcel_stands_there_with_its_case(client: Client, world: World, order: Order) -> None:
    client.force_login(person("agent"))
    second = world.shipment(order, number="999900001111", status="delivered", sentence_key="")
    html = read(client, order)
    assert "9999 0000 1111" in html
    assert "Needs review" in html
    assert f"/admin/tracking/shipment/{second.pk}/change/" in html
    assert "Ask the warehouse for handover proof" in html


def test_without_an_open_case_nothing_needs_review(client: Client, world: World) -> None:
    client.force_login(person("agent"))
    order = world.resolved().order
    assert order is not None
    assert "Needs review" not in read(client, order)


def test_an_order_without_parcels_says_what_comes_next(client: Client, world: World) -> None:
    client.force_login(person("agent"))
    html = read(client, world.order(external_id="alone", is_test=True))
    assert "No parcel yet" in html
    assert "Test order" in html


def test_the_customer_is_masked_until_revealed_and_every_look_is_logged(client: Client, order: Order) -> None:
    agent = person("agent", "reveal_personal_data")
    client.force_login(agent)
    assert PLANTED not in read(client, order)
    client.post(f"{LIST}{order.pk}/reveal/")
    assert PLANTED in read(client, order)
    log = RevealLog.objects.get()
    assert (log.user, log.customer_id, log.where) == (agent, order.customer_id, f"order {order.pk}")
    with clock.at(NOW + timedelta(minutes=16)):
        assert PLANTED not in read(client, order)


def test_a_reveal_is_mine_alone(client: Client, order: Order) -> None:
    client.force_login(person("agent", "reveal_personal_data"))
    client.post(f"{LIST}{order.pk}/reveal/")
    client.force_login(person("colleague", "reveal_personal_data"))
    assert PLANTED not in read(client, order)


def test_without_the_permission_there_is_no_reveal(client: Client, order: Order) -> None:
    client.force_login(person("auditor"))
    assert "Reveal for" not in read(client, order)
    answer = client.post(f"{LIST}{order.pk}/reveal/", follow=True)
    assert "You may not see personal data." in answer.content.decode()
    assert PLANTED not in answer.content.decode()
    assert not RevealLog.objects.exists()
    assert client.get(f"{LIST}{order.pk}/reveal/").status_code == 405


def test_reveal_returns_only_to_pages_of_ours(client: Client, order: Order) -> None:
    client.force_login(person("agent", "reveal_personal_data"))
    away = client.post(f"{LIST}{order.pk}/reveal/", {"next": "https://elsewhere.example/"})
    assert away["Location"] == f"{LIST}{order.pk}/change/"
    home = client.post(f"{LIST}{order.pk}/reveal/", {"next": "/admin/tracking/exceptioncase/1/change/"})
    assert home["Location"] == "/admin/tracking/exceptioncase/1/change/"


@pytest.mark.parametrize(("typed", "allowed", "found"), [
    ("#10401", False, True), ("10401 ", False, True), ("7712 4430 0001", False, True),
    (PLANTED.upper(), True, True), (PLANTED, False, False), ("planted", True, False),
])  # fmt: skip
def test_search(client: Client, order: Order, typed: str, allowed: bool, found: bool) -> None:
    client.force_login(person("someone", *(["reveal_personal_data"] if allowed else [])))
    rows = client.get(LIST, {"q": typed}).context["cl"].result_list
    assert [row.pk for row in rows] == ([order.pk] if found else [])


def test_the_list_shows_initials_only(client: Client, order: Order) -> None:
    client.force_login(person("agent", "reveal_personal_data"))
    html = client.get(LIST).content.decode()
    assert "P. P." in html
    assert PLANTED not in html


def test_the_customers_page_opens_from_here_and_its_link_can_be_replaced(
    client: Client, world: World, order: Order
) -> None:
    client.force_login(person("agent", "message_customer"))
    parcel = order.shipments.get()
    before = [order.public_token, parcel.public_token]
    assert f"/track/{before[0]}/" in read(client, order)
    client.post(f"{LIST}{order.pk}/new-link/")
    order.refresh_from_db()
    assert f"/track/{order.public_token}/" in read(client, order)
    assert client.get(f"/track/{order.public_token}/").status_code == 200
    assert {client.get(f"/track/{token}/").status_code for token in before} == {404}


def test_only_who_may_write_to_customers_replaces_a_link(client: Client, world: World, order: Order) -> None:
    client.force_login(person("agent"))
    assert "Replace the link" not in read(client, order)
    client.post(f"{LIST}{order.pk}/new-link/")
    assert Order.objects.get(pk=order.pk).public_token == order.public_token
