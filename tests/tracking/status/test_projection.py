"""Status, label, first scan, order and future reports, case by case."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.tracking.status.facts import AGGREGATOR, CARRIER, SHOP, at, correction, event
from tracking.status.projection import project
from tracking.vocabulary import MILESTONE_RANK, TERMINAL_STATUSES


def test_nothing_known_is_created():
    state = project([])

    assert (state.status, state.status_at, state.evidence, state.first_scan_at) == ("created", None, "none", None)


@pytest.mark.parametrize("milestone", ["info", "unmapped"])
def test_notes_and_unknown_codes_change_nothing(milestone):
    state = project([event(0, milestone)])

    assert (state.status, state.steps) == ("created", ())
    assert state.unmapped == (milestone == "unmapped")
    assert state.last_event_at == at(0)


@pytest.mark.parametrize(
    ("milestones", "status"),
    [
        (["label_created"], "label_created"),
        (["label_created", "info"], "label_created"),
        (["label_created", "first_scan"], "first_scan"),
        (["first_scan", "first_scan"], "first_scan"),
        (["label_created", "in_transit"], "in_transit"),
        (["in_transit", "first_scan"], "in_transit"),
        (["out_for_delivery", "in_transit"], "in_transit"),
        (["first_scan", "delayed"], "delayed"),
        (["first_scan", "delayed", "in_transit"], "in_transit"),
        (["first_scan", "exception", "first_scan"], "in_transit"),
        (["in_transit", "exception", "first_scan"], "in_transit"),
        (["in_transit", "available_for_pickup"], "available_for_pickup"),
        (["in_transit", "delivered"], "delivered"),
        (["in_transit", "label_created"], "in_transit"),
        (["label_created", "cancelled"], "cancelled"),
        (["in_transit", "unmapped"], "in_transit"),
    ],
)
def test_the_last_event_that_changes_something_decides(milestones, status):
    assert project([event(hour, milestone) for hour, milestone in enumerate(milestones)]).status == status


def test_the_first_scan_is_the_first_physical_event():
    state = project([event(0, "label_created"), event(5, "in_transit"), event(6, "in_transit")])

    assert (state.label_at, state.first_scan_at, state.last_scan_at) == (at(0), at(5), at(6))
    assert (state.evidence, state.evidence_at) == ("item_scanned", at(5))


@pytest.mark.parametrize(
    ("proofs", "evidence", "hour"),
    [
        (["none"], "none", None),
        (["carrier_has_data", "pickup_registered"], "pickup_registered", 1),
        (["batch_accepted", "carrier_has_data"], "batch_accepted", 0),
        (["not_physical"], "none", None),
        (["carrier_has_data", "not_physical"], "carrier_has_data", 0),
    ],
)
def test_evidence_is_the_strongest_proof_whatever_the_milestone(proofs, evidence, hour):
    state = project([event(index, "info", evidence=proof) for index, proof in enumerate(proofs)])

    assert (state.status, state.evidence) == ("created", evidence)
    assert state.evidence_at == (None if hour is None else at(hour))


@pytest.mark.parametrize("milestone", ["delayed", "exception"])
def test_trouble_before_the_first_scan_is_no_scan(milestone):
    state = project([event(0, "label_created"), event(3, milestone, evidence="carrier_has_data")])

    assert (state.status, state.first_scan_at) == (milestone, None)


@pytest.mark.parametrize("milestone", ["delayed", "exception"])
def test_trouble_with_a_scan_is_a_first_scan(milestone):
    state = project([event(0, "label_created"), event(3, milestone, evidence="item_scanned")])

    assert (state.status, state.first_scan_at) == (milestone, at(3))


@pytest.mark.parametrize("milestone", ["first_scan", "in_transit", "out_for_delivery", "delivered", "returning"])
def test_movement_without_a_scan_is_not_believed(milestone):
    state = project([event(0, "label_created"), event(3, milestone, evidence="batch_accepted")])

    assert (state.status, state.first_scan_at, state.evidence) == ("label_created", None, "batch_accepted")


@pytest.mark.parametrize("milestone", ["label_created", "info", "unmapped"])
def test_a_label_or_note_is_never_a_scan(milestone):
    state = project([event(3, milestone, evidence="item_scanned")])

    assert (state.first_scan_at, state.evidence, state.last_scan_at) == (None, "none", None)


def day_event(day, milestone, **more):
    """An event of which only the day is known (UTC days), settled as `times.settle` does."""
    start = milestone in ("label_created", "first_scan", "in_transit")
    moment = at(24 * day - 12) if start else at(24 * day + 12) - timedelta(seconds=1)
    return event(0, milestone, occurred_at=moment, precision="date", **({"received_at": at(24 * day + 9)} | more))


def test_a_pickup_of_the_labels_day_counts_as_after_the_label():
    state = project([event(3, "label_created"), day_event(0, "first_scan")])

    assert (state.status, state.first_scan_at, state.label_at) == ("first_scan", at(3), at(3))
    assert state.first_scan_precision == "date"
    assert [step.status for step in state.steps] == ["label_created", "first_scan"]


def test_a_pickup_of_the_labels_day_still_lets_the_scans_of_that_day_be_later():
    state = project([event(3, "label_created"), day_event(0, "first_scan"), event(5, "in_transit")])

    assert (state.status, state.first_scan_at) == ("in_transit", at(3))


def test_a_label_told_without_an_event_counts_as_well():
    state = project([day_event(0, "first_scan")], label_told_at=at(3))

    assert (state.status, state.first_scan_at, state.label_at) == ("first_scan", at(3), at(3))
    assert project([], label_told_at=at(3)).status == "created"
    assert project([event(2, "label_created")], label_told_at=at(3)).label_at == at(2)


def test_a_date_of_the_day_before_is_before_the_label():
    state = project([event(14, "label_created"), day_event(0, "first_scan")])

    assert [step.status for step in state.steps] == ["first_scan"]


def test_clocks_that_disagree_do_not_put_the_scan_before_the_label():
    state = project([event(3, "label_created"), event(2, "in_transit")])

    assert (state.label_at, state.first_scan_at, state.last_scan_at) == (at(3), at(3), at(3))


def test_a_label_told_days_late_does_not_move_the_scan():
    state = project([event(80, "label_created"), event(2, "in_transit")])

    assert (state.label_at, state.first_scan_at, state.status) == (at(2), at(2), "in_transit")


def test_a_delivery_of_the_day_is_after_that_days_scans():
    state = project([day_event(1, "delivered"), event(24, "out_for_delivery")])

    assert (state.status, state.moved_after_end_at, state.status_precision) == ("delivered", None, "date")


RANKED = [code for code in MILESTONE_RANK if code not in TERMINAL_STATUSES]


@pytest.mark.parametrize(("low", "high"), list(pairwise(RANKED)))
def test_ties_go_by_rank(low, high):
    one, other = event(1, low), event(1, high)

    assert project([one, other]).status == project([other, one]).status == high


def test_ties_of_rank_go_to_the_higher_source():
    carrier = event(1, "exception", reason="damaged", precedence=CARRIER)
    shop = event(1, "exception", reason="lost", precedence=SHOP)

    assert project([carrier, shop]).reason == project([shop, carrier]).reason == "damaged"


def test_a_report_from_the_future_is_kept_flagged_and_ignored():
    ahead = event(60, "delivered", received_at=at(30))

    state = project([event(0, "in_transit"), ahead])

    assert (state.status, state.future_identities) == ("in_transit", frozenset({ahead.identity}))
    assert (state.evidence, state.last_event_at, state.reasons) == ("item_scanned", at(0), ())


@pytest.mark.parametrize(
    ("received", "again", "counts"),
    [(36, None, True), (35.9, None, False), (35.9, 59.9, False), (35.9, 60, True), (10, 70, True)],
)
def test_a_future_report_counts_once_heard_again_after_its_time(received, again, counts):
    ahead = event(60, "delivered", received_at=at(received), heard_again_at=None if again is None else at(again))

    assert (project([ahead]).status == "delivered") is counts


def test_a_second_receipt_is_hearing_it_again():
    ahead = event(60, "delivered", received_at=at(30))

    assert project([ahead, replace(ahead, received_at=at(61))]).status == "delivered"


def test_the_newest_copy_of_an_event_is_the_one_that_counts():
    one = event(1, "delivered", place_city="Memphis", received_at=at(1))
    better = replace(one, signed_by="Front desk", received_at=at(3))

    assert project([one, better]).signed_by == project([better, one]).signed_by == "Front desk"


def test_where_it_was_last_scanned():
    state = project([
        event(1, "in_transit", place_city="Hebron", place_region="KY", place_country="US"),
        event(2, "in_transit"),
        event(3, "info", place_city="Nowhere"),
    ])  # fmt: skip

    assert state.last_place == ("Hebron", "KY", "", "US")


def test_waiting_marks_live_as_long_as_their_status():
    out = project([event(1, "out_for_delivery"), event(2, "out_for_delivery")])
    back = project([event(1, "out_for_delivery"), event(2, "delayed")])
    ready = project([event(1, "available_for_pickup"), event(9, "available_for_pickup")])
    done = project([event(1, "available_for_pickup"), event(9, "delivered")])

    assert (out.out_for_delivery_at, back.out_for_delivery_at) == (at(2), None)
    assert (ready.available_at, done.available_at) == (at(1), None)
    assert (done.delivered_at, done.ended_at) == (at(9), at(9))


def test_the_deciding_event_is_named():
    last = event(4, "exception", reason="other", hint=True, local_date=date(2026, 11, 18))

    state = project([event(1, "in_transit"), last])

    assert (state.status_identity, state.is_hint, state.status_at) == (last.identity, True, at(4))
    assert state.status_local_date == date(2026, 11, 18)


# a person's word


def test_a_correction_wins_over_everything_up_to_its_time_and_later_events_count_again():
    events = [event(1, "in_transit"), event(5, "delivered"), correction(6, "in_transit")]

    corrected = project(events)
    later = project([*events, event(8, "out_for_delivery")])

    assert (corrected.status, corrected.delivered_at, corrected.ended_at) == ("in_transit", None, None)
    assert (later.status, later.moved_after_end_at) == ("out_for_delivery", None)


@pytest.mark.parametrize("milestone", ["delivered", "returned", "exception", "label_created"])
def test_a_correction_wins_a_tie(milestone):
    assert project([event(6, milestone), correction(6, "out_for_delivery")]).status == "out_for_delivery"


def test_a_correction_proves_no_scan():
    state = project([event(0, "label_created"), correction(6, "delivered")])

    assert (state.status, state.delivered_at) == ("delivered", at(6))
    assert (state.first_scan_at, state.evidence) == (None, "carrier_has_data")


def test_a_correction_to_before_the_scan_disowns_the_scans_so_far():
    events = [event(0, "label_created"), event(2, "in_transit"), correction(6, "label_created")]

    state = project(events)
    later = project([*events, event(9, "first_scan")])

    assert (state.status, state.first_scan_at, state.evidence) == ("label_created", None, "carrier_has_data")
    assert (later.status, later.first_scan_at) == ("first_scan", at(9))


def test_a_person_who_saw_the_days_delivery_and_corrects_it_that_day_wins():
    told = day_event(0, "delivered", received_at=at(1))

    assert project([told, correction(3, "in_transit")]).status == "in_transit"
    assert project([replace(told, received_at=at(5)), correction(3, "in_transit")]).status == "delivered"


def test_a_person_turns_a_return_round():
    events = [event(1, "returning"), correction(2, "in_transit"), event(5, "delivered")]

    state = project(events)

    assert (state.status, state.is_returning, state.returning_since) == ("delivered", False, None)


def test_sources_say_what_they_said_despite_a_correction():
    state = project([event(1, "in_transit", precedence=AGGREGATOR), correction(2, "delivered")])

    assert [(word.source_id, word.status) for word in state.source_words] == [(2, "in_transit")]
