"""Signals: they fire, are told anew, clear, are settled, and fire again only for a reason."""

from datetime import datetime

import pytest

from tests.tracking.exception_queue.people import person
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
from tracking.exception_queue import operations
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, ExceptionCase, Signal

pytestmark = pytest.mark.usefixtures("stage")


def signals(kind: str) -> list[tuple[str, str]]:
    return list(Signal.objects.filter(kind=kind).order_by("id").values_list("state", "fingerprint"))


def states(kind: str) -> list[str]:
    return [state for state, _ in signals(kind)]


def resolve(at: datetime) -> None:
    case = ExceptionCase.objects.exclude(state="resolved").get()
    operations.resolve(case_id=case.pk, actor=person("ann"), now=at, outcome="address_corrected")


def begin() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "first_scan", MONDAY), at=MONDAY)


def test_the_clock_alone_fires_and_a_scan_clears() -> None:
    begin()
    sweep(clock=lambda: MONDAY + 2 * DAY)
    assert states("stalled") == []
    due = only_parcel().next_check_at
    assert due is not None
    assert MONDAY + 2 * DAY < due <= MONDAY + 4 * DAY
    sweep(clock=lambda: due)
    assert states("stalled") == ["open"]
    sweep(clock=lambda: due + HOUR)
    assert states("stalled") == ["open"], "one signal of a kind"
    tell("fedex", event(ONE, "in_transit", due + HOUR), at=due + 2 * HOUR)
    assert states("stalled") == ["cleared"]
    assert Signal.objects.get().ended_at == due + 2 * HOUR


def test_longer_silence_replaces_the_signal_in_the_same_case() -> None:
    begin()
    sweep(clock=lambda: MONDAY + 5 * DAY)
    case = ExceptionCase.objects.get()
    sweep(clock=lambda: MONDAY + 12 * DAY)
    assert (states("stalled"), states("presumed_lost")) == (["cleared"], ["open"])
    changed = ExceptionCase.objects.get()
    assert (changed.pk, changed.kind, changed.severity, changed.signal_count) == (case.pk, "presumed_lost", "high", 1)
    assert Signal.objects.get(state="open").case_id == case.pk
    assert (case.brief, changed.brief) == ("no scan, window 3 carrier days", "no scan, window 7 carrier days")


def test_a_settled_signal_fires_again_when_it_is_reported_anew() -> None:
    begin()
    tell("fedex", event(ONE, "address_issue", MONDAY + HOUR), at=MONDAY + HOUR)
    resolve(MONDAY + 2 * HOUR)
    tell("fedex", event(ONE, "address_issue", MONDAY + HOUR), at=MONDAY + 3 * HOUR)
    sweep(clock=lambda: MONDAY + 4 * HOUR)
    assert states("address_issue") == ["settled"]
    tell("fedex", event(ONE, "address_issue", MONDAY + DAY), at=MONDAY + DAY)
    assert states("address_issue") == ["settled", "open"]
    assert ExceptionCase.objects.get().reopened_count == 1


def test_a_settled_signal_fires_again_after_its_condition_was_met() -> None:
    begin()
    due = MONDAY + 4 * DAY
    sweep(clock=lambda: due)
    resolve(due + HOUR)
    sweep(clock=lambda: due + DAY)
    assert states("stalled") == ["settled"]
    tell("fedex", event(ONE, "in_transit", due + DAY), at=due + DAY)
    assert Signal.objects.get(kind="stalled").condition_met_again
    sweep(clock=lambda: due + 7 * DAY)
    assert states("stalled") == ["settled", "open"]


def test_damage_stays_until_a_person_settles_it() -> None:
    begin()
    tell("fedex", event(ONE, "damaged", MONDAY + HOUR), at=MONDAY + HOUR)
    tell("fedex", event(ONE, "in_transit", MONDAY + 2 * HOUR), at=MONDAY + 2 * HOUR)
    tell("fedex", event(ONE, "delivered", MONDAY + DAY), at=MONDAY + DAY)
    assert states("damaged") == ["open"]
    assert ExceptionCase.objects.get().state == "new"


def test_the_end_clears_what_waits_and_leaves_what_needs_a_person() -> None:
    begin()
    sweep(clock=lambda: MONDAY + 5 * DAY)
    tell("fedex", event(ONE, "refused", MONDAY + 5 * DAY), at=MONDAY + 5 * DAY)
    tell("fedex", event(ONE, "delivered", MONDAY + 6 * DAY), at=MONDAY + 6 * DAY)
    assert open_kinds(only_parcel()) == {"refused"}


@pytest.mark.parametrize("ending", ["cancelled", "deleted"])
def test_the_end_of_the_order_clears_signals_that_wait(ending: str) -> None:
    tell("shop", order(), fulfilment(ONE))
    late = MONDAY + 5 * DAY
    sweep(clock=lambda: late)
    assert open_kinds(only_parcel()) == {"no_first_scan"}
    if ending == "cancelled":
        tell("shop", order(version=late, cancelled_at=late), at=late)
    else:
        tell("shop", order(version=late, cancelled_at=late, is_partial=True), at=late)
    assert open_kinds(only_parcel()) == set()
    assert ExceptionCase.objects.get().outcome == "cleared_itself"


def test_new_words_of_the_carrier_count_as_news() -> None:
    begin()
    tell("fedex", event(ONE, "failed_attempt", MONDAY + HOUR), at=MONDAY + HOUR)
    first = ExceptionCase.objects.get()
    tell("fedex", event(ONE, "failed_attempt", MONDAY + DAY), at=MONDAY + DAY)
    signal, case = Signal.objects.get(kind="failed_attempt"), ExceptionCase.objects.get()
    assert (signal.count, signal.severity, case.severity) == (2, "high", "high")
    assert (first.severity, case.pk) == ("medium", first.pk)


def test_a_signal_added_and_another_cleared_at_once_both_show_on_the_case() -> None:
    begin()
    tell("fedex", event(ONE, "refused", MONDAY + HOUR), at=MONDAY + HOUR)
    tell("fedex", event(ONE, "carrier_delay", MONDAY + 2 * HOUR), at=MONDAY + 2 * HOUR)
    tell("fedex", event(ONE, "weather_delay", MONDAY + 3 * HOUR), at=MONDAY + 3 * HOUR)
    case = ExceptionCase.objects.get()
    assert set(case.signals.filter(state="open").values_list("kind", flat=True)) == {"refused", "weather_delay"}
    kinds = CaseActivity.objects.filter(case=case, kind__startswith="signal").values_list("kind", "after__kind")
    assert list(kinds) == [
        ("signal_added", "carrier_delay"),
        ("signal_added", "weather_delay"),
        ("signal_cleared", "carrier_delay"),
    ]


def test_parcels_that_customers_send_back_are_watched_for_loss_and_damage_only() -> None:
    begin()
    parcel = only_parcel()
    parcel.direction = "return"
    parcel.save()
    sweep(clock=lambda: MONDAY + 12 * DAY)
    assert open_kinds(parcel) == set()
    tell("fedex", event(ONE, "lost", MONDAY + 12 * DAY), at=MONDAY + 12 * DAY)
    assert open_kinds(parcel) == {"lost"}
