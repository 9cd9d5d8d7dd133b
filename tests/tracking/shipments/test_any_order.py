"""Whatever the order in which messages come, and however they are batched, the same is true in the end."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.tracking.shipments.telling import (
    DAY,
    HOUR,
    MONDAY,
    ONE,
    event,
    fulfilment,
    open_kinds,
    order,
    reading,
    said,
    take_in,
)
from tracking.connectors.contract import Observation, Reading, ShipmentUpdate, When
from tracking.exception_queue.refresh import refresh
from tracking.models import ExceptionCase, Order, Shipment, TrackingEvent, TrackingNumber

USPS = "9400111899223817650000"
LATE = MONDAY + 4 * DAY
NOW = MONDAY + 3 * DAY
HAND_OVER = ShipmentUpdate(ONE, "fedex", service="Ground Economy", partner_numbers=((USPS, "usps"),))
ESTIMATE = Observation(ONE, "fedex", estimate_at=When(LATE.isoformat(), "instant", LATE))
TOLD: list[tuple[str, Reading]] = [
    ("shop", reading(order(total_minor=100))),
    ("shop", reading(order(version=MONDAY + HOUR, total_minor=200, promised_date=date(2026, 3, 4)))),
    ("shop", reading(fulfilment(carrier_name=""))),
    ("shop", reading(fulfilment(ONE, version=MONDAY + HOUR))),
    ("platform", reading(fulfilment(ONE, name="p1", version=MONDAY + HOUR))),
    ("fedex", reading(event(ONE, "label_created", MONDAY), event(ONE, "first_scan", MONDAY + 2 * HOUR))),
    ("fedex", reading(event(ONE, "first_scan", MONDAY + 2 * HOUR), event(ONE, "in_transit", MONDAY + DAY), ESTIMATE)),
    ("fedex", reading(event(ONE, "failed_attempt", MONDAY + 2 * DAY), HAND_OVER)),
    ("usps", reading(event(USPS, "refused", MONDAY + 2 * DAY + HOUR, carrier="usps"))),
]


def facts() -> list[object]:
    """All that people could see of parcels, orders and open cases; nothing of ids and arrival."""
    found: list[object] = [list(Order.objects.values_list("number", "total_minor", "needs_review", "is_stub"))]
    for row in Shipment.objects.filter(merged_into=None).order_by("number"):
        found += [
            (row.number, row.status, row.reason, row.evidence, row.first_scan_at, row.last_scan_at, row.claimed_twice),
            (row.order and row.order.number, row.carrier and row.carrier.code, row.service and row.service.name),
            (row.promise_at, row.estimate_at, row.ship_to_city, row.direction, row.fulfilled_at, row.sentence_key),
            sorted(open_kinds(row)),
            sorted(TrackingNumber.objects.filter(shipment=row, valid_to=None).values_list("number", "role")),
            sorted(row.parcel_links.filter(ended_at=None).values_list("fulfilment__external_id", flat=True)),
            sorted(TrackingEvent.objects.filter(shipment=row).values_list("code__raw_code", "occurred_at")),
        ]
    cases = ExceptionCase.objects.exclude(state="resolved").values_list("kind", "severity", "signal_count")
    return [*found, list(cases)]


def play(order_of_arrival: Sequence[int], cuts: Sequence[int]) -> list[object]:
    """Let the messages arrive, cut into batches; return what is true then. Everything is undone."""
    with transaction.atomic():
        batch = []
        for position, index in enumerate(order_of_arrival):
            source, told = TOLD[index]
            batch.append(said(source, told, MONDAY + (3 * DAY)))
            if position in cuts or position == len(order_of_arrival) - 1:
                take_in(batch, NOW)
                batch = []
        refresh(shipment_ids=Shipment.objects.values_list("pk", flat=True), now=NOW, cause="observation")
        found = facts()
        transaction.set_rollback(True)
    return found


PLAYED_IN_TURN = range(len(TOLD))


@pytest.mark.usefixtures("stage")
def test_arrival_and_batching_do_not_matter() -> None:
    expected = play(PLAYED_IN_TURN, PLAYED_IN_TURN)
    assert expected[0] == [("1001", 200, True, False)]
    assert expected[1][:4] == (ONE, "exception", "refused", "item_scanned")  # type: ignore[index]
    assert {"refused", "failed_attempt"} <= set(expected[4])  # type: ignore[call-overload]
    assert expected[5] == [(ONE, "primary"), (USPS, "partner")]
    assert expected[6] == ["f1", "p1"]

    @settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(order_of_arrival=st.permutations(PLAYED_IN_TURN), cuts=st.sets(st.integers(0, len(TOLD) - 1)))
    def any_arrival(order_of_arrival: list[int], cuts: set[int]) -> None:
        assert play(order_of_arrival, sorted(cuts)) == expected

    any_arrival()


@pytest.mark.django_db
def test_the_first_estimate_is_kept_also_when_both_come_in_one_batch(stage: None) -> None:
    """The original estimate is the one told first, however few transactions it took to hear both."""

    def estimate(at: datetime) -> Reading:
        return reading(
            event(ONE, "first_scan", MONDAY), Observation(ONE, "fedex", estimate_at=When(str(at), "instant", at))
        )

    first = said("fedex", estimate(LATE), MONDAY + HOUR)
    second = said("fedex", estimate(LATE + DAY), MONDAY + 2 * HOUR)
    take_in([first, second], NOW)
    parcel = Shipment.objects.get()
    assert (parcel.original_estimate_at, parcel.estimate_at) == (LATE, LATE + DAY)
