"""Disputes in the admin: taken down by agents, read masked, printed with their hashes."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.exception_queue import disputes
from tracking.models import Dispute, RevealLog, Shipment, TrackingEvent

pytestmark = pytest.mark.django_db
PAGES = "/admin/tracking/dispute/"
SENT = {"kind": "delivered_not_received", "source": "agent", "said": f"Nothing came. Write to {PLANTED}."}


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def agent(client: Client, world: World) -> User:
    user = person("agent", "act_on_case", "reveal_personal_data", team=world.team)
    client.force_login(user)
    return user


@pytest.fixture
def parcel(world: World, agent: User) -> Shipment:
    """A parcel that somebody signed for."""
    shipment = world.case(events=2).shipment
    TrackingEvent.objects.update(signed_by="Planted Person")
    TrackingEvent.objects.create(
        shipment=shipment, identity=77, kind="correction", occurred_at=NOW, received_at=NOW,
        corrected_status="delivered", own_text="agent: seen",
    )  # fmt: skip
    Shipment.objects.update(status="delivered", delivered_at=NOW, signed_by="Planted Person")
    return shipment


@pytest.fixture
def dispute(client: Client, parcel: Shipment) -> Dispute:
    answer = client.post(f"{PAGES}open/{parcel.pk}/", SENT)
    made = Dispute.objects.get()
    assert answer.headers["Location"] == f"{PAGES}{made.pk}/change/"
    return made


def page(client: Client, dispute: Dispute) -> str:
    answer = client.get(f"{PAGES}{dispute.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_agent_opens_one_and_lands_on_its_evidence(client: Client, dispute: Dispute, agent: User) -> None:
    assert dispute.opened_by == agent
    html = page(client, dispute)
    assert "All 7 sections match their hashes." in html
    for row in dispute.sections.all():
        assert row.sha256 in html
    case = f"/admin/tracking/exceptioncase/{dispute.case_id}/change/"
    assert case in html
    assert f"{PAGES}{dispute.pk}/change/" in client.get(case).content.decode()


def test_personal_data_are_masked_until_revealed_and_the_look_is_logged(client: Client, dispute: Dispute) -> None:
    html = page(client, dispute)
    assert PLANTED not in html
    assert "Planted Person" not in html
    assert "P. P." in html
    client.post(f"{PAGES}{dispute.pk}/reveal/")
    seen = page(client, dispute)
    assert PLANTED in seen
    assert "Planted Person" in seen
    assert RevealLog.objects.get().where == f"dispute {dispute.pk}"


def test_the_list_masks_and_finds_by_number(client: Client, dispute: Dispute, parcel: Shipment) -> None:
    html = client.get(PAGES, {"q": parcel.number}).content.decode()
    assert f"Dispute {dispute.pk}: Delivered, not received" in html
    assert "Planted" not in html
    assert f"Dispute {dispute.pk}" not in client.get(PAGES, {"q": "999999999999"}).content.decode()
    assert f"Dispute {dispute.pk}" not in client.get(PAGES, {"kind__exact": "wrong_address"}).content.decode()


def test_a_changed_section_is_named_in_red(client: Client, dispute: Dispute) -> None:
    row = dispute.sections.get(name="timeline")
    row.content = []
    row.save()
    html = page(client, dispute)
    assert "1 of 7 sections is not what was frozen." in html
    assert html.count("changed since</span>") == 1


def test_erased_fields_are_said_to_be_so(client: Client, dispute: Dispute) -> None:
    disputes.empty_personal_fields(customer_ids=[dispute.customer_id or 0], now=NOW)
    html = page(client, dispute)
    assert "All 7 hashes agree with the ledger; " in html
    assert "Personal fields were emptied on" in html
    assert "The words were erased." in html


def test_what_cannot_be_disputed_is_said_in_the_form(client: Client, parcel: Shipment) -> None:
    Shipment.objects.update(status="in_transit")
    answer = client.post(f"{PAGES}open/{parcel.pk}/", SENT)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "counts as delivered" in html
    assert "Nothing came." in html  # what was typed is kept
    assert not Dispute.objects.exists()
    assert client.post(f"{PAGES}open/{parcel.pk}/", {**SENT, "said": ""}).status_code == 422


def test_who_may_only_look_reads_masked_and_opens_nothing(client: Client, dispute: Dispute, parcel: Shipment) -> None:
    client.force_login(person("auditor"))
    assert "Reveal personal data" not in page(client, dispute)
    assert client.get(f"{PAGES}open/{parcel.pk}/").status_code == 403
    assert client.post(f"{PAGES}open/{parcel.pk}/", SENT).status_code == 403
    assert client.post(f"{PAGES}{dispute.pk}/reveal/").status_code == 403


def test_who_may_see_nothing_sees_nothing(client: Client, dispute: Dispute) -> None:
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get(f"{PAGES}{dispute.pk}/change/").status_code == 403
    assert client.get(PAGES).status_code == 403


def test_the_page_costs_the_same_however_long_the_story_was(client: Client, dispute: Dispute, world: World) -> None:
    page(client, dispute)
    with CaptureQueriesContext(connection) as few:
        page(client, dispute)
    long = world.case(events=60).shipment
    Shipment.objects.update(status="delivered", delivered_at=NOW)
    TrackingEvent.objects.create(
        shipment=long, identity=78, kind="correction", occurred_at=NOW, received_at=NOW, corrected_status="delivered"
    )
    client.post(f"{PAGES}open/{long.pk}/", SENT)
    other = Dispute.objects.get(shipment=long)
    page(client, other)  # the one after it no longer greets with a message
    with CaptureQueriesContext(connection) as many:
        page(client, other)
    assert len(many) == len(few) <= 25


def test_nothing_there_is_not_found(client: Client, agent: User) -> None:
    for address in ("5/change/", "x/change/", "99999999999999999999999/change/", "open/5/"):
        assert client.get(PAGES + address).status_code == 404
