"""Every detector with a clock fires exactly when its window is over, and says before when that will be."""

from datetime import date, datetime, timedelta

import pytest

from tests.tracking.detectors.parcels import CUTOFF, LABEL, SCAN, at, labelled, moving, parcel, reason, signal, watch
from tracking.detectors.contract import Policy, ShipmentFacts, Window
from tracking.detectors.registry import detect
from tracking.detectors.rule import MOST_IN_BRIEF
from tracking.status.contract import ShipmentState, SourceWord, StatusStep

CREATED = ShipmentState("created", None)
NO_NUMBER = {"has_number": False, "label_at": None, "number_at": None, "pickup_cutoff_at": None}
HIGH = {"care_level": "high"}
ABROAD = {"is_international": True}
BATCH = {"status": "label_created", "evidence": "batch_accepted", "evidence_at": at("16 17:30"), "first_scan_at": None}
OUT = {"status": "out_for_delivery", "status_at": SCAN, "out_for_delivery_at": SCAN}
READY = {"status": "available_for_pickup", "status_at": at("17 12:00"), "available_at": at("17 12:00")}
CUSTOMS = {"reasons": (reason("customs_hold"),)}
DISAGREE = {
    "conflict_since": at("17 12:00"),
    "source_words": (SourceWord(1, 0, "in_transit", SCAN), SourceWord(2, 1, "delivered", SCAN)),
}
BY_FRIDAY = {"promise_at": at("20 00:00", "America/Chicago"), "promise_is_date": True}

CASES = [
    ("missing_tracking", parcel(CREATED, **NO_NUMBER), at("17 09:00")),
    ("missing_tracking", parcel(CREATED, **NO_NUMBER, **HIGH), at("16 21:00")),
    ("missing_tracking", parcel(CREATED, **NO_NUMBER, fulfilled_at=at("20 18:00")), at("21 18:00")),  # clock: weekend
    ("missing_tracking", parcel(CREATED, **NO_NUMBER, fulfilled_at=None), at("16 09:00")),
    ("unknown_number", parcel(labelled(not_found_since=at("16 11:00"))), at("18 10:00")),
    ("unknown_number", parcel(labelled(not_found_since=at("16 11:00")), **HIGH), at("17 10:00")),
    ("unknown_number", parcel(labelled(not_found_since=at("16 11:00")), label_at=None), at("18 10:00")),
    ("no_first_scan", parcel(labelled()), at("17 17:00")),
    ("no_first_scan", parcel(labelled(), **HIGH), at("17 05:00")),
    ("no_first_scan", parcel(labelled(), pickup_cutoff_at=None), at("17 10:00")),
    ("no_first_scan", parcel(labelled(evidence="pickup_registered")), at("17 17:00")),
    ("no_first_scan", parcel(labelled(status="exception")), at("17 17:00")),
    ("no_first_scan", parcel(labelled(), pickup_cutoff_at=at("20 17:00")), at("23 17:00")),  # over the weekend
    ("no_first_scan", parcel(labelled(), pickup_cutoff_at=at("25 17:00")), at("27 17:00")),  # over Thanksgiving
    ("batch_accepted_only", parcel(moving(**BATCH, last_scan_at=None)), at("18 17:30")),
    ("batch_accepted_only", parcel(moving(**BATCH, last_scan_at=None), **HIGH), at("17 17:30")),
    ("stalled", parcel(moving()), at("19 20:00")),
    ("stalled", parcel(moving(), **HIGH), at("18 08:00")),
    ("stalled", parcel(moving(), **ABROAD), at("23 20:00")),
    ("stalled", parcel(moving(), **ABROAD, **HIGH), at("19 08:00")),
    ("stalled", parcel(moving(**OUT)), at("17 20:00")),
    ("stalled", parcel(moving(**OUT), **HIGH), at("17 08:00")),
    ("stalled", parcel(moving(status="returning", is_returning=True, returning_since=SCAN)), at("19 20:00")),
    ("presumed_lost", parcel(moving()), at("25 20:00")),
    ("presumed_lost", parcel(moving(**OUT)), at("25 20:00")),
    ("presumed_lost", parcel(moving(), **HIGH), at("20 08:00")),
    ("presumed_lost", parcel(moving(), **ABROAD), at("12-15 20:00")),
    ("missed_promise", parcel(moving(), promise_at=at("19 18:00")), at("19 18:00")),
    ("missed_promise", parcel(moving(), **BY_FRIDAY), at("21 00:00", "America/Chicago")),
    ("missed_promise", parcel(CREATED, **NO_NUMBER, **BY_FRIDAY), at("21 00:00", "America/Chicago")),
    ("held_at_location", parcel(moving(**READY)), at("19 12:00")),
    ("held_at_location", parcel(moving(**READY), **HIGH), at("18 12:00")),
    ("held_at_location", parcel(moving(reasons=(reason("held_at_location"),))), at("19 12:00")),
    ("pickup_expiring", parcel(moving(**READY, return_by=date(2026, 11, 25))), at("23 00:00", "America/Chicago")),
    (
        "pickup_expiring",
        parcel(moving(**READY, return_by=date(2026, 11, 25)), **HIGH),
        at("22 00:00", "America/Chicago"),
    ),
    (
        "pickup_expiring",
        parcel(moving(**READY, return_by=date(2026, 11, 18))),
        at("17 12:00"),
    ),  # ready too late for 2 d
    ("customs_hold", parcel(moving(**CUSTOMS)), at("18 12:00")),
    ("customs_hold", parcel(moving(**CUSTOMS), **HIGH), at("18 00:00")),
    ("source_conflict", parcel(moving(**DISAGREE)), at("17 18:00")),
]


@pytest.mark.parametrize(("kind", "facts", "due"), CASES)
def test_fires_when_due_and_not_a_second_before(kind: str, facts: ShipmentFacts, due: datetime) -> None:
    early = watch(facts, kind, due - timedelta(seconds=1))
    assert early.signal is None
    assert early.due_at == due
    assert early.why_not
    assert early.window
    late = watch(facts, kind, due)
    assert late.signal is not None
    assert late.due_at == due
    assert late.why_not == ""


@pytest.mark.parametrize(("kind", "facts", "due"), CASES)
def test_evidence_is_a_sentence_with_its_value(kind: str, facts: ShipmentFacts, due: datetime) -> None:
    found = signal(facts, kind, due + timedelta(minutes=40))
    assert found is not None
    assert found.evidence.endswith(".")
    assert len(found.evidence) <= 300
    assert len(found.fingerprint) <= 120
    assert found.since <= due
    assert any(mark in found.evidence for mark in ("EST", "CST", " Nov"))


@pytest.mark.parametrize(("kind", "facts", "due"), CASES)
def test_the_fingerprint_stays_while_nothing_new_is_said(kind: str, facts: ShipmentFacts, due: datetime) -> None:
    first, later = signal(facts, kind, due), signal(facts, kind, due + timedelta(hours=5))
    assert first is not None
    assert later is not None
    assert first.fingerprint == later.fingerprint
    assert first.since == later.since


@pytest.mark.parametrize(("kind", "facts", "due"), CASES)
def test_the_brief_fits_a_row_and_speaks_of_no_passing_hours(kind: str, facts: ShipmentFacts, due: datetime) -> None:
    first, later = signal(facts, kind, due), signal(facts, kind, due + timedelta(hours=5))
    assert first is not None
    assert later is not None
    assert 0 < len(first.brief) <= MOST_IN_BRIEF
    assert first.brief == later.brief


@pytest.mark.parametrize(
    ("kind", "facts", "now", "brief"),
    [
        ("missing_tracking", parcel(CREATED, **NO_NUMBER), "18 14:00", "no number, window 24 h"),
        ("no_first_scan", parcel(labelled()), "18 14:00", "no scan, window 1 carrier day"),
        ("presumed_lost", parcel(moving()), "30 12:00", "no scan, window 7 carrier days"),
        ("weather_delay", parcel(moving(reasons=(reason("weather_delay"),))), "18 14:00", "reported Tue 17 Nov"),
        ("failed_attempt", parcel(moving(reasons=(reason("failed_attempt", count=2),))), "18 14:00",
         "on 2 days, last Tue 17 Nov"),
        ("missed_promise", parcel(moving(), **BY_FRIDAY), "24 12:00", "promised Fri 20 Nov"),
        ("pickup_expiring", parcel(moving(**READY, return_by=date(2026, 11, 25))), "24 12:00", "goes back Wed 25 Nov"),
    ],
)  # fmt: skip
def test_the_words_of_the_brief(kind: str, facts: ShipmentFacts, now: str, brief: str) -> None:
    found = signal(facts, kind, at(now))
    assert found is not None
    assert found.brief == brief


def test_the_words_of_a_missing_first_scan() -> None:
    found = signal(parcel(labelled()), "no_first_scan", at("18 14:00"))
    assert found is not None
    assert found.evidence == (
        "No physical scan for 52 h since the label; the window for this lane is 1 carrier day after the pickup cut-off"
        " Mon 16 Nov 17:00 EST."
    )


def test_a_scan_known_only_by_its_day_is_told_in_days() -> None:
    scan = at("16 00:00", "America/Chicago")
    state = moving(first_scan_at=scan, first_scan_precision="date", last_scan_at=scan)
    found = signal(parcel(state), "stalled", at("20 12:00"))
    assert found is not None
    assert found.evidence.startswith("No physical scan for 4 d since the last scan on Mon 16 Nov;")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (parcel(CREATED, has_number=True), "missing_tracking"),
        (parcel(CREATED, **NO_NUMBER, is_fulfilled=False), "missing_tracking"),
        (parcel(labelled()), "unknown_number"),
        (parcel(CREATED, **NO_NUMBER), "no_first_scan"),
        (parcel(moving()), "no_first_scan"),
        (parcel(moving(**BATCH)), "no_first_scan"),
        (parcel(labelled()), "batch_accepted_only"),
        (parcel(moving()), "batch_accepted_only"),
        (parcel(labelled()), "stalled"),  # never scanned
        (parcel(labelled()), "presumed_lost"),
        (parcel(moving(**READY)), "stalled"),
        (parcel(moving(**READY)), "presumed_lost"),
        (parcel(moving()), "missed_promise"),
        (parcel(moving(**READY), **BY_FRIDAY), "missed_promise"),  # was ready for pickup in time
        (parcel(moving(**READY)), "pickup_expiring"),
        (parcel(moving(return_by=date(2026, 11, 25))), "pickup_expiring"),
        (parcel(moving()), "held_at_location"),
        (parcel(moving(reasons=(reason("held_at_location", cleared_by_scan_at=at("17 15:00")),))), "held_at_location"),
        (parcel(moving(reasons=(reason("customs_hold", cleared_by_scan_at=at("19 15:00")),))), "customs_hold"),
        (parcel(moving()), "source_conflict"),
    ],
)
def test_never_fires_without_its_condition(facts: ShipmentFacts, kind: str) -> None:
    found = watch(facts, kind, at("12-30 12:00"))
    assert found.signal is None
    assert found.due_at is None
    assert found.why_not


def test_a_presumed_loss_replaces_the_stall() -> None:
    facts, lost = parcel(moving()), at("25 20:00")
    before = watch(facts, "stalled", lost - timedelta(seconds=1))
    assert before.signal is not None
    assert before.clears_at == lost
    assert watch(facts, "stalled", lost).signal is None
    assert signal(facts, "presumed_lost", lost) is not None


def test_a_scan_after_going_out_for_delivery_starts_that_clock_again() -> None:
    facts = parcel(moving(**OUT | {"last_scan_at": at("17 09:00")}))
    assert watch(facts, "stalled", at("17 10:00")).due_at == at("18 09:00")


@pytest.mark.parametrize("kind", ["no_first_scan", "missed_promise", "unknown_number"])
def test_a_cancelled_order_waits_for_nothing(kind: str) -> None:
    facts = parcel(labelled(not_found_since=LABEL), **BY_FRIDAY)
    assert signal(facts, kind, at("12-30 12:00")) is not None
    cancelled = parcel(labelled(not_found_since=LABEL), **BY_FRIDAY, order_cancelled=True)
    assert watch(cancelled, kind, at("12-30 12:00")).why_not == "The order is cancelled."


@pytest.mark.parametrize("status", ["delivered", "returned", "cancelled"])
@pytest.mark.parametrize(
    "kind", ["stalled", "presumed_lost", "customs_hold", "held_at_location", "missed_promise", "no_first_scan"]
)
def test_the_end_of_the_parcel_clears_what_waits(status: str, kind: str) -> None:
    held = (reason("customs_hold"), reason("held_at_location"))
    state = moving(status=status, status_at=at("18 12:00"), ended_at=at("18 12:00"), reasons=held)
    assert signal(parcel(state, **BY_FRIDAY), kind, at("12-30 12:00")) is None
    scanless = labelled(status=status, status_at=at("18 12:00"), ended_at=at("18 12:00"))
    assert signal(parcel(scanless, **BY_FRIDAY), kind, at("12-30 12:00")) is None


def test_the_pickup_cutoff_is_told_where_the_warehouse_is() -> None:
    found = signal(parcel(labelled(), warehouse_zone="Europe/Berlin"), "no_first_scan", at("18 17:00"))
    assert found is not None
    assert "Mon 16 Nov 23:00 CET" in found.evidence
    assert at("16 23:00", "Europe/Berlin") == CUTOFF


def test_a_stall_that_would_come_after_the_loss_is_never_announced() -> None:
    facts = parcel(moving())
    eager = Policy({"presumed_lost": Window(2)}, {})
    for now in (at("17 12:00"), at("18 20:00"), at("19 20:00")):
        stalled = next(one for one in detect(facts, eager, now).watches if one.kind == "stalled")
        assert stalled.signal is None
        assert stalled.due_at is None


def test_ready_for_pickup_after_the_promise_is_late() -> None:
    ready = moving(status="available_for_pickup", available_at=at("21 12:00"))
    assert signal(parcel(ready, **BY_FRIDAY), "missed_promise", at("21 12:00")) is not None


@pytest.mark.parametrize(("when", "waits"), [("16 12:00", True), ("17 12:00", False), ("18 12:00", False)])
def test_a_held_parcel_that_went_back_or_was_delivered_no_longer_waits(when: str, waits: bool) -> None:
    held, step = reason("held_at_location"), StatusStep("delivered", at(when), 8)
    found = signal(parcel(moving(reasons=(held,), steps=(step,))), "held_at_location", at("23 12:00"))
    assert (found is not None) is waits
