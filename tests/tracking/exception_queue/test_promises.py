"""Promises to customers: they hold a case open, are its next action, and the owner hears at once when they break."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.tracking.exception_queue.people import person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, estimate, event, fulfilment, order, tell
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.sweep import sweep
from tracking.models import CustomerPromise, DomainEvent, ExceptionCase

START = MONDAY + HOUR
DUE = START + 2 * DAY


@pytest.fixture
def case(stage: None) -> ExceptionCase:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "failed_attempt", START), at=START)
    return ExceptionCase.objects.get()


@pytest.fixture
def ann(case: ExceptionCase) -> User:
    return person("ann")


def promise(case: ExceptionCase, actor: User, now: datetime = START + HOUR, **more: Any) -> ExceptionCase:
    return operations.promise_customer(
        case_id=case.pk, actor=actor, now=now, text="It is there on Wednesday", due_at=DUE, **more
    )


def sweep_at(now: datetime) -> None:
    sweep(clock=lambda: now)


def test_a_promise_is_the_next_action_and_holds_the_case_open(case: ExceptionCase, ann: User) -> None:
    made = promise(case, ann)
    assert (made.next_action, made.next_action_due_at, made.promise_due_at) == (
        "Keep the promise: It is there on Wednesday", DUE, DUE,
    )  # fmt: skip
    tell("fedex", event(ONE, "delivered", START + DAY), at=START + DAY)
    sweep_at(START + DAY + 3 * HOUR)
    held = ExceptionCase.objects.get()
    assert (held.state, held.signal_count, CustomerPromise.objects.get().state) == ("acknowledged", 0, "open")
    operations.end_promise(case_id=case.pk, actor=ann, now=START + DAY + 4 * HOUR, state="kept")
    sweep_at(START + DAY + 5 * HOUR)
    assert ExceptionCase.objects.get().state == "acknowledged", "a person acted an hour ago"
    sweep_at(START + DAY + 7 * HOUR)
    ended = ExceptionCase.objects.get()
    assert (ended.state, ended.outcome, CustomerPromise.objects.get().state) == ("resolved", "arrived", "kept")


def broken(case: ExceptionCase, why: str) -> None:
    now, kept = ExceptionCase.objects.get(), CustomerPromise.objects.get()
    assert (kept.state, kept.ended_by, now.promise_due_at) == ("broken", None, None)
    assert why in kept.ended_because
    assert now.severity_rank > case.severity_rank
    assert now.severity_steps == 1
    assert "It is there on Wednesday" in now.next_action
    told = DomainEvent.objects.get(kind="case.promise_broken")
    assert (told.case_id, told.payload["owner"]) == (case.pk, now.owner_id)


@pytest.mark.parametrize(
    ("word", "why"),
    [("lost", "lost"), ("damaged", "damaged"), ("refused", "refused"), ("returning", "way back")],
)
def test_the_carriers_word_that_it_will_not_come_breaks_it(case: ExceptionCase, ann: User, word: str, why: str) -> None:
    promise(case, ann)
    tell("fedex", event(ONE, word, START + DAY), at=START + DAY)
    broken(case, why)
    assert ExceptionCase.objects.get().state == "acknowledged"


def test_a_new_later_estimate_breaks_it_and_one_known_before_does_not(case: ExceptionCase, ann: User) -> None:
    tell("fedex", estimate(ONE, DUE + DAY), at=START + HOUR / 2)
    promise(case, ann)
    tell("fedex", event(ONE, "in_transit", START + 2 * HOUR), at=START + 2 * HOUR)
    assert CustomerPromise.objects.get().state == "open", "they knew that estimate when they promised"
    tell("fedex", estimate(ONE, DUE + 2 * DAY), at=START + 3 * HOUR)
    broken(case, "estimate is later")


def test_an_estimate_in_time_contradicts_nothing(case: ExceptionCase, ann: User) -> None:
    promise(case, ann)
    tell("fedex", estimate(ONE, DUE - HOUR), event(ONE, "weather_delay", START + 2 * HOUR), at=START + 2 * HOUR)
    assert CustomerPromise.objects.get().state == "open"


def test_the_clock_breaks_it_and_wakes_the_case(case: ExceptionCase, ann: User) -> None:
    promise(case, ann)
    operations.wait(case_id=case.pk, actor=ann, now=START + HOUR, until=DUE + 3 * DAY, waiting_on="FedEx")
    sweep_at(DUE - HOUR)
    assert ExceptionCase.objects.get().state == "waiting"
    sweep_at(DUE)
    broken(case, "not delivered")
    woken = ExceptionCase.objects.get()
    assert (woken.state, woken.next_action_due_at > DUE) == ("acknowledged", True)


def test_delivered_too_late_breaks_it_and_somebody_has_time_to_see_it(case: ExceptionCase, ann: User) -> None:
    promise(case, ann)
    tell("fedex", event(ONE, "delivered", DUE + HOUR), at=DUE + HOUR)
    broken(case, "later than promised")
    assert ExceptionCase.objects.get().state == "acknowledged"
    sweep_at(DUE + 4 * HOUR)
    assert ExceptionCase.objects.get().outcome == "arrived"


def test_something_else_that_was_promised_is_judged_by_people_alone(case: ExceptionCase, ann: User) -> None:
    promise(case, ann, subject="other")
    tell("fedex", event(ONE, "damaged", START + DAY), at=START + DAY)
    sweep_at(DUE + DAY)
    assert CustomerPromise.objects.get().state == "open"
    operations.end_promise(case_id=case.pk, actor=ann, now=DUE + DAY, state="broken", note="Forgot to ring.")
    assert CustomerPromise.objects.get().ended_by == ann
    assert DomainEvent.objects.filter(kind="case.promise_broken").count() == 1
    with pytest.raises(ActionRefused, match="No promise"):
        operations.end_promise(case_id=case.pk, actor=ann, now=DUE + DAY, state="kept")


def test_a_new_promise_takes_the_place_of_the_open_one(case: ExceptionCase, ann: User) -> None:
    promise(case, ann)
    operations.promise_customer(case_id=case.pk, actor=ann, now=START + 2 * HOUR, text="Friday", due_at=DUE + 2 * DAY)
    assert list(CustomerPromise.objects.values_list("state", "text")) == [
        ("withdrawn", "It is there on Wednesday"), ("open", "Friday"),
    ]  # fmt: skip
    for text, due, why in (("", DUE, "Say what"), ("Now", START, "past")):
        with pytest.raises(ActionRefused, match=why):
            operations.promise_customer(case_id=case.pk, actor=ann, now=START, text=text, due_at=due)
