"""Reasons the carrier reports: a signal on whatever milestone, until that reason's own clear condition."""

from typing import Any

import pytest

from tests.tracking.detectors.parcels import at, delivered, moving, parcel, reason, signal, watch
from tracking.status.contract import StatusStep
from tracking.vocabulary import Milestone

NOW = at("20 12:00")
AT_ONCE = [
    ("carrier_delay", "low", "carrier"),
    ("weather_delay", "low", "weather"),
    ("address_issue", "high", "customer"),
    ("payment_due", "high", "customer"),
    ("failed_attempt", "medium", "customer"),
    ("damaged", "high", "carrier"),
    ("lost", "critical", "carrier"),
    ("refused", "high", "customer"),
    ("return_to_sender", "high", "carrier"),
    ("other", "medium", "carrier"),
]
CLEARED_BY_SCAN = ["carrier_delay", "weather_delay", "customs_hold", "other"]
CLEARED_BY_OUTBOUND_SCAN = ["address_issue", "payment_due"]
FOR_A_PERSON = ["damaged", "refused"]


def troubled(name: str, status: str = "exception", **changes: Any) -> Any:
    return parcel(moving(status=status, status_at=at("17 12:00"), reason=name, reasons=(reason(name),), **changes))


@pytest.mark.parametrize(("kind", "severity", "cause"), AT_ONCE)
def test_fires_at_once(kind: str, severity: str, cause: str) -> None:
    found = signal(troubled(kind), kind, at("17 12:00"))
    assert found is not None
    assert (found.severity, found.cause) == (severity, cause)
    assert found.since == at("17 12:00")
    assert "Tue 17 Nov 11:00 CST" in found.evidence


@pytest.mark.parametrize(("kind", "severity", "cause"), AT_ONCE)
@pytest.mark.parametrize("milestone", [Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY, Milestone.INFO])
def test_the_milestone_does_not_matter(kind: str, severity: str, cause: str, milestone: str) -> None:
    state = moving(reasons=(reason(kind, milestone=milestone),))
    assert signal(parcel(state), kind, NOW) is not None


@pytest.mark.parametrize(("kind", "severity", "cause"), AT_ONCE)
def test_a_hint_never_fires(kind: str, severity: str, cause: str) -> None:
    for status in ("exception", "delayed"):
        hinted = moving(status=status, status_at=at("17 12:00"), reason=kind, is_hint=True)
        assert watch(parcel(hinted), kind, NOW).signal is None


@pytest.mark.parametrize("kind", CLEARED_BY_SCAN)
def test_a_later_scan_clears(kind: str) -> None:
    assert signal(parcel(moving(reasons=(reason(kind),))), kind, NOW) is not None
    scanned = reason(kind, cleared_by_scan_at=at("18 09:00"))
    assert signal(parcel(moving(reasons=(scanned,))), kind, NOW) is None


@pytest.mark.parametrize("kind", CLEARED_BY_OUTBOUND_SCAN)
def test_a_scan_on_the_way_back_does_not_clear(kind: str) -> None:
    on_the_way_back = reason(kind, cleared_by_scan_at=at("18 09:00"))
    assert signal(parcel(moving(reasons=(on_the_way_back,))), kind, NOW) is not None
    outbound = reason(kind, cleared_by_scan_at=at("18 09:00"), cleared_by_outbound_scan_at=at("18 10:00"))
    assert signal(parcel(moving(reasons=(outbound,))), kind, NOW) is None


@pytest.mark.parametrize("kind", CLEARED_BY_SCAN + CLEARED_BY_OUTBOUND_SCAN + ["failed_attempt", "lost"])
def test_the_end_of_the_parcel_clears(kind: str) -> None:
    assert signal(parcel(delivered(reasons=(reason(kind),))), kind, NOW) is None


@pytest.mark.parametrize("kind", CLEARED_BY_SCAN + CLEARED_BY_OUTBOUND_SCAN)
def test_a_cancelled_order_clears_what_waits_for_a_scan(kind: str) -> None:
    facts = parcel(moving(reasons=(reason(kind),)), order_cancelled=True)
    assert signal(facts, kind, NOW) is None


@pytest.mark.parametrize("kind", FOR_A_PERSON)
def test_only_a_person_ends_it(kind: str) -> None:
    scanned = reason(kind, cleared_by_scan_at=at("18 09:00"), cleared_by_outbound_scan_at=at("18 09:00"))
    for state in (moving(reasons=(scanned,)), delivered(reasons=(scanned,))):
        found = watch(parcel(state, order_cancelled=True), kind, NOW)
        assert found.signal is not None
        assert found.needs_person


@pytest.mark.parametrize("status", ["delivered", "returning", "returned", "available_for_pickup"])
def test_what_follows_a_failed_attempt_clears_it(status: str) -> None:
    attempt = (reason("failed_attempt"),)
    assert signal(parcel(moving(status=status, reasons=attempt)), "failed_attempt", NOW) is None
    passed = moving(reasons=attempt, steps=(StatusStep(status, at("18 09:00"), 8),))
    assert signal(parcel(passed), "failed_attempt", NOW) is None
    same_event = moving(reasons=attempt, steps=(StatusStep(status, at("17 12:00"), 7),))
    assert signal(parcel(same_event), "failed_attempt", NOW) is None
    earlier = moving(reasons=attempt, steps=(StatusStep(status, at("17 09:00"), 6),))
    assert signal(parcel(earlier), "failed_attempt", NOW) is not None


def test_a_scan_does_not_clear_a_failed_attempt() -> None:
    scanned = reason("failed_attempt", cleared_by_scan_at=at("18 09:00"), cleared_by_outbound_scan_at=at("18 09:00"))
    assert signal(parcel(moving(reasons=(scanned,))), "failed_attempt", NOW) is not None


@pytest.mark.parametrize(("days", "severity"), [(1, "medium"), (2, "high"), (3, "high")])
@pytest.mark.parametrize(("care", "step"), [("standard", 0), ("high", 1)])
def test_a_second_failed_attempt_is_more_severe(days: int, severity: str, care: str, step: int) -> None:
    ladder = ["medium", "high", "critical"]
    state = moving(reasons=(reason("failed_attempt", last_at=at("19 12:00"), count=days),))
    found = signal(parcel(state, care_level=care), "failed_attempt", NOW)
    assert found is not None
    assert found.severity == ladder[ladder.index(severity) + step]
    assert found.count == days
    assert ("on 2 days" in found.evidence) is (days == 2)


def test_a_loss_reported_after_the_delivery_stands() -> None:
    late = reason("lost", "19 12:00")
    assert signal(parcel(delivered("18 12:00", reasons=(late,))), "lost", NOW) is not None
    assert signal(parcel(delivered("19 13:00", reasons=(late,))), "lost", NOW) is None


@pytest.mark.parametrize(("kind", "status"), [("other", "exception"), ("carrier_delay", "delayed")])
def test_trouble_without_a_reason(kind: str, status: str) -> None:
    state = moving(status=status, status_at=at("17 12:00"))
    found = signal(parcel(state), kind, at("17 12:00"))
    assert found is not None
    assert "without a reason" in found.evidence
    scanned = moving(status=status, status_at=at("17 12:00"), last_scan_at=at("17 13:00"))
    assert signal(parcel(scanned), kind, NOW) is None
    hinted = moving(status=status, status_at=at("17 12:00"), is_hint=True)
    assert signal(parcel(hinted), kind, NOW) is None
    explained = moving(status=status, status_at=at("17 12:00"), reason="weather_delay")
    assert signal(parcel(explained), kind, NOW) is None


@pytest.mark.parametrize("kind", [kind for kind, _, _ in AT_ONCE if kind != "return_to_sender"] + ["customs_hold"])
def test_the_fingerprint_changes_when_the_carrier_reports_anew(kind: str) -> None:
    first = signal(parcel(moving(reasons=(reason(kind),))), kind, NOW)
    again = signal(parcel(moving(reasons=(reason(kind, last_identity=8),))), kind, NOW)
    counted = signal(parcel(moving(reasons=(reason(kind, count=2),))), kind, NOW)
    assert first is not None
    assert again is not None
    assert counted is not None
    assert len({first.fingerprint, again.fingerprint, counted.fingerprint}) == 3


def test_a_customs_hold_waits_before_it_is_a_signal() -> None:
    facts = parcel(moving(reasons=(reason("customs_hold"),)))
    assert watch(facts, "customs_hold", at("17 13:00")).why_not == "Within its window."
    found = signal(facts, "customs_hold", NOW)
    assert found is not None
    assert found.evidence.endswith("The window is 1 carrier day.")


def test_a_parcel_found_and_then_moved_on_is_not_lost() -> None:
    steps = (StatusStep("delivered", at("18 12:00"), 8), StatusStep("in_transit", at("19 12:00"), 9))
    assert signal(parcel(moving(reasons=(reason("lost"),), steps=steps)), "lost", NOW) is None
    assert signal(parcel(moving(reasons=(reason("lost", "18 13:00"),), steps=steps)), "lost", NOW) is not None


@pytest.mark.parametrize("kind", ["customs_hold", "held_at_location"])
def test_a_second_hold_gets_a_window_of_its_own(kind: str) -> None:
    again = reason(kind, "10 12:00", last_at=at("17 12:00"), since_at=at("17 12:00"), count=2)
    facts = parcel(moving(reasons=(again,)))
    assert watch(facts, kind, at("17 13:00")).signal is None
    found = signal(facts, kind, NOW)
    assert found is not None
    assert found.since == at("17 12:00")


@pytest.mark.parametrize("kind", ["failed_attempt", "damaged", "refused", "lost"])
def test_a_trouble_that_scans_do_not_end_began_with_its_first_report(kind: str) -> None:
    again = reason(kind, "16 12:00", last_at=at("17 12:00"), since_at=at("17 12:00"), count=2)
    found = signal(parcel(moving(reasons=(again,))), kind, NOW)
    assert found is not None
    assert found.since == at("16 12:00")


def test_damage_by_the_customers_word_waits_for_a_person() -> None:
    told = at("20 09:00")
    found = watch(parcel(moving(), damage_told_at=told), "damaged", at("20 12:00"))
    assert found.signal is not None
    assert (found.needs_person, found.signal.since, found.signal.severity) == (True, told, "high")
    assert found.signal.evidence.startswith("The customer said on Fri 20 Nov 08:00")
    assert watch(parcel(moving()), "damaged", at("20 12:00")).signal is None
