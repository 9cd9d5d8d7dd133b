"""The way back, and what counts after the end."""

from datetime import timedelta

import pytest

from tests.tracking.status.facts import SHOP, at, correction, event, settlement
from tracking.status.projection import project
from tracking.vocabulary import Milestone

KEEPS_RETURNING = [m for m in Milestone.values if m not in ("delivered", "returned", "cancelled")]


@pytest.mark.parametrize("milestone", KEEPS_RETURNING)
def test_everything_else_keeps_a_return_going(milestone):
    state = project([event(1, "in_transit"), event(2, "returning"), event(3, milestone)])

    assert (state.status, state.is_returning, state.returning_since) == ("returning", True, at(2))


@pytest.mark.parametrize(
    ("milestone", "status"),
    [("delivered", "returned"), ("returned", "returned"), ("cancelled", "cancelled")],
)
def test_what_ends_a_return(milestone, status):
    state = project([event(2, "returning"), event(3, milestone)])

    assert (state.status, state.ended_at, state.delivered_at) == (status, at(3), None)


def test_a_reason_on_the_way_back_still_counts():
    state = project([event(2, "returning"), event(3, "exception", reason="damaged")])

    assert [fact.reason for fact in state.reasons] == ["damaged"]


@pytest.mark.parametrize(
    ("before", "own", "reason"),
    [
        ("", "", "return_to_sender"),
        ("", "refused", "refused"),
        ("refused", "", "refused"),
        ("address_issue", "return_to_sender", "address_issue"),
        ("weather_delay", "", "return_to_sender"),
        ("weather_delay", "return_to_sender", "return_to_sender"),
        ("address_issue", "refused", "refused"),
    ],
)
def test_the_reason_of_a_return_is_what_caused_it(before, own, reason):
    events = [event(1, "exception", reason=before), event(2, "returning", reason=own), event(3, "in_transit")]

    assert project(events).reason == reason


@pytest.mark.parametrize(
    ("own", "reason"),
    [("", "held_at_location"), ("return_to_sender", "held_at_location"), ("refused", "refused")],
)
def test_what_waited_at_a_pickup_point_comes_back_because_nobody_collected_it(own, reason):
    missed = event(1, "exception", reason="failed_attempt")

    state = project([missed, event(2, "available_for_pickup"), event(3, "returning", reason=own)])

    assert state.reason == reason


def test_a_return_that_is_cancelled_travels_to_the_customer_again():
    events = [event(1, "returning"), event(2, "in_transit", turn="return_cancelled"), event(3, "delivered")]

    turned, done = project(events[:2]), project(events)

    assert (turned.status, turned.is_returning, turned.returning_since) == ("in_transit", False, None)
    assert (done.status, done.delivered_at) == ("delivered", at(3))


@pytest.mark.parametrize("end", ["delivered", "returned"])
def test_the_same_end_again_only_moves_the_time(end):
    state = project([event(1, end), event(4, end)])

    assert (state.status, state.ended_at, state.moved_after_end_at) == (end, at(4), None)
    assert len(state.steps) == 1


@pytest.mark.parametrize("back", ["returning", "returned"])
@pytest.mark.parametrize("end", ["delivered", "cancelled", "returned"])
def test_a_return_after_the_end_is_taken(end, back):
    state = project([event(0, "in_transit"), event(1, end), event(4, back)])

    assert (state.status, state.is_returning, state.holds_messages) == (back, True, False)


@pytest.mark.parametrize(
    "milestone",
    ["first_scan", "in_transit", "out_for_delivery", "available_for_pickup", "delayed", "exception"],
)
@pytest.mark.parametrize("end", ["delivered", "returned", "cancelled"])
def test_another_scan_after_the_end_leaves_the_status_and_holds_messages(end, milestone):
    state = project([event(0, "in_transit"), event(1, end), event(4, milestone), event(5, milestone)])

    assert (state.status, state.ended_at) == (end, at(1))
    assert (state.moved_after_end_at, state.holds_messages) == (at(4), True)


def test_an_exception_without_a_scan_counts_as_movement_and_a_delay_does_not():
    done = event(1, "delivered")

    assert project([done, event(4, "exception", evidence="none")]).holds_messages
    assert not project([done, event(4, "delayed", evidence="none")]).holds_messages


@pytest.mark.parametrize("milestone", ["label_created", "info", "unmapped", "cancelled"])
def test_notes_after_the_end_change_nothing(milestone):
    done = event(1, "delivered")
    state = project([done, event(4, milestone)])

    assert (state.status, state.ended_at, state.holds_messages) == ("delivered", at(1), False)


def test_a_second_delivery_or_a_person_ends_the_doubt():
    events = [event(1, "delivered"), event(4, "in_transit")]

    delivered = project([*events, event(6, "delivered")])
    settled = project([*events, settlement(6)])
    corrected = project([*events, correction(6, "delivered")])
    again = project([*events, settlement(6), event(7, "in_transit")])

    assert (delivered.holds_messages, delivered.delivered_at) == (False, at(6))
    assert (settled.holds_messages, settled.delivered_at) == (False, at(1))
    assert (corrected.holds_messages, corrected.status) == (False, "delivered")
    assert again.moved_after_end_at == at(7)


def test_a_report_of_the_day_alone_is_no_movement_after_an_end_of_that_day():
    done = event(2, "delivered")
    day_end = at(12) - timedelta(seconds=1)
    same_day = event(0, "out_for_delivery", occurred_at=day_end, precision="date", received_at=at(3))
    next_day = event(
        0, "out_for_delivery", occurred_at=day_end + timedelta(days=1), precision="date", received_at=at(30)
    )
    delivered_too = event(0, "delivered", occurred_at=day_end, precision="date", received_at=at(3))

    assert not project([done, same_day]).holds_messages
    assert project([done, next_day]).holds_messages
    assert project([done, delivered_too]).delivered_at == at(2)


@pytest.mark.parametrize(
    "void",
    [
        event(2, "cancelled"),
        event(2, "cancelled", is_void=True, precedence=SHOP),
        event(2, "info", is_void=True),
        event(2, "unmapped", is_void=True, evidence="not_physical"),
    ],
)
def test_a_scan_brings_a_voided_label_back(void):
    voided = project([event(0, "label_created"), void])
    again = project([event(0, "label_created"), void, event(5, "first_scan")])

    assert (voided.status, voided.ended_at) == ("cancelled", at(2))
    assert (again.status, again.ended_at, again.holds_messages) == ("first_scan", None, False)


def test_a_voided_label_hears_no_notes():
    voided = [event(0, "label_created"), event(2, "cancelled")]
    state = project([*voided, event(3, "label_created"), event(4, "delayed", evidence="none")])

    assert (state.status, state.holds_messages) == ("cancelled", False)


def test_a_parcel_cancelled_on_its_way_stays_so():
    state = project([event(0, "in_transit"), event(2, "cancelled"), event(5, "in_transit")])

    assert (state.status, state.moved_after_end_at) == ("cancelled", at(5))


def test_a_delivery_after_a_cancellation_is_a_delivery():
    assert project([event(0, "in_transit"), event(2, "cancelled"), event(5, "delivered")]).status == "delivered"
