"""Orders and fulfilments by the vendor's version: older never overwrites newer, a stub never overwrites anything."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from django.db import transaction

from tests.tracking.shipments.telling import (
    AUSTIN,
    BOSTON,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    fulfilment,
    only_parcel,
    order,
    reading,
    said,
    take_in,
    tell,
)
from tracking.connectors.contract import OrderLine, OrderUpdate
from tracking.models import CarePolicy, Customer, DomainEvent, Fulfilment, Order, PromisePolicy
from tracking.models import OrderLine as Line
from tracking.models.parties import email_hash

pytestmark = pytest.mark.usefixtures("stage")

LATER = MONDAY + HOUR
FIRST = order(currency="USD", total_minor=1000, ship_to=BOSTON, customer_name="A. Brown", lines=())
SECOND = order(version=LATER, currency="USD", total_minor=2000, ship_to=AUSTIN, customer_name="Ann Brown")
STUB = OrderUpdate("o1001", number="", version_at=None, created_at=None, is_partial=True)
DELETED = OrderUpdate(
    "o1001", number="", version_at=LATER + HOUR, created_at=None, is_partial=True, cancelled_at=LATER + HOUR
)


def news() -> list[str]:
    return list(DomainEvent.objects.filter(kind__startswith="order.").order_by("id").values_list("kind", flat=True))


def arrivals(*updates: OrderUpdate) -> Iterator[None]:
    """Let the updates arrive in every order, as one batch and one by one; each time everything is undone after."""
    for arrival in permutations(updates):
        for size in (len(arrival), 1):
            items = [said("shop", reading(update), MONDAY) for update in arrival]
            with transaction.atomic():
                for start in range(0, len(items), size):
                    take_in(items[start : start + size], LATER)
                yield
                transaction.set_rollback(True)


def test_the_newest_version_stands_whatever_the_order_of_arrival() -> None:
    for _ in arrivals(FIRST, SECOND, STUB):
        row = Order.objects.get()
        assert (row.number, row.total_minor, row.ship_to_city, row.version_at) == ("1001", 2000, "Austin", LATER)
        assert (row.is_stub, row.customer.name) == (False, "Ann Brown")  # type: ignore[union-attr]
        assert news() == ["order.created"]


def test_a_deleted_order_stays_deleted_and_keeps_its_facts() -> None:
    for _ in arrivals(FIRST, SECOND, DELETED):
        row = Order.objects.get()
        assert (row.cancelled_at, row.number, row.is_stub) == (LATER + HOUR, "1001", False)
        assert sorted(news()) == ["order.cancelled", "order.created"]


def test_an_older_version_brings_back_neither_lines_nor_names() -> None:
    def line(title: str) -> tuple[OrderLine, ...]:
        return (OrderLine("l1", "sku", title, 1),)

    tell("shop", replace(SECOND, lines=line("new")))
    tell("shop", replace(FIRST, lines=line("old"), phone="+1 512 555 0100"))
    assert Line.objects.get().title == "new"
    assert (Customer.objects.get().name, Customer.objects.get().phone) == ("Ann Brown", "")


def test_blanks_take_nothing_away_from_a_customer() -> None:
    tell("shop", order(phone="+1 512 555 0100", locale="es"))
    tell("shop", order("1002", customer_name=""))
    row = Customer.objects.get()
    assert (row.name, row.phone, row.locale) == ("Ann Brown", "+1 512 555 0100", "es")


def test_an_erased_customer_stays_empty() -> None:
    tell("shop", order())
    Customer.objects.update(name="", email="", erased_at=LATER)
    tell("shop", order("1002"))
    row = Customer.objects.get()
    assert (row.name, row.email, row.email_key) == ("", "", email_hash("ann@example.com"))


def test_the_same_person_at_two_stores_is_two_customers() -> None:
    tell("shop", order())
    tell("second-shop", order())
    assert Customer.objects.count() == 2
    assert Order.objects.count() == 2


def test_what_a_person_corrected_is_kept() -> None:
    tell("shop", FIRST)
    Order.objects.update(ship_to_city="Cambridge", corrected_fields=["ship_to_city"])
    tell("shop", SECOND)
    row = Order.objects.get()
    assert (row.ship_to_city, row.ship_to_postcode) == ("Cambridge", "78701")


def test_a_cancellation_is_told_once_and_reaches_the_parcel() -> None:
    tell("shop", order(), fulfilment(ONE))
    for _ in range(2):
        tell("shop", order(version=LATER, cancelled_at=LATER))
    assert news() == ["order.created", "order.cancelled"]
    assert only_parcel().order_cancelled_at == LATER


def test_a_stub_leaves_what_the_carrier_said_of_the_place() -> None:
    tell("shop", fulfilment(ONE))
    parcel = only_parcel()
    parcel.ship_to_city = "Boston"
    parcel.save()
    tell("shop", fulfilment(ONE, version=LATER))
    assert only_parcel().ship_to_city == "Boston"
    tell("shop", order())
    assert only_parcel().ship_to_city == "Austin"


def test_a_promise_is_the_shops_else_the_policys_and_does_not_move_with_the_carrier() -> None:
    PromisePolicy.objects.create(carrier_days=3)
    tell("shop", order(), fulfilment(carrier_name=""))
    promised = only_parcel().promise_at
    assert promised is not None
    assert promised > MONDAY + 2 * DAY
    tell("shop", fulfilment(ONE, version=LATER))
    tell("shop", order(version=LATER))
    assert only_parcel().carrier is not None
    assert only_parcel().promise_at == promised
    tell("shop", order(version=LATER + HOUR, promised_date=(MONDAY + DAY).date()))
    assert (only_parcel().promise_is_date, only_parcel().promise_origin) == (True, "the shop's order")


def test_high_care_comes_and_goes_with_the_value() -> None:
    """It must not depend on whether both versions are worked together; while a case is open it stays."""
    CarePolicy.objects.create(name="Dear", minimum_total_minor=25_000)
    tell("shop", order(total_minor=30_000), fulfilment(ONE))
    assert (only_parcel().care_level, only_parcel().care_policy) == ("high", "Dear")
    tell("shop", order(version=LATER, total_minor=100))
    assert (only_parcel().care_level, only_parcel().care_policy) == ("standard", "")


def test_a_fulfilment_keeps_its_newest_version() -> None:
    tell("shop", order(), fulfilment(ONE, version=LATER, service="Ground"))
    tell("shop", fulfilment(ONE, service="Express"))
    assert (Fulfilment.objects.get().service_name, Fulfilment.objects.get().version_at) == ("Ground", LATER)


def test_long_words_are_cut_and_not_refused() -> None:
    told = order(customer_name="x" * 999, shipping_method="y" * 999, tags=("z" * 999,))
    tell("shop", replace(told, number="9" * 500))
    assert len(Order.objects.get().number) == 64
