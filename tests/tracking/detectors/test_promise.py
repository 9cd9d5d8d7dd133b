"""The promise: about to be missed, missed, and whose fault it is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.tracking.detectors.parcels import AUSTIN, at, labelled, moving, parcel, policy, reason, signal, watch
from tracking.detectors.contract import ShipmentFacts
from tracking.detectors.promise import estimate_misses, promise_end

NOW = at("18 12:00")
FRIDAY = {"promise_at": at("20 00:00", AUSTIN), "promise_is_date": True, "promise_origin": "shop"}
EXACT = {"promise_at": at("20 10:00")}


def expected(when: str, precision: str = "instant", zone: str = "America/New_York", **changes: Any) -> Any:
    return moving(estimate_at=at(when, zone), estimate_precision=precision, **changes)


@pytest.mark.parametrize(
    ("facts", "misses"),
    [
        (parcel(expected("20 22:00"), **EXACT), False),  # exactly 12 h late is tolerated
        (parcel(expected("20 22:01"), **EXACT), True),
        (parcel(expected("20 16:01"), **EXACT, care_level="high"), True),
        (parcel(expected("20 15:59"), **EXACT, care_level="high"), False),
        (parcel(expected("21 12:00", zone=AUSTIN), **FRIDAY), False),  # the day ends at midnight, then 12 h
        (parcel(expected("21 12:01", zone=AUSTIN), **FRIDAY), True),
        (parcel(expected("20 23:59", "date", AUSTIN), **FRIDAY), False),
        (parcel(expected("21 00:00", "date", AUSTIN), **FRIDAY), True),  # days are compared as days
        (parcel(expected("21 23:59", "date", AUSTIN), **FRIDAY), True),
        (parcel(expected("20 23:59", "date", AUSTIN), **EXACT), False),
        (parcel(expected("21 00:00", "date", AUSTIN), **EXACT), True),
        (parcel(expected("19 10:00", estimate_until=at("21 10:00")), **EXACT), True),  # the end of a span counts
        (parcel(moving(), **EXACT), False),
        (parcel(expected("29 10:00")), False),
    ],
)
def test_an_estimate_behind_the_promise(facts: ShipmentFacts, misses: bool) -> None:
    assert estimate_misses(facts, policy(facts)) is misses
    assert (signal(facts, "will_miss_promise", NOW) is not None) is misses


def test_the_promised_day_ends_where_the_customer_lives() -> None:
    assert promise_end(parcel(moving(), **FRIDAY)) == at("21 00:00", AUSTIN)
    evening = {"promise_at": at("20 23:59", AUSTIN), "promise_is_date": True}
    assert promise_end(parcel(moving(), **evening)) == at("21 00:00", AUSTIN)
    assert promise_end(parcel(moving(), **EXACT)) == at("20 10:00")
    assert promise_end(parcel(moving())) is None


def test_the_words_of_a_promise_that_will_be_missed() -> None:
    found = signal(parcel(expected("23 12:00", "date", AUSTIN), **FRIDAY), "will_miss_promise", NOW)
    assert found is not None
    assert found.evidence == (
        "The carrier expects delivery on Mon 23 Nov; promised is Fri 20 Nov (shop), and the tolerance is 12 h."
        " The carrier had it in time."
    )


def test_a_missed_promise_takes_over_from_one_that_will_be() -> None:
    facts, end = parcel(expected("23 12:00"), **EXACT), at("20 10:00")
    before = watch(facts, "will_miss_promise", end - timedelta(seconds=1))
    assert before.signal is not None
    assert before.clears_at == end
    assert watch(facts, "will_miss_promise", end).signal is None
    assert signal(facts, "missed_promise", end) is not None


def test_an_estimate_must_be_back_inside_for_half_a_day() -> None:
    facts = parcel(expected("20 09:00"), **EXACT, estimate_inside_since=at("18 09:00"))
    held = watch(facts, "will_miss_promise", at("18 20:59"))
    assert held.signal is not None
    assert held.clears_at == at("18 21:00")
    assert watch(facts, "will_miss_promise", at("18 21:00")).signal is None


def test_a_new_estimate_is_a_new_report_only_on_another_day() -> None:
    prints = [
        getattr(signal(parcel(expected(when), **EXACT), "will_miss_promise", NOW), "fingerprint", None)
        for when in ("23 09:00", "23 15:00", "24 09:00")
    ]
    assert prints[0] is not None
    assert prints[0] == prints[1] != prints[2]


def test_an_estimate_back_inside_is_watched_until_the_promise_ends() -> None:
    facts = parcel(expected("20 09:00"), **EXACT, estimate_inside_since=at("20 06:00"))
    assert watch(facts, "will_miss_promise", at("20 07:00")).clears_at == at("20 10:00")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"order_cancelled": True}, "The order is cancelled."),
        ({"promise_at": None}, "No promise is known."),
        ({"state": moving(status="delivered")}, "The parcel is delivered."),
        ({"state": moving()}, "The carrier gives no estimate."),
        ({"state": expected("23 12:00", is_returning=True)}, "The parcel is on its way back."),
    ],
)
def test_why_no_promise_is_in_danger(changes: dict[str, Any], why: str) -> None:
    state = changes.pop("state", expected("23 12:00"))
    assert watch(parcel(state, **EXACT | changes), "will_miss_promise", NOW).why_not == why


def test_the_carrier_may_say_itself_that_it_missed_its_window() -> None:
    found = signal(parcel(moving(reasons=(reason("missed_window"),))), "missed_promise", NOW)
    assert found is not None
    assert found.severity == "high"
    assert signal(parcel(moving(status="delivered", reasons=(reason("missed_window"),))), "missed_promise", NOW) is None


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (moving(), "carrier"),
        (moving(first_scan_at=at("17 17:00")), "carrier"),  # at the last moment of the window
        (moving(first_scan_at=at("17 17:01")), "warehouse"),
        (labelled(), "warehouse"),
        (labelled(evidence="batch_accepted"), "carrier"),
        (moving(reasons=(reason("carrier_delay"),)), "carrier"),
        (moving(reasons=(reason("weather_delay"),)), "weather"),
        (moving(reasons=(reason("customs_hold"),)), "customs"),
        (moving(reasons=(reason("address_issue"),)), "customer"),
        (moving(reasons=(reason("weather_delay"), reason("failed_attempt", "19 12:00"))), "customer"),
        (moving(reasons=(reason("failed_attempt", "19 12:00"), reason("weather_delay"))), "customer"),
    ],
)
def test_whose_fault_it_is(state: Any, cause: str) -> None:
    for kind, now in (("missed_promise", at("21 12:00")), ("will_miss_promise", NOW)):
        late = parcel(replace(state, estimate_at=at("23 12:00"), estimate_precision="instant"), **EXACT)
        found = signal(late, kind, now)
        assert found is not None
        assert found.cause == cause


def test_what_is_next_for_a_parcel_that_is_late_depends_on_whether_it_left() -> None:
    facts = {"promise_at": at("17 12:00"), "promise_is_date": True, "promise_origin": "the shop's order"}
    left = signal(parcel(moving(), **facts), "missed_promise", at("18 12:00"))
    lies = signal(parcel(labelled(), **facts), "missed_promise", at("18 12:00"))
    assert left is not None
    assert lies is not None
    assert (left.parameters, lies.parameters) == ({}, {"phase": "not_scanned"})
    assert left.evidence.startswith(
        "Promised for Tue 17 Nov (the shop's order) and not delivered by the end of that day."
    )
