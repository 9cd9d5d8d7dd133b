"""The registry: every kind once, return parcels, cancelled orders, order of the answers, the next check."""

from dataclasses import replace

import pytest

from tests.tracking.detectors.parcels import LABEL, SCAN, ask, at, delivered, labelled, moving, parcel, reason, watch
from tracking.detectors.contract import Detector
from tracking.detectors.presets import KINDS
from tracking.detectors.registry import DETECTORS, duplicates
from tracking.detectors.rule import Rule
from tracking.status.contract import ShipmentState, SourceWord
from tracking.vocabulary import Reason, SignalKind

NOW = at("12-30 12:00")
FOR_A_PERSON = {"damaged", "refused", "return_to_sender", "misdelivery_suspected", "delivered_not_received"}


def test_every_kind_has_one_detector_and_one_preset() -> None:
    assert {one.kind for one in DETECTORS} == set(SignalKind.values)
    assert {row.kind for row in KINDS} == set(SignalKind.values)
    assert len(KINDS) == len(SignalKind.values)
    assert duplicates() == ()


def test_duplicates_are_named() -> None:
    twice: Detector = Rule("stalled", lambda facts, policy, now: "never")
    assert duplicates((*DETECTORS, twice)) == ("stalled",)


def test_which_signals_a_person_must_settle() -> None:
    assert {one.kind for one in DETECTORS if one.needs_person} == FOR_A_PERSON
    assert {one.kind for one in ask(parcel(labelled()), NOW).watches if one.needs_person} == FOR_A_PERSON


def test_every_detector_answers() -> None:
    watches = ask(parcel(moving()), SCAN).watches
    assert [one.kind for one in watches] == [one.kind for one in DETECTORS]
    assert all(one.signal or one.why_not for one in watches)


def everything_wrong() -> ShipmentState:
    reasons = tuple(reason(name) for name in Reason.values)
    words = (SourceWord(1, 0, "in_transit", SCAN), SourceWord(2, 1, "delivered", SCAN))
    return moving(reasons=reasons, conflict_since=LABEL, source_words=words, moved_after_end_at=SCAN)


def test_return_parcels_are_watched_for_loss_and_damage_only() -> None:
    facts = parcel(everything_wrong(), promise_at=at("18 12:00"))
    assert len(ask(facts, NOW).signals) > 10
    found = ask(replace(facts, direction="return"), NOW)
    assert {one.kind for one in found.signals} == {"lost", "damaged"}
    assert found.next_check_at is None
    assert all(one.due_at is None for one in found.watches)


@pytest.mark.parametrize(
    "state",
    [
        labelled(),
        labelled(not_found_since=LABEL),
        labelled(evidence="batch_accepted", evidence_at=LABEL),
        moving(),
        moving(estimate_at=at("12-31 12:00"), estimate_precision="instant"),
        moving(reasons=(reason("carrier_delay"), reason("address_issue"), reason("customs_hold"), reason("other"))),
    ],
)
def test_a_cancelled_order_waits_for_no_scan_number_or_estimate(state: ShipmentState) -> None:
    promised = parcel(state, promise_at=at("12-30 18:00"))
    assert ask(promised, NOW).signals
    cancelled = ask(replace(promised, order_cancelled=True), NOW)
    assert cancelled.signals == ()
    assert cancelled.next_check_at is None


def test_the_most_severe_signal_comes_first() -> None:
    severities = [one.severity for one in ask(parcel(everything_wrong(), promise_at=at("18 12:00")), NOW).signals]
    assert severities == sorted(severities, key=["critical", "high", "medium", "low"].index)
    assert severities[0] == "critical"


def test_the_next_check_is_the_next_moment_on_which_the_clock_decides() -> None:
    facts = parcel(moving(), promise_at=at("19 18:00"))
    assert ask(facts, SCAN).next_check_at == at("19 18:00")  # missed_promise
    assert ask(facts, at("19 18:00")).next_check_at == at("19 20:00")  # stalled
    assert ask(facts, at("19 20:00")).next_check_at == at("25 20:00")  # presumed_lost
    assert ask(facts, at("25 20:00")).next_check_at is None


def test_an_ended_parcel_needs_no_more_checks() -> None:
    found = ask(parcel(delivered(), promise_at=at("19 18:00")), at("18 13:00"))
    assert found.signals == ()
    assert found.next_check_at is None


def test_a_parcel_that_is_only_expected() -> None:
    created = ShipmentState("created", None)
    facts = parcel(created, has_number=False, label_at=None, number_at=None, pickup_cutoff_at=None, is_fulfilled=False)
    assert ask(facts, NOW).signals == ()
    assert watch(facts, "missing_tracking", NOW).why_not == "It is not fulfilled yet."
