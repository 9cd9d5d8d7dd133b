"""The command palette finds what people type, and only what they may see."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import PLANTED, World, person
from tracking.admin.palette import MOST, search
from tracking.models import ExceptionCase

pytestmark = pytest.mark.django_db


def ask(user: User, term: str) -> list[str]:
    request = RequestFactory().get("/admin/search/")
    request.user = User.objects.get(pk=user.pk)
    return [found.link for found in search(request, term)]


@pytest.fixture
def case() -> ExceptionCase:
    return World.make().case()


@pytest.fixture
def agent() -> User:
    return person("agent", "reveal_personal_data")


def test_it_finds_orders_parcels_and_cases_as_people_write_them(case: ExceptionCase, agent: User) -> None:
    order, parcel = f"/admin/tracking/order/{case.order_id}/", f"/admin/tracking/shipment/{case.shipment_id}/"
    for term in ("#10401", "10401", "104"):
        assert f"{order}change/" in ask(agent, term)
    for term in ("7712 4430 0001", "771244300001", "7712-44"):
        assert f"{parcel}change/" in ask(agent, term)
    for term in (f"case {case.pk}", f"c-{case.pk}"):
        assert ask(agent, term) == [f"/admin/tracking/exceptioncase/{case.pk}/change/"]


def test_an_address_finds_orders_only_for_who_may_see_it(case: ExceptionCase, agent: User) -> None:
    assert ask(agent, PLANTED) == [f"/admin/tracking/order/{case.order_id}/change/"]
    assert ask(person("auditor"), PLANTED) == []
    assert ask(agent, "planted") == []


def test_without_permission_nothing_is_found(case: ExceptionCase) -> None:
    stranger = User.objects.create_user("stranger", is_staff=True)
    for term in ("#10401", "771244300001", f"case {case.pk}", PLANTED):
        assert ask(stranger, term) == []


@pytest.mark.parametrize("term", ["", " ", "1", "%", "' or 1=1", "9" * 400, "\x00\x00", "case 99999999999999999999"])
def test_odd_terms_are_no_error(agent: User, term: str) -> None:
    assert ask(agent, term) == []


def test_results_and_cost_are_bounded(agent: User) -> None:
    world = World.make()
    costs = []
    for many in (5, 60):
        for _ in range(many):
            world.case()
        with CaptureQueriesContext(connection) as queries:
            assert 0 < len(ask(agent, "7712")) <= MOST
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 12


def test_the_theme_asks_it(client: Client, case: ExceptionCase, agent: User) -> None:
    client.force_login(agent)
    html = client.get("/admin/search/", {"s": "#10401", "extended": "1"}).content.decode()
    assert f"/admin/tracking/order/{case.order_id}/change/" in html
    assert "Planted" not in html
