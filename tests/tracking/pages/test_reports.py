"""Something is wrong: what a customer reports reaches a case, and the page says what happens with it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.tracking.pages.shop import address_of, stamp, words
from tests.tracking.shipments.telling import (
    AUSTIN,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    event,
    fulfilment,
    only_parcel,
    order,
    set_up,
    tell,
)
from tracking import clock
from tracking.customer_page.operations import LONGEST, empty_words
from tracking.models import CustomerReport, Dispute, DomainEvent, ExceptionCase, Order, Shipment, Signal
from tracking.vocabulary import ReportKind

pytestmark = pytest.mark.django_db
NOW = MONDAY + 2 * DAY
NASTY = "<script>alert(1)</script> '; DROP TABLE tracking_order; -- {{ 7*7 }} %s ñ 📦"


@pytest.fixture(autouse=True)
def _now(db: None) -> Iterator[None]:
    set_up()
    with clock.at(NOW):
        yield


@pytest.fixture
def moving() -> Shipment:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    return only_parcel()


@pytest.fixture
def delivered(moving: Shipment) -> Shipment:
    tell("fedex", event(ONE, "delivered", MONDAY + DAY, place=AUSTIN), at=MONDAY + DAY)
    return only_parcel()


def page_of(parcel: Shipment) -> Order:
    assert parcel.order
    return parcel.order


def send(client: Client, parcel: Shipment, kind: str, said: str = "It is gone.", **more: str) -> HttpResponse:
    home = page_of(parcel)
    which = more.pop("which", str(parcel.pk))
    given = {"stamp": stamp(client, home), "parcel": which, "kind": kind, "said": said, **more}
    return client.post(address_of(home, "problem/"), given)  # type: ignore[return-value]


def case_of(parcel: Shipment) -> ExceptionCase:
    return ExceptionCase.objects.exclude(state="resolved").get(shipment=parcel)


@pytest.mark.parametrize(
    ("kind", "case_kind"),
    [
        ("not_received", "delivered_not_received"),
        ("damaged", "damaged"),
        ("wrong_address", "misdelivery_suspected"),
    ],
)
def test_a_report_about_a_delivery_opens_its_case(
    client: Client, delivered: Shipment, kind: str, case_kind: str
) -> None:
    answer = send(client, delivered, kind)
    assert (answer.status_code, answer.headers["Location"]) == (303, address_of(page_of(delivered)) + "#reports")
    case, report = case_of(delivered), CustomerReport.objects.get()
    assert (case.kind, report.case, report.said) == (case_kind, case, "It is gone.")
    assert case.activities.filter(kind="reported", actor=None, after__report=report.pk).exists()
    ledger = DomainEvent.objects.get(kind="case.customer_reported")
    assert (ledger.case_id, ledger.payload["report_kind"]) == (case.pk, kind)
    assert "gone" not in str(ledger.payload)


def test_who_told_us_is_not_asked_to_tell_us(client: Client, delivered: Shipment) -> None:
    assert "Nothing more to do." in words(client.get(address_of(page_of(delivered))))
    send(client, delivered, "not_received")
    page = words(client.get(address_of(page_of(delivered))))
    assert "We act" in page and "We are looking into it and come back to you." in page
    assert "Nothing more to do." not in page


def test_not_received_freezes_the_evidence_of_a_dispute(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "not_received")
    dispute = Dispute.objects.get()
    assert (dispute.kind, dispute.source, dispute.opened_by) == ("delivered_not_received", "customer_page", None)
    assert CustomerReport.objects.get().dispute == dispute


def test_a_corrected_address_opens_a_case_on_the_way(client: Client, moving: Shipment) -> None:
    send(client, moving, "correct_address", "12 Elm Street, Austin")
    assert case_of(moving).kind == "address_issue"
    assert not Dispute.objects.exists()


def test_the_page_then_says_what_happens_and_by_when(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "damaged", "Broken glass")
    case = case_of(delivered)
    page = words(client.get(address_of(page_of(delivered))))
    assert "What you told us My parcel is damaged, Wed, Mar 4, 3:00 PM. A person looks at it by" in page
    assert f"{case.time_left_at:%I:%M %p}".lstrip("0") in page
    assert "Broken glass" not in page  # whoever has the link can read the page
    with clock.at(case.time_left_at + HOUR):
        assert "A person is looking at it." in words(client.get(address_of(page_of(delivered))))
    ExceptionCase.objects.update(state="resolved", outcome="refunded", resolved_at=NOW)
    assert "Our team has closed this." in words(client.get(address_of(page_of(delivered))))


def test_a_second_report_enriches_the_same_case(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "not_received")
    send(client, delivered, "damaged", "The neighbour has it, broken")
    assert ExceptionCase.objects.count() == 1
    open_kinds = set(Signal.objects.filter(state="open").values_list("kind", flat=True))
    assert {"damaged", "delivered_not_received"} <= open_kinds
    assert CustomerReport.objects.filter(case=case_of(delivered)).count() == 2


def test_the_same_form_sent_twice_is_one_report(client: Client, delivered: Shipment) -> None:
    for _ in range(2):
        assert send(client, delivered, "not_received").status_code == 303
    assert (CustomerReport.objects.count(), Dispute.objects.count()) == (1, 1)


def test_damage_that_a_person_settled_is_news_when_the_customer_says_so(client: Client, delivered: Shipment) -> None:
    tell("fedex", event(ONE, "damaged", MONDAY + HOUR), at=NOW)
    Signal.objects.update(state="settled", ended_at=NOW)
    ExceptionCase.objects.update(state="resolved", outcome="not_an_exception", resolved_at=NOW)
    send(client, delivered, "damaged")
    assert case_of(delivered).kind == "damaged"


@pytest.mark.parametrize("kind", [*ReportKind.values, "nonsense", ""])
def test_what_does_not_fit_the_parcel_is_refused(client: Client, moving: Shipment, kind: str) -> None:
    allowed = {"correct_address", "damaged"}
    assert send(client, moving, kind).status_code == (303 if kind in allowed else 422)
    assert CustomerReport.objects.count() == (kind in allowed)


@pytest.mark.parametrize("parcel", ["0", "-1", "99999999999999999999", "1 OR 1=1", "", "²"])
def test_a_parcel_of_somebody_else_is_refused(client: Client, delivered: Shipment, parcel: str) -> None:
    answer = send(client, delivered, "damaged", which=parcel)
    assert answer.status_code == 422
    assert not CustomerReport.objects.exists()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "Please write a few words"),
        (" \x00\n ", "Please write a few words"),
        ("x" * (LONGEST + 1), f"Please shorten your words to {LONGEST} characters."),
    ],
)
def test_words_are_needed_and_limited(client: Client, delivered: Shipment, said: str, fault: str) -> None:
    answer = send(client, delivered, "damaged", said)
    assert answer.status_code == 422
    assert fault in words(answer)


def test_words_that_look_like_code_are_words(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "damaged", NASTY)
    assert CustomerReport.objects.get().said == NASTY
    again = send(client, delivered, "correct_address", NASTY)
    assert again.status_code == 422
    assert "<script>" not in again.content.decode()
    assert "{{ 7*7 }}" in words(again)


@pytest.mark.parametrize("given", ["", "x", "1:2:3"])
def test_a_form_that_the_page_did_not_make_is_refused(client: Client, delivered: Shipment, given: str) -> None:
    answer = send(client, delivered, "damaged", stamp=given)
    assert answer.status_code == 422
    assert "This form was open for too long." in words(answer)


def test_a_form_serves_its_own_page_for_half_a_day(client: Client, delivered: Shipment) -> None:
    old = stamp(client, page_of(delivered))
    with clock.at(NOW + timedelta(hours=12, seconds=1)):
        assert send(client, delivered, "damaged", stamp=old).status_code == 422
    tell("shop", order("1002"))
    other = Order.objects.exclude(pk=page_of(delivered).pk).get()
    Shipment.objects.create(order=other, created_at=NOW, status="delivered")
    assert send(client, delivered, "damaged", stamp=stamp(client, other)).status_code == 422


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303)])
def test_other_sites_cannot_send_it(client: Client, delivered: Shipment, site: str, status: int) -> None:
    home = page_of(delivered)
    given = {"stamp": stamp(client, home), "parcel": delivered.pk, "kind": "damaged", "said": "x"}
    answer = client.post(address_of(home, "problem/"), given, headers={"sec-fetch-site": site})
    assert answer.status_code == status


def test_no_cookie_is_needed_or_set(delivered: Shipment) -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client, delivered, "damaged").status_code == 303
    assert not client.cookies


def test_one_order_cannot_flood_the_desk(client: Client, delivered: Shipment) -> None:
    answers = [send(client, delivered, "damaged", f"{at}") for at in range(11)]
    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert CustomerReport.objects.count() == 10


def test_an_unknown_address_takes_no_report(client: Client, delivered: Shipment) -> None:
    assert client.get("/track/nobody/problem/").status_code == 404
    assert client.post("/track/nobody/problem/", {"stamp": ""}).status_code == 404


def test_erasing_a_person_empties_their_words_and_keeps_the_report(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "damaged", "Ann Brown, 12 Elm Street")
    customer = page_of(delivered).customer_id
    assert customer
    assert empty_words(customer_ids=[customer]) == 1
    assert CustomerReport.objects.get().said == ""


def test_who_works_on_the_case_reads_the_customers_words(client: Client, delivered: Shipment) -> None:
    send(client, delivered, "damaged", "<b>Broken</b>, write to ann@example.com")
    client.force_login(User.objects.create_superuser("root"))
    for address in (
        reverse("admin:tracking_exceptioncase_change", args=[case_of(delivered).pk]),
        reverse("admin:tracking_shipment_change", args=[delivered.pk]),
    ):
        page = client.get(address).content.decode()
        assert "&lt;b&gt;Broken&lt;/b&gt;" in page
        assert "ann@example.com" not in page
        assert f"/track/{page_of(delivered).public_token}/" in page
        assert 'data-copy="Your parcel was delivered in Austin' in page
