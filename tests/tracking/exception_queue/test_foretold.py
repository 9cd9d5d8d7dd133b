"""What "Why quiet?" foretells comes true: moved to that minute, the clock makes exactly that detector speak.

The parcels stand in the database, and only the sweep moves: it finds them by the moment they are due.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from tests.tracking.exception_queue.troubles import label_alone, promised, scanned, understand_more
from tests.tracking.shipments.telling import (
    DAY,
    HOUR,
    MONDAY,
    ONE,
    event,
    fulfilment,
    only_parcel,
    open_kinds,
    order,
    tell,
)
from tracking.connectors.contract import Observation, Place
from tracking.exception_queue.quiet import why_quiet
from tracking.exception_queue.sweep import sweep
from tracking.models import ExceptionCase, Shipment, Signal

MINUTE = timedelta(minutes=1)
TORONTO = Place("Toronto", "ON", "M5H 2N2", "CA")


def fulfilled_without_number() -> None:
    tell("shop", order(), fulfilment())


def unknown_to_the_carrier() -> None:
    label_alone()
    tell("fedex", Observation(ONE, "fedex", not_found=True), at=MONDAY + HOUR)


def accepted_in_a_batch() -> None:
    label_alone()
    tell("fedex", event(ONE, "batch", MONDAY), at=MONDAY)


def moving_across_a_border() -> None:
    tell("shop", order(ship_to=TORONTO), fulfilment(ONE))
    Shipment.objects.update(is_international=True)
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)


def moving_with_care() -> None:
    scanned()
    Shipment.objects.update(care_level="high", next_check_at=MONDAY)


def out_for_delivery() -> None:
    scanned()
    tell("fedex", event(ONE, "out_for_delivery", MONDAY + HOUR), at=MONDAY + HOUR)


def moving_towards_a_promise() -> None:
    scanned()
    promised(MONDAY + DAY + HOUR / 2)
    tell("fedex", event(ONE, "in_transit", MONDAY + HOUR), at=MONDAY + HOUR)


def waiting_to_be_fetched() -> None:
    scanned()
    tell("fedex", event(ONE, "available_for_pickup", MONDAY + HOUR), at=MONDAY + HOUR)
    tell("fedex", Observation(ONE, "fedex", return_by=date(2026, 3, 7)), at=MONDAY + HOUR)


def at_customs() -> None:
    scanned()
    tell("fedex", event(ONE, "customs_hold", MONDAY + HOUR), at=MONDAY + HOUR)


def told_differently() -> None:
    scanned()
    tell("fedex", event(ONE, "in_transit", MONDAY + 2 * HOUR), at=MONDAY + 2 * HOUR)
    tell("platform", event(ONE, "delivered", MONDAY + HOUR), at=MONDAY + 2 * HOUR)


def delivered() -> None:
    scanned()
    tell("fedex", event(ONE, "delivered", MONDAY + HOUR), at=MONDAY + HOUR)


STATES: dict[Callable[[], object], set[str]] = {
    fulfilled_without_number: {"missing_tracking"},
    label_alone: {"no_first_scan"},
    unknown_to_the_carrier: {"unknown_number", "no_first_scan"},
    accepted_in_a_batch: {"batch_accepted_only"},
    scanned: {"stalled", "presumed_lost"},
    moving_across_a_border: {"stalled", "presumed_lost"},
    moving_with_care: {"stalled", "presumed_lost"},
    out_for_delivery: {"stalled", "presumed_lost"},
    moving_towards_a_promise: {"stalled", "presumed_lost", "missed_promise"},
    waiting_to_be_fetched: {"held_at_location", "pickup_expiring"},
    at_customs: {"stalled", "presumed_lost", "customs_hold"},
    told_differently: {"stalled", "presumed_lost", "source_conflict"},
    delivered: set(),
}
"""A way to bring the parcel into a state -> the kinds that only wait for the clock then."""


def foretold(now: datetime) -> dict[str, datetime]:
    """What the page says at `now`: kind -> when it would fire."""
    return {each.kind: each.due_at for each in why_quiet(only_parcel(), now) if each.due_at and not each.signal}


def fired_at(moment: datetime) -> set[str]:
    """Kinds that a sweep raises at a moment."""
    known = set(Signal.objects.values_list("pk", flat=True))
    sweep(clock=lambda: moment)
    fresh = Signal.objects.exclude(pk__in=known)
    assert {row.fired_at for row in fresh} <= {moment}
    return set(fresh.values_list("kind", flat=True))


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("state", STATES, ids=lambda each: each.__name__)
def test_at_the_minute_foretold_exactly_that_detector_fires(state: Callable[[], object]) -> None:
    understand_more()
    state()
    told = foretold(MONDAY + 2 * HOUR)
    assert set(told) == STATES[state]
    for kind, due in told.items():
        with transaction.atomic():
            sweep(clock=lambda due=due: due - MINUTE)  # type: ignore[misc]
            assert kind not in open_kinds(only_parcel()), "not a minute too early"
            others = {each for each, at in foretold(due - MINUTE).items() if due - MINUTE < at <= due}
            assert only_parcel().next_check_at == due
            assert fired_at(due) == others == {kind}
            assert kind in open_kinds(only_parcel())
            assert ExceptionCase.objects.filter(signals__kind=kind).exists()
            transaction.set_rollback(True)


def test_every_detector_that_waits_for_the_clock_is_asked() -> None:
    assert set().union(*STATES.values()) == {
        "missing_tracking",
        "unknown_number",
        "no_first_scan",
        "batch_accepted_only",
        "stalled",
        "presumed_lost",
        "missed_promise",
        "held_at_location",
        "pickup_expiring",
        "customs_hold",
        "source_conflict",
    }
