"""What carriers and platforms say of parcels: partner, master and return numbers, voids."""

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
    tell,
)
from tracking.connectors.contract import Observation, ShipmentUpdate, When
from tracking.models import Order, Shipment, TrackingNumber

pytestmark = pytest.mark.usefixtures("stage")

LATER = MONDAY + HOUR
USPS = "9400111899223817650000"


def update(number: str = ONE, **facts: object) -> ShipmentUpdate:
    return ShipmentUpdate(number, "fedex", **facts)  # type: ignore[arg-type]


def roles() -> dict[str, str]:
    return dict(TrackingNumber.objects.filter(valid_to=None).values_list("number", "role"))


def test_a_partner_carrier_feeds_the_same_story() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", update(partner_numbers=((USPS, "usps"),)), event(ONE, "first_scan", MONDAY))
    tell("usps", event(USPS, "out_for_delivery", LATER, carrier="usps"), at=LATER)
    assert (only_parcel().status, only_parcel().number) == ("out_for_delivery", ONE)
    assert roles() == {ONE: "primary", USPS: "partner"}


@pytest.mark.parametrize("is_partner_first", [True, False])
def test_a_partners_number_heard_alone_is_joined_when_the_hand_over_is_told(is_partner_first: bool) -> None:
    steps = [
        lambda: tell("usps", event(USPS, "out_for_delivery", LATER, carrier="usps"), at=LATER),
        lambda: tell("shop", order(), fulfilment(ONE), at=LATER),
    ]
    for step in steps if is_partner_first else reversed(steps):
        step()
    oldest = Shipment.objects.earliest("id")
    tell("fedex", update(partner_numbers=((USPS, "usps"),)), event(ONE, "first_scan", MONDAY), at=LATER)
    survivor = only_parcel()
    assert survivor == oldest
    assert (survivor.number, survivor.status, survivor.order) == (ONE, "out_for_delivery", Order.objects.get())
    assert survivor.carrier.code == "fedex"  # type: ignore[union-attr]
    assert roles() == {ONE: "primary", USPS: "partner"}


def test_what_a_snapshot_says_beside_the_hand_over_reaches_the_parcel_that_stays() -> None:
    tell("usps", event(USPS, "out_for_delivery", LATER, carrier="usps"), at=LATER)
    tell("shop", order(), fulfilment(ONE), at=LATER)
    due = MONDAY + 4 * DAY
    estimate = Observation(ONE, "fedex", estimate_at=When(due.isoformat(), "instant", due))
    tell("fedex", update(partner_numbers=((USPS, "usps"),)), event(ONE, "first_scan", MONDAY), estimate, at=LATER)
    assert only_parcel().estimate_at == due


def test_a_partner_number_that_is_another_orders_parcel_is_not_swallowed() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("shop", order("1002", ship_to=BOSTON), fulfilment(TWO, of="1002", name="f2"))
    tell("fedex", update(partner_numbers=((TWO, "fedex"),)), at=LATER)
    assert {parcel(ONE).order.number, parcel(TWO).order.number} == {"1001", "1002"}  # type: ignore[union-attr]


def test_a_return_number_makes_a_return_parcel_of_the_same_order() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", update(return_number=TWO), at=LATER)
    leg = parcel(TWO)
    assert (leg.direction, leg.order, leg.store) == ("return", Order.objects.get(), parcel(ONE).store)
    tell("fedex", event(TWO, "in_transit", LATER), update(return_number=TWO), at=LATER)
    assert (parcel(TWO).status, parcel(ONE).status, Shipment.objects.count()) == ("in_transit", "created", 2)
    assert parcel(ONE).direction == "outbound"


def test_a_parcel_going_back_under_its_own_number_stays_one_parcel() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", update(return_number=ONE), at=LATER)
    assert (only_parcel().direction, only_parcel().number) == ("outbound", ONE)


def test_a_master_number_finds_its_parcel_and_is_not_its_name() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", update(master_number=THREE), at=LATER)
    assert (only_parcel().number, roles()) == (ONE, {ONE: "primary", THREE: "master"})


def test_a_voided_label_is_cancelled_until_it_is_scanned() -> None:
    tell("shop", order(), fulfilment(ONE))
    for _ in range(2):
        tell("fedex", update(voided=True), at=LATER)
    assert (only_parcel().status, only_parcel().voided_at, only_parcel().events.count()) == ("cancelled", LATER, 1)
    assert not TrackingNumber.objects.filter(valid_to=None).exists()
    tell("fedex", event(ONE, "first_scan", LATER + DAY), at=LATER + DAY)
    assert (only_parcel().status, only_parcel().voided_at, roles()) == ("first_scan", None, {ONE: "primary"})


def test_not_found_makes_no_parcel() -> None:
    tell("fedex", Observation(ONE, "fedex", not_found=True))
    assert not Shipment.objects.exists()


def test_a_carriers_word_of_the_place_counts_until_there_is_an_order() -> None:
    tell("fedex", update(ship_to=BOSTON), event(ONE, "first_scan", MONDAY))
    assert only_parcel().ship_to_city == "Boston"
    tell("shop", order(), fulfilment(ONE), at=LATER)
    tell("fedex", update(ship_to=BOSTON), at=LATER)
    assert only_parcel().ship_to_city == "Austin"


def test_a_carrier_told_later_is_filled_in_and_a_service_too() -> None:
    tell("shop", order(), fulfilment(ONE, carrier_name=""))
    tell("fedex", update(service="Ground"), at=LATER)
    assert (only_parcel().carrier.code, only_parcel().service.name) == ("fedex", "Ground")  # type: ignore[union-attr]
