"""Messages that are worked late, early or together leave what they leave when each is worked at once, in its order."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise, permutations

import pytest
from django.db import transaction

from tests.tracking.shipments.telling import (
    DAY,
    HOUR,
    MONDAY,
    ONE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    order,
    reading,
    said,
    take_in,
    tell,
)
from tracking.connectors.contract import Observation, When
from tracking.ingest.reading import Item
from tracking.models import CarePolicy, Order, Shipment, TrackingNumber

pytestmark = pytest.mark.usefixtures("stage")

LATER = MONDAY + HOUR
NOW = MONDAY + 5 * DAY


def left_by(items: Sequence[Item], *facts: str, now: datetime = NOW) -> Iterator[object]:
    """Yield what stands after the items were worked in every order, one by one and all at once; undone each time."""
    for arrival in permutations(items):
        for cuts in ([0, len(items)], range(len(items) + 1)):
            with transaction.atomic():
                for first, end in pairwise(cuts):
                    take_in(arrival[first:end], now)
                yield sorted(_parcels(facts))
                transaction.set_rollback(True)


def _parcels(facts: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for row in Shipment.objects.filter(merged_into=None):
        names = TrackingNumber.objects.filter(shipment=row).values_list("number", "role", "valid_to")
        yield tuple(sorted(map(str, names))), *(str(getattr(row, name)) for name in facts)


def the_same(found: Iterator[object]) -> list[tuple[object, ...]]:
    """What each way of working left; fails when two differ."""
    first, *others = found
    assert others == [first] * len(others)
    return first  # type: ignore[return-value]


def shop(*parts: object, at: datetime = LATER) -> Item:
    return said("shop", reading(*parts), at)


@pytest.mark.parametrize("word", ["label_created", "first_scan"])
def test_a_number_that_was_replaced_names_its_parcel_also_when_it_is_told_late(word: str) -> None:
    """Nothing was scanned before the number was replaced, so it is one parcel with two names."""
    tell("shop", order())
    items = [
        shop(fulfilment(ONE)),
        shop(fulfilment(TWO, version=LATER)),
        said("fedex", reading(event(ONE, word, LATER + HOUR)), LATER + HOUR),
    ]
    (row,) = the_same(left_by(items, "number", "order_id", "status", "fulfilled_at"))
    assert row[1:] == (TWO, str(Order.objects.get().pk), word, str(MONDAY))
    assert len(row[0]) == 2  # type: ignore[arg-type]


def test_a_number_scanned_before_it_was_replaced_is_a_parcel_of_its_own_also_when_it_is_told_late() -> None:
    tell("shop", order())
    tell("fedex", event(ONE, "first_scan", MONDAY), at=LATER)
    items = [shop(fulfilment(ONE)), shop(fulfilment(TWO, version=LATER))]
    rows = the_same(left_by(items, "number", "order_id", "status"))
    mine = str(Order.objects.get().pk)
    assert [row[1:] for row in rows] == [(ONE, mine, "first_scan"), (TWO, mine, "created")]


def test_a_fulfilment_heard_of_first_when_it_was_cancelled_leaves_a_cancelled_parcel() -> None:
    tell("shop", order())
    items = [
        shop(fulfilment(ONE)),
        shop(fulfilment(ONE, status="cancelled", version=LATER)),
        shop(fulfilment(ONE)),
    ]
    (row,) = the_same(left_by(items, "number", "status", "voided_at", "fulfilled_at"))
    assert row[1:] == (ONE, "cancelled", str(LATER), str(MONDAY))


@pytest.mark.parametrize("word", ["label_created", "in_transit"])
def test_a_scan_after_a_fulfilment_was_cancelled_brings_the_parcel_back_whichever_is_worked_first(word: str) -> None:
    tell("shop", order(), fulfilment(ONE))
    items = [
        shop(fulfilment(ONE, status="cancelled", version=LATER)),
        said("fedex", reading(event(ONE, word, LATER + DAY)), LATER + DAY),
    ]
    (row,) = the_same(left_by(items, "status"))
    assert row[1] == ("in_transit" if word == "in_transit" else "cancelled")


def test_the_first_estimate_is_that_of_the_source_whose_estimate_is_shown() -> None:
    """The platform spoke first and the carrier decides: its own first estimate stands beside its present one."""

    def estimate(source: str, hours: int, days: int) -> Item:
        at = NOW + days * DAY
        told = Observation(ONE, "fedex", estimate_at=When(str(at), "instant", at))
        return said(source, reading(told), MONDAY + hours * HOUR)

    tell("shop", order(), fulfilment(ONE))
    items = [estimate("platform", 1, 1), estimate("fedex", 2, 2), estimate("fedex", 3, 3)]
    (row,) = the_same(left_by(items, "estimate_at", "original_estimate_at"))
    assert row[1:] == (str(NOW + 3 * DAY), str(NOW + 2 * DAY))


def test_care_follows_the_newest_version_of_the_order() -> None:
    CarePolicy.objects.create(name="Dear ones", tag="vip")
    tell("shop", order(version=MONDAY - DAY), fulfilment(ONE))
    items = [shop(order(tags=("vip",))), shop(order(version=LATER))]
    (row,) = the_same(left_by(items, "care_level", "care_policy", "care_reason", now=LATER))
    assert row[1:] == ("standard", "", "")


def test_care_is_not_lowered_while_a_case_is_open() -> None:
    CarePolicy.objects.create(name="Dear ones", tag="vip")
    tell("shop", order(tags=("vip",)), fulfilment(ONE))
    tell("fedex", event(ONE, "damaged", LATER), at=LATER)
    tell("shop", order(version=LATER), at=LATER)
    assert (only_parcel().care_level, only_parcel().care_policy) == ("high", "Dear ones")


def test_a_scan_in_the_batch_that_makes_its_parcel_counts_before_the_replacement() -> None:
    """Until then the number names no parcel, and its scans wait for the announcements."""
    scan = said("fedex", reading(event(ONE, "first_scan", MONDAY)), LATER)
    items = [shop(order()), shop(fulfilment(ONE)), shop(fulfilment(TWO, version=LATER)), scan]
    take_in(items, NOW)
    assert [row[1:] for row in sorted(_parcels(["number", "status"]))] == [(ONE, "first_scan"), (TWO, "created")]


def test_a_late_number_with_its_scan_is_a_parcel_of_its_own() -> None:
    tell("shop", order(), fulfilment(TWO, version=LATER))
    take_in([shop(fulfilment(ONE)), said("fedex", reading(event(ONE, "first_scan", MONDAY)), LATER)], NOW)
    mine = str(Order.objects.get().pk)
    rows = sorted(_parcels(["number", "order_id", "status"]))
    assert [row[1:] for row in rows] == [(ONE, mine, "first_scan"), (TWO, mine, "created")]
