"""Clocks that stand still while the only source is silent, one day at most; silence after which nothing is awaited."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.tracking.detectors.parcels import at, labelled, moving, parcel, reason, signal, watch
from tracking.detectors.contract import ShipmentFacts
from tracking.status.contract import ShipmentState

UNANNOUNCED = {"has_number": False, "label_at": None, "number_at": None}


@pytest.mark.parametrize(
    ("facts", "kind", "due"),
    [
        (parcel(moving(), paused_from=at("18 12:00")), "stalled", at("20 20:00")),  # due on the 19th at 20:00
        (parcel(labelled(), paused_from=at("17 12:00")), "no_first_scan", at("18 17:00")),
        (parcel(moving(), paused_from=at("21 12:00"), is_international=True), "stalled", at("23 20:00")),  # a weekend
        (
            parcel(ShipmentState("created", None), **UNANNOUNCED, paused_from=at("16 12:00")),
            "missing_tracking",
            at("18 09:00"),
        ),
        (parcel(moving(), promise_at=at("18 18:00"), paused_from=at("18 12:00")), "missed_promise", at("19 12:00")),
        (parcel(moving(), promise_at=at("20 18:00"), paused_from=at("18 12:00")), "missed_promise", at("20 18:00")),
    ],
)
def test_a_clock_stops_for_a_day_and_blames_the_feed(facts: ShipmentFacts, kind: str, due: datetime) -> None:
    assert watch(facts, kind, due - timedelta(seconds=1)).signal is None
    found = signal(facts, kind, due)
    assert found is not None
    assert found.cause == "feed"


def test_what_was_due_before_the_silence_stays_as_it_was() -> None:
    facts = parcel(moving(), paused_from=at("19 20:00"))
    found = signal(facts, "stalled", at("19 20:00"))
    assert found is not None
    assert found.cause == "carrier"


def test_the_clock_runs_again_as_soon_as_the_source_speaks() -> None:
    assert watch(parcel(moving(), paused_from=at("18 12:00")), "stalled", at("19 21:00")).signal is None
    assert watch(parcel(moving()), "stalled", at("19 21:00")).signal is not None


def test_a_clock_that_began_after_the_pause_is_not_delayed() -> None:
    facts = parcel(moving(last_scan_at=at("18 12:00")), paused_from=at("16 12:00"))
    assert watch(facts, "stalled", at("18 13:00")).due_at == at("23 12:00")


def test_a_clock_that_began_during_the_silence_runs_whole() -> None:
    facts = parcel(moving(last_scan_at=at("18 18:00")), paused_from=at("18 12:00"))
    assert watch(facts, "stalled", at("18 19:00")).due_at == at("24 12:00")  # 3 carrier days from Thursday noon


def test_a_promise_broken_before_the_silence_stays_as_it_was() -> None:
    found = signal(
        parcel(moving(), promise_at=at("18 11:00"), paused_from=at("18 12:00")), "missed_promise", at("18 11:00")
    )
    assert found is not None
    assert found.cause == "carrier"


def test_after_a_reported_loss_no_scan_is_awaited() -> None:
    lost = reason("lost", "17 12:00")
    facts = parcel(moving(status="exception", reasons=(lost,)))
    for kind in ("stalled", "presumed_lost"):
        assert watch(facts, kind, at("12-20 12:00")).why_not == "The carrier has reported it lost: no scan is awaited."
    found = replace(lost, cleared_by_scan_at=at("18 12:00"))
    assert signal(parcel(moving(reasons=(found,))), "stalled", at("21 12:00")) is not None
