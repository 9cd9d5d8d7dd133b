"""Several sources on one parcel; estimates, proof and numbers not found; reasons."""

from datetime import date
from typing import Any

import pytest

from tests.tracking.status.facts import AGGREGATOR, CARRIER, PLATFORM, SHOP, at, correction, event, observation
from tracking.status.projection import project


@pytest.mark.parametrize(
    ("end_by", "scan_by", "scan_hour", "status"),
    [
        (AGGREGATOR, CARRIER, 9, "in_transit"),  # the carrier scans it later: the aggregator's end does not count
        (AGGREGATOR, CARRIER, 4, "delivered"),  # the carrier's scan is earlier: it counts
        (CARRIER, AGGREGATOR, 9, "delivered"),  # a lower source cannot undo the carrier's end
        (CARRIER, CARRIER, 9, "delivered"),
        (SHOP, PLATFORM, 9, "in_transit"),
    ],
)
@pytest.mark.parametrize("end", ["delivered", "returned"])
def test_whose_end_counts(end_by, scan_by, scan_hour, status, end):
    state = project([event(6, end, precedence=end_by), event(scan_hour, "in_transit", precedence=scan_by)])

    assert state.status == (end if status == "delivered" else "in_transit")
    assert state.first_scan_at == min(at(6), at(scan_hour))


def test_an_end_that_does_not_count_leaves_no_trace_but_its_evidence():
    state = project([event(6, "delivered", precedence=SHOP), event(9, "in_transit"), event(20, "out_for_delivery")])

    assert (state.delivered_at, state.ended_at, state.holds_messages) == (None, None, False)
    assert state.evidence_at == at(6)


def test_a_report_of_the_day_alone_does_not_undo_a_lower_sources_delivery_of_that_day():
    day = event(11.9, "out_for_delivery", precision="date", received_at=at(5))

    assert project([event(6, "delivered", precedence=SHOP), day]).status == "delivered"


@pytest.mark.parametrize(
    ("void_by", "status"),
    [(PLATFORM, "first_scan"), (CARRIER, "cancelled")],  # the carrier itself may say that it will not go on
)
def test_a_label_taken_back_after_the_carriers_scan_ends_nothing(void_by, status):
    story = [event(1, "first_scan"), event(20, "cancelled", precedence=void_by, is_void=True)]
    assert project(story, []).status == status
    assert project(story[::-1], []).status == status


def test_a_source_does_not_outrank_itself():
    state = project([event(0, "label_created", precedence=SHOP), event(6, "delivered"), event(9, "in_transit")])

    assert (state.status, state.moved_after_end_at) == ("delivered", at(9))


def test_all_scans_share_one_timeline():
    state = project([event(1, "first_scan"), event(5, "out_for_delivery", precedence=SHOP), event(3, "in_transit")])

    assert (state.status, state.last_scan_at) == ("out_for_delivery", at(5))


def test_each_source_has_its_last_word():
    state = project(
        [event(1, "in_transit"), event(3, "delivered", precedence=SHOP), event(4, "info", precedence=PLATFORM)]
    )

    assert [(word.precedence, word.status, word.at) for word in state.source_words] == [
        (CARRIER, "in_transit", at(1)),
        (SHOP, "delivered", at(3)),
    ]


@pytest.mark.parametrize(
    ("carrier", "shop", "since"),
    [
        # (hour, milestone) of each; since when they contradict each other
        ((5, "delivered"), (6, "delivered"), None),
        ((5, "delayed"), (3, "in_transit"), None),
        ((5, "exception"), (6, "out_for_delivery"), None),
        ((5, "returning"), (6, "returned"), None),
        # the shop is merely behind
        ((5, "in_transit"), (3, "label_created"), None),
        ((5, "in_transit"), (7, "label_created"), None),
        ((5, "delivered"), (3, "in_transit"), None),
        ((5, "returning"), (3, "delivered"), None),
        # the shop is ahead of the carrier, or later says something else
        ((1, "label_created"), (5, "in_transit"), 5),
        ((4, "in_transit"), (5, "delivered"), 5),
        ((5, "delivered"), (7, "in_transit"), 7),
        ((5, "delivered"), (7, "returning"), 7),
        ((5, "in_transit"), (7, "cancelled"), 7),
        ((5, "label_created"), (7, "cancelled"), None),
        ((9, "in_transit"), (7, "cancelled"), None),  # the scan re-opens it
    ],
)
def test_when_sources_contradict_each_other(carrier, shop, since):
    state = project([event(*carrier), event(*shop, precedence=SHOP)])

    assert state.conflict_since == (None if since is None else at(since))


def test_a_contradiction_lasts_from_the_moment_both_had_spoken():
    events = [
        event(1, "in_transit", received_at=at(20)),
        event(2, "out_for_delivery", received_at=at(21)),
        event(3, "delivered", precedence=SHOP, received_at=at(8)),
        event(4, "delivered", precedence=SHOP, received_at=at(30)),
    ]

    assert project(events).conflict_since == at(20)


def test_agreement_or_a_person_ends_a_contradiction():
    events = [event(4, "in_transit"), event(5, "delivered", precedence=SHOP)]

    assert project([*events, event(6, "delivered")]).conflict_since is None
    assert project([*events, correction(6, "delivered")]).conflict_since is None
    assert project([*events, correction(4.5, "in_transit")]).conflict_since == at(5)


# estimates


def test_an_estimate_made_before_the_first_scan_is_kept_and_not_told():
    label, scan = event(0, "label_created"), event(5, "first_scan")
    early, late = observation(1, estimate_at=at(90)), observation(6, estimate_at=at(95))

    assert project([label], [early]).estimate_at == at(90)
    assert not project([label], [early]).estimate_told
    assert not project([label, scan], [early]).estimate_told
    assert project([label, scan], [late]).estimate_told


def test_a_snapshot_after_the_scan_without_an_estimate_does_not_make_an_earlier_one_tellable():
    kept = observation(6, estimate_at=at(90), estimate_told_at=at(1))

    assert not project([event(5, "first_scan")], [kept]).estimate_told


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (event(8, "delayed", reason="weather_delay"), False),  # and the carrier named no estimate with it
        (event(8, "exception", reason="customs_hold"), False),
        (event(8, "in_transit"), True),
        (event(3, "delayed", received_at=at(8)), False),
        (event(5, "delayed"), True),  # named again since
        (event(8, "delayed", precedence=SHOP), True),  # another source's trouble says nothing about this estimate
    ],
)
def test_an_estimate_not_named_since_the_trouble_is_no_longer_what_the_carrier_expects(trouble, told):
    kept = observation(8, estimate_at=at(90), estimate_told_at=at(6))

    state = project([event(4, "first_scan"), trouble], [kept])

    assert (state.estimate_at, state.estimate_told) == (at(90), told)


@pytest.mark.parametrize(
    ("observations", "estimate"),
    [
        ([observation(6, CARRIER, estimate_at=at(90)), observation(7, SHOP, estimate_at=at(80))], 90),
        ([observation(6, CARRIER), observation(7, SHOP, estimate_at=at(80))], 80),
        ([observation(1, CARRIER, estimate_at=at(90)), observation(7, SHOP, estimate_at=at(80))], 80),
        ([observation(1, CARRIER, estimate_at=at(90)), observation(2, SHOP, estimate_at=at(80))], 90),
        ([observation(6, CARRIER, estimate_at=at(90)), observation(7, CARRIER, estimate_at=at(99))], 99),
        ([observation(6, CARRIER, source_id=7, estimate_at=at(90)), observation(7, CARRIER, estimate_at=at(99))], 99),
    ],
)
def test_whose_estimate_is_shown(observations, estimate):
    state = project([event(5, "first_scan")], observations)

    assert state.estimate_at == at(estimate)
    assert project([event(5, "first_scan")], observations[::-1]).estimate_source_id == state.estimate_source_id


# proof, return date, not found


def test_proof_is_shown_of_a_delivery_alone():
    seen = [
        observation(9, signed_by="A. Person", delivered_city="Memphis", delivered_to="porch", proof_url="https://x")
    ]

    assert project([event(8, "in_transit")], seen).delivered_place == ("", "", "", "")
    state = project([event(8, "delivered", place_city="Depot")], seen)
    assert (state.signed_by, state.delivered_place[0], state.delivered_to) == ("A. Person", "Memphis", "porch")
    assert state.proof_url == "https://x"


def test_proof_comes_from_the_highest_source_that_has_it():
    seen = [
        observation(9, SHOP, signed_by="Shop", delivered_city="Shopville"),
        observation(9, CARRIER, signed_by="Carrier"),
    ]

    state = project([event(8, "delivered", place_city="Memphis", signed_by="Event")], seen)

    assert (state.signed_by, state.delivered_place[0]) == ("Carrier", "Shopville")
    assert project([event(8, "delivered", place_city="Memphis", signed_by="Event")]).signed_by == "Event"


def test_the_day_on_which_it_goes_back():
    seen = [observation(1, SHOP, return_by=date(2026, 12, 1)), observation(1, CARRIER, return_by=date(2026, 11, 30))]

    assert project([event(0, "available_for_pickup")], seen).return_by == date(2026, 11, 30)


NOT_FOUND: dict[str, Any] = {"not_found": True, "not_found_since": at(2)}


@pytest.mark.parametrize(
    ("events", "observations", "since"),
    [
        ([], [observation(9, **NOT_FOUND)], 2),
        ([], [observation(9, not_found=True)], 9),
        ([], [observation(9, not_found=False)], None),
        ([event(1, "label_created", precedence=SHOP)], [observation(9, **NOT_FOUND)], 2),
        ([event(1, "label_created")], [observation(9, **NOT_FOUND)], None),
        ([event(1, "first_scan", precedence=SHOP)], [observation(9, **NOT_FOUND)], None),
        ([], [observation(9, **NOT_FOUND), observation(9, AGGREGATOR, not_found=False)], 2),
        ([], [observation(9, AGGREGATOR, **NOT_FOUND), observation(9, CARRIER, not_found=False)], None),
    ],
)
def test_a_number_is_not_found_until_something_contradicts(events, observations, since):
    assert project(events, observations).not_found_since == (None if since is None else at(since))


# reasons


def failed(hour, day, **more):
    return event(hour, "exception", reason="failed_attempt", local_date=date(2026, 11, day), **more)


def test_failed_attempts_count_local_days():
    state = project([failed(1, 18), failed(2, 18, precedence=SHOP), failed(30, 19)])

    (fact,) = state.reasons
    assert (fact.count, state.attempts, fact.first_at, fact.last_at) == (2, 2, at(1), at(30))


def test_a_hint_is_no_reason():
    state = project([event(1, "in_transit", reason="weather_delay", hint=True)])

    assert (state.reasons, state.reason) == ((), "weather_delay")


def test_a_reason_counts_on_any_milestone():
    state = project([event(1, "out_for_delivery", reason="address_issue")])

    assert [(fact.reason, fact.milestone) for fact in state.reasons] == [("address_issue", "out_for_delivery")]


@pytest.mark.parametrize(
    ("later", "since"),
    [
        ([], 2),
        ([event(5, "exception", reason="customs_hold")], 2),  # the same hold told again
        ([event(4, "in_transit"), event(5, "exception", reason="customs_hold", evidence="none")], 5),
        ([event(4, "info"), event(5, "exception", reason="customs_hold", evidence="none")], 2),  # no scan between
        ([event(4, "exception", reason="other"), event(5, "exception", reason="customs_hold", evidence="none")], 5),
        ([event(2, "out_for_delivery"), event(5, "exception", reason="customs_hold")], 2),  # not later than the first
        ([event(5, "exception", reason="customs_hold"), event(5, "in_transit")], 2),
        ([correction(4, "in_transit"), event(5, "exception", reason="customs_hold", evidence="none")], 5),
        (
            [event(hour, *told) for hour, told in ((4, ["in_transit"]), (8, ["in_transit"]))]
            + [event(hour, "exception", reason="customs_hold", evidence="none") for hour in (5, 6, 9, 10)],
            9,
        ),
    ],
)
def test_since_when_a_reason_holds_this_time(later, since):
    reported = event(2, "exception", reason="customs_hold", evidence="none")

    fact = next(f for f in project([event(1, "in_transit"), reported, *later]).reasons if f.reason == "customs_hold")

    assert (fact.first_at, fact.since_at) == (at(2), at(since))


@pytest.mark.parametrize(
    ("later", "by_scan", "by_outbound"),
    [
        ([], None, None),
        ([event(5, "in_transit")], 5, 5),
        ([event(5, "info"), event(6, "in_transit"), event(7, "in_transit")], 6, 6),
        ([event(5, "exception", reason="address_issue")], None, None),
        ([event(5, "exception", reason="other")], 5, 5),
        ([event(5, "exception", reason="other", evidence="none")], None, None),
        ([event(5, "returning")], 5, None),
        ([event(5, "returning"), event(6, "in_transit")], 5, None),
        ([event(5, "returning"), event(6, "in_transit", turn="return_cancelled")], 5, 6),
        ([event(5, "delivered")], 5, 5),
        ([event(5, "returned", precedence=SHOP), event(6, "in_transit")], 5, 6),
        ([event(2, "out_for_delivery")], None, None),  # the same moment is not later
        ([correction(5, "in_transit")], 5, 5),
        ([correction(5, "exception")], None, None),
    ],
)
def test_what_answers_a_reason(later, by_scan, by_outbound):
    reported = event(2, "exception", reason="address_issue")

    fact = next(f for f in project([event(1, "in_transit"), reported, *later]).reasons if f.reason == "address_issue")

    assert fact.cleared_by_scan_at == (None if by_scan is None else at(by_scan))
    assert fact.cleared_by_outbound_scan_at == (None if by_outbound is None else at(by_outbound))
