"""What fulfilments say of parcels: numbers filled late, replaced, cleared, shared, claimed twice, withdrawn, reused."""

from typing import Any

import pytest

from tests.tracking.shipments.telling import (
    BOSTON,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    THREE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    order,
    parcel,
    reading,
    said,
    take_in,
    tell,
)
from tracking.models import (
    ExceptionCase,
    FulfilmentParcel,
    Order,
    Shipment,
    StatusChange,
    TrackingEvent,
    TrackingNumber,
)

pytestmark = pytest.mark.usefixtures("stage")

LATER = MONDAY + HOUR


def roles(shipment: Shipment) -> dict[str, str]:
    return dict(TrackingNumber.objects.filter(shipment=shipment).values_list("number", "role"))


def test_a_fulfilment_without_number_is_a_parcel_and_its_number_fills_it_later() -> None:
    tell("shop", order(), fulfilment())
    expected = only_parcel()
    assert (expected.status, expected.number, expected.sentence_key != "") == ("created", "", True)
    tell("shop", fulfilment(ONE, version=LATER), at=LATER)
    assert only_parcel().pk == expected.pk
    assert only_parcel().number == ONE


def test_several_numbers_are_several_parcels_of_one_order() -> None:
    tell("shop", order(), fulfilment(ONE, TWO))
    assert set(Shipment.objects.values_list("number", "order__number")) == {(ONE, "1001"), (TWO, "1001")}


def test_lines_that_need_no_shipping_make_no_parcel() -> None:
    tell("shop", order(), fulfilment(ONE, requires_shipping=False))
    assert not Shipment.objects.exists()


def test_a_number_replaced_before_any_scan_names_the_same_parcel() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "label_created", MONDAY), at=LATER)
    tell("shop", fulfilment(TWO, version=LATER), at=LATER)
    assert only_parcel().number == TWO
    assert roles(only_parcel()) == {ONE: "superseded", TWO: "primary"}
    tell("fedex", event(ONE, "in_transit", LATER), at=LATER + HOUR)
    assert only_parcel().status == "in_transit", "a late scan of the old number is this parcel's"


def test_a_number_replaced_after_a_scan_is_another_parcel() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "first_scan", LATER), at=LATER)
    tell("shop", fulfilment(TWO, version=LATER + HOUR), at=LATER + HOUR)
    assert (parcel(ONE).status, parcel(TWO).status) == ("first_scan", "created")
    assert parcel(ONE).order_id == parcel(TWO).order_id == Order.objects.get().pk
    assert FulfilmentParcel.objects.get(ended_at=None).shipment == parcel(TWO)


def test_a_scan_in_the_same_batch_counts_before_the_replacement() -> None:
    tell("shop", order(), fulfilment(ONE))
    scan = said("fedex", reading(event(ONE, "first_scan", MONDAY)), LATER)
    take_in([said("shop", reading(fulfilment(TWO, version=LATER)), LATER), scan], LATER)
    assert {parcel(ONE).status, parcel(TWO).status} == {"first_scan", "created"}


def test_two_versions_in_one_batch_leave_both_names() -> None:
    first = said("shop", reading(order(), fulfilment(ONE)), MONDAY)
    second = said("shop", reading(fulfilment(TWO, version=LATER)), LATER)
    label = said("fedex", reading(event(ONE, "label_created", MONDAY)), LATER)
    take_in([second, label, first], LATER)
    assert only_parcel().number == TWO
    assert roles(only_parcel()) == {ONE: "superseded", TWO: "primary"}
    assert only_parcel().status == "label_created"


def test_a_cleared_number_leaves_the_parcel_waiting_for_one() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("shop", fulfilment(version=LATER), at=LATER)
    assert only_parcel().number == ""
    tell("shop", fulfilment(ONE, version=LATER + HOUR), at=LATER + HOUR)
    assert only_parcel().number == ONE
    assert TrackingNumber.objects.filter(number=ONE, valid_to=None).count() == 1


def test_an_older_version_changes_nothing() -> None:
    tell("shop", order(), fulfilment(TWO, version=LATER), at=LATER)
    tell("shop", fulfilment(ONE, version=MONDAY), at=LATER)
    assert only_parcel().number == TWO


def test_a_second_order_to_the_same_place_joins_the_parcel() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("shop", order("1002", email="ben@example.com"), fulfilment(ONE, of="1002", name="f2"))
    assert only_parcel().order.number == "1001"  # type: ignore[union-attr]
    assert not only_parcel().claimed_twice
    assert set(only_parcel().parcel_links.values_list("fulfilment__order__number", flat=True)) == {"1001", "1002"}


@pytest.mark.parametrize(
    ("source", "place"), [("shop", BOSTON), ("second-shop", None)], ids=["another place", "another store"]
)
def test_anothers_number_makes_its_own_parcel_and_flags_both(source: str, place: object) -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    facts: dict[str, Any] = {"ship_to": place} if place else {}
    tell(source, order("1002", **facts), fulfilment(ONE, of="1002", name="f2"))
    assert list(Shipment.objects.order_by("id").values_list("number", "claimed_twice")) == [(ONE, True), (ONE, True)]
    tell("fedex", event(ONE, "in_transit", LATER), at=LATER)
    statuses = list(Shipment.objects.order_by("id").values_list("status", flat=True))
    assert statuses == ["in_transit", "created"], "the first claim has the carrier's word"


def test_the_place_of_an_order_not_known_yet_is_the_fulfilments_own() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("shop", fulfilment(ONE, of="1002", name="f2", ship_to=BOSTON))
    assert Shipment.objects.filter(claimed_twice=True).count() == 2


def test_a_number_is_free_again_ninety_days_after_the_end() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("fedex", event(ONE, "delivered", LATER), at=LATER)
    soon, late = LATER + 89 * DAY, LATER + 91 * DAY
    tell("fedex", event(ONE, "in_transit", soon), at=soon)
    assert Shipment.objects.count() == 1
    late = soon + 91 * DAY
    tell("shop", order("1002", version=late), fulfilment(ONE, of="1002", name="f2", version=late), at=late)
    tell("fedex", event(ONE, "first_scan", late + HOUR), at=late + HOUR)
    statuses = list(Shipment.objects.order_by("id").values_list("order__number", "status", "claimed_twice"))
    assert statuses == [("1001", "delivered", False), ("1002", "first_scan", False)]


def test_a_late_number_is_free_again_too() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("fedex", event(ONE, "delivered", LATER), at=LATER)
    late = LATER + 91 * DAY
    tell("shop", order("1002", version=late), fulfilment(of="1002", name="f2", version=late), at=late)
    tell("shop", fulfilment(ONE, of="1002", name="f2", version=late + HOUR), at=late + HOUR)
    assert not Shipment.objects.filter(claimed_twice=True).exists()
    assert TrackingNumber.objects.get(valid_to=None).shipment.order.number == "1002"  # type: ignore[union-attr]


def test_an_unannounced_number_gets_its_order_when_it_comes() -> None:
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    assert only_parcel().order is None
    tell("shop", order(), fulfilment(ONE, version=LATER), at=LATER)
    assert (only_parcel().order, only_parcel().status) == (Order.objects.get(), "in_transit")
    assert only_parcel().ship_to_city == "Austin"


def test_a_waiting_parcel_and_an_unannounced_number_become_one() -> None:
    tell("shop", order(), fulfilment())
    waiting = only_parcel()
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    other = Shipment.objects.exclude(pk=waiting.pk).get()
    tell("shop", fulfilment(ONE, version=LATER), at=LATER)
    survivor = only_parcel()
    assert (survivor.pk, survivor.public_token, survivor.status) == (waiting.pk, waiting.public_token, "in_transit")
    assert (survivor.number, survivor.order, survivor.carrier.code) == (ONE, Order.objects.get(), "fedex")  # type: ignore[union-attr]
    gone = Shipment.objects.get(pk=other.pk)
    assert (gone.merged_into_id, gone.number, gone.order_id, gone.next_check_at) == (survivor.pk, "", None, None)
    assert not gone.events.exists()
    assert not gone.numbers.exists()
    assert TrackingNumber.objects.get(number=ONE).shipment == survivor


def test_the_younger_row_goes_when_the_number_was_heard_first() -> None:
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    heard = only_parcel()
    tell("shop", order(), fulfilment())
    tell("shop", fulfilment(ONE, version=LATER), at=LATER)
    assert (only_parcel().pk, only_parcel().number, only_parcel().order) == (heard.pk, ONE, Order.objects.get())
    assert FulfilmentParcel.objects.get().shipment == only_parcel()


def test_two_sources_of_one_batch_end_as_one_parcel() -> None:
    tell("shop", order(), fulfilment())
    filled = said("shop", reading(fulfilment(ONE, version=LATER)), LATER)
    other = said("platform", reading(fulfilment(ONE, name="p1", version=MONDAY)), LATER)
    take_in([filled, other], LATER)
    assert only_parcel().number == ONE
    assert only_parcel().parcel_links.count() == 2
    assert TrackingNumber.objects.filter(valid_to=None).count() == 1


def test_three_sources_announcing_one_parcel_make_one_parcel_and_one_case() -> None:
    tell("shop", order(), fulfilment())
    tell("platform", order(), fulfilment(ONE, name="p1"))
    tell("fedex", event(ONE, "lost", LATER), at=LATER)
    tell("shop", fulfilment(ONE, version=LATER), at=LATER)
    assert only_parcel().parcel_links.count() == 2
    assert ExceptionCase.objects.exclude(state="resolved").get().shipment == only_parcel()


def test_a_source_that_was_not_told_of_the_new_number_does_not_bring_the_old_one_back() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("platform", fulfilment(ONE, name="p1"))
    tell("shop", fulfilment(TWO, version=LATER), at=LATER)
    tell("platform", fulfilment(ONE, name="p1", version=LATER + HOUR), at=LATER + HOUR)
    assert only_parcel().number == TWO


def test_a_parcel_of_two_orders_is_not_renamed_by_one_of_them() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("shop", order("1002"), fulfilment(ONE, of="1002", name="f2"))
    tell("shop", fulfilment(TWO, of="1002", name="f2", version=LATER), at=LATER)
    assert parcel(ONE).order.number == "1001"  # type: ignore[union-attr]
    assert parcel(TWO).order.number == "1002"  # type: ignore[union-attr]


def test_a_cancelled_fulfilment_withdraws_its_parcel_and_a_scan_brings_it_back() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("shop", fulfilment(ONE, status="cancelled", version=LATER), at=LATER)
    assert (only_parcel().status, only_parcel().voided_at) == ("cancelled", LATER)
    assert not TrackingNumber.objects.filter(valid_to=None).exists()
    tell("fedex", event(ONE, "in_transit", LATER + DAY), at=LATER + DAY)
    assert (only_parcel().status, only_parcel().voided_at) == ("in_transit", None)
    assert TrackingNumber.objects.get().valid_to is None


def test_a_label_used_again_after_its_fulfilment_was_cancelled_is_watched() -> None:
    tell("shop", order(), fulfilment(ONE))
    cancelled = said("shop", reading(fulfilment(ONE, status="cancelled", version=LATER)), LATER)
    again = said("shop", reading(fulfilment(ONE, name="f2", version=LATER + HOUR)), LATER + HOUR)
    take_in([cancelled, again], LATER + HOUR)
    current = TrackingNumber.objects.get(number=ONE, valid_to=None).shipment
    assert current.status == "created"
    tell("fedex", event(ONE, "first_scan", LATER + DAY), at=LATER + DAY)
    assert sorted(Shipment.objects.values_list("status", flat=True)) == ["cancelled", "first_scan"]


def test_a_fulfilment_cancelled_after_another_took_the_parcel_over_withdraws_nothing() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("shop", fulfilment(ONE, name="f2", version=LATER), at=LATER)
    tell("shop", fulfilment(ONE, status="cancelled", version=LATER + HOUR), at=LATER + HOUR)
    assert only_parcel().status == "created"
    assert TrackingNumber.objects.get().valid_to is None


def test_the_second_order_inherits_the_parcel_that_the_first_gave_up() -> None:
    tell("shop", order("1001"), fulfilment(ONE))
    tell("shop", order("1002"), fulfilment(ONE, of="1002", name="f2"))
    tell("shop", fulfilment(ONE, status="cancelled", version=LATER), at=LATER)
    assert (only_parcel().order.number, only_parcel().status) == ("1002", "created")  # type: ignore[union-attr]


def test_cancelling_a_fulfilment_whose_parcel_is_under_way_does_not_stop_the_parcel() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", LATER), at=LATER)
    tell("shop", fulfilment(ONE, status="cancelled", version=LATER + HOUR), at=LATER + HOUR)
    assert only_parcel().status == "in_transit"


def test_a_number_taken_off_a_fulfilment_of_several_withdraws_that_parcel_alone() -> None:
    tell("shop", order(), fulfilment(ONE, TWO, THREE))
    tell("shop", fulfilment(ONE, THREE, version=LATER), at=LATER)
    assert {n: parcel(n).status for n in (ONE, TWO, THREE)} == {ONE: "created", TWO: "cancelled", THREE: "created"}


def test_joined_parcels_keep_their_story_in_one_place() -> None:
    tell("shop", order(), fulfilment())
    tell("platform", order("1002"), fulfilment(ONE, of="1002", name="p1"))
    tell("fedex", event(ONE, "damaged", LATER), at=LATER)
    tell("shop", fulfilment(ONE, version=LATER + HOUR), at=LATER + HOUR)
    survivor = only_parcel()
    assert not StatusChange.objects.exclude(shipment=survivor).exists()
    assert not TrackingEvent.objects.exclude(shipment=survivor).exists()
    assert ExceptionCase.objects.get().shipment == survivor
    assert set(Order.objects.values_list("needs_review", flat=True)) == {True}
