"""Cases as the engine moves them."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from tests.tracking.exception_queue.people import person
from tests.tracking.shipments.telling import (
    DAY,
    HOUR,
    MONDAY,
    ONE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    order,
    set_up,
    tell,
)
from tracking.exception_queue import operations
from tracking.exception_queue.refresh import refresh
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, DomainEvent, ExceptionCase, Order, Shipment, Signal

START = MONDAY + HOUR


@pytest.fixture
def trouble(stage: None) -> ExceptionCase:
    """A parcel whose first attempt failed: medium severity."""
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "failed_attempt", START), at=START)
    return ExceptionCase.objects.get()


def activities(case: ExceptionCase) -> list[str]:
    return list(CaseActivity.objects.filter(case=case).order_by("id").values_list("kind", flat=True))


def news(prefix: str = "case.") -> list[str]:
    return list(DomainEvent.objects.filter(kind__startswith=prefix).order_by("id").values_list("kind", flat=True))


def test_a_case_opens_with_all_that_it_must_say(trouble: ExceptionCase) -> None:
    assert (trouble.kind, trouble.severity, trouble.state, trouble.team.slug) == (
        "failed_attempt",
        "medium",
        "new",
        "support",
    )
    assert trouble.next_action
    assert trouble.time_left_at == min(trouble.next_action_due_at, trouble.first_response_due_at) > trouble.opened_at
    assert (trouble.routed_by.is_last, trouble.routed_by_version) == (True, 1)  # type: ignore[union-attr]
    assert trouble.evidence == Signal.objects.get().evidence
    assert (trouble.order, trouble.carrier, trouble.store) == (
        Order.objects.get(),
        only_parcel().carrier,
        only_parcel().store,
    )
    assert activities(trouble) == ["opened", "routed"]
    assert news() == ["case.opened"]


def test_a_graver_signal_takes_the_case_over_and_moves_the_clocks_nearer(trouble: ExceptionCase) -> None:
    tell("fedex", event(ONE, "lost", START + HOUR), at=START + HOUR)
    case = ExceptionCase.objects.get()
    assert (case.kind, case.severity, case.severity_rank, case.signal_count) == ("lost", "critical", 4, 2)
    assert case.next_action != trouble.next_action
    assert case.next_action_due_at <= trouble.next_action_due_at
    assert case.first_response_due_at <= trouble.first_response_due_at
    assert case.time_left_at == min(case.next_action_due_at, case.first_response_due_at)
    assert news()[1:] == ["case.severity_raised", "case.changed"]
    assert activities(case)[2:] == ["signal_added", "next_action"]


def test_a_clock_never_moves_away_because_a_problem_got_worse(trouble: ExceptionCase) -> None:
    late = trouble.next_action_due_at - HOUR / 4
    tell("fedex", event(ONE, "lost", late), at=late)
    assert ExceptionCase.objects.get().next_action_due_at == trouble.next_action_due_at


def test_a_new_next_action_is_not_born_overdue(trouble: ExceptionCase) -> None:
    late = trouble.next_action_due_at + DAY
    tell("fedex", event(ONE, "lost", late), at=late)
    case = ExceptionCase.objects.get()
    assert case.next_action != trouble.next_action
    assert late < case.next_action_due_at <= late + DAY
    assert case.first_response_due_at == trouble.first_response_due_at < late, "nobody answered: that clock goes on"


def test_the_next_action_a_person_set_stays(trouble: ExceptionCase) -> None:
    due = START + 3 * DAY
    operations.set_next_action(
        case_id=trouble.pk, actor=person("ann"), now=START + HOUR, text="Ring the customer", due_at=due
    )
    tell("fedex", event(ONE, "weather_delay", START + 2 * HOUR), at=START + 2 * HOUR)
    assert ExceptionCase.objects.get().next_action_due_at == due
    tell("fedex", event(ONE, "lost", START + 3 * HOUR), at=START + 3 * HOUR)
    case = ExceptionCase.objects.get()
    assert (case.kind, case.next_action) == ("lost", "Ring the customer")
    assert case.next_action_due_at < due


def test_looking_again_without_news_disturbs_nobody(trouble: ExceptionCase) -> None:
    refresh(shipment_ids=[trouble.shipment_id], now=START + 2 * HOUR, cause="observation")
    case = ExceptionCase.objects.get()
    assert (case.version, case.evidence) == (trouble.version, trouble.evidence)
    assert len(activities(case)) == 2


def test_it_ends_by_itself_when_the_parcel_arrives(trouble: ExceptionCase) -> None:
    tell("fedex", event(ONE, "delivered", START + DAY), at=START + DAY)
    case = ExceptionCase.objects.get()
    assert (case.state, case.outcome, case.resolved_by) == ("resolved", "arrived", None)
    assert (case.resolved_at, case.signal_count, case.shipment_status) == (START + DAY, 0, "delivered")
    assert activities(case)[-2:] == ["signal_cleared", "resolved"]
    assert news()[-1] == "case.resolved"
    assert not Order.objects.get().needs_review


def test_it_does_not_end_within_two_hours_of_a_persons_action(trouble: ExceptionCase) -> None:
    at = START + DAY
    operations.add_note(case_id=trouble.pk, actor=person("ann"), now=at, note="On the phone with them.")
    tell("fedex", event(ONE, "delivered", at), at=at + HOUR)
    case = ExceptionCase.objects.get()
    assert (case.state, case.signal_count) == ("new", 0)
    assert only_parcel().next_check_at == at + 2 * HOUR
    assert Order.objects.get().needs_review
    sweep(clock=lambda: at + 2 * HOUR)
    assert ExceptionCase.objects.get().outcome == "arrived"
    assert not Order.objects.get().needs_review


def test_within_fourteen_days_the_same_case_opens_again(trouble: ExceptionCase) -> None:
    tell("fedex", event(ONE, "available_for_pickup", START + HOUR), at=START + HOUR)
    assert ExceptionCase.objects.get().outcome == "cleared_itself"
    at = START + 5 * DAY
    tell("fedex", event(ONE, "refused", at), at=at)
    case = ExceptionCase.objects.get()
    assert (case.pk, case.state, case.outcome, case.resolved_at) == (trouble.pk, "new", "", None)
    assert (case.reopened_at, case.reopened_count, case.kind) == (at, 1, "refused")
    assert case.next_action_due_at > at
    assert news()[-1] == "case.reopened"


def test_later_a_new_case_follows_the_old_one(trouble: ExceptionCase) -> None:
    tell("fedex", event(ONE, "delivered", START + HOUR), at=START + HOUR)
    at = START + 15 * DAY
    tell("fedex", event(ONE, "damaged", at), at=at)
    case = ExceptionCase.objects.exclude(pk=trouble.pk).get()
    assert (case.follows, case.state, case.reopened_count) == (trouble, "new", 0)


@pytest.mark.parametrize("what", ["time", "scan", "news"])
def test_waiting_ends_by_itself(trouble: ExceptionCase, what: str) -> None:
    until = START + 2 * DAY
    operations.wait(
        case_id=trouble.pk, actor=person("ann"), now=START + HOUR, until=until, for_scan=True, waiting_on="the carrier"
    )
    later = START + DAY
    refresh(shipment_ids=[trouble.shipment_id], now=later, cause="observation")
    assert ExceptionCase.objects.get().state == "waiting"
    assert only_parcel().next_check_at == until
    if what == "time":
        sweep(clock=lambda: until)
    else:
        tell("fedex", event(ONE, "in_transit" if what == "scan" else "refused", later), at=later)
    case = ExceptionCase.objects.get()
    assert (case.state, case.waiting_until, case.waiting_on, case.waiting_for_scan) == ("acknowledged", None, "", False)
    assert "woken" in activities(case)


def test_a_case_that_ended_while_waiting_waits_for_nothing_when_it_opens_again(trouble: ExceptionCase) -> None:
    operations.wait(case_id=trouble.pk, actor=person("ann"), now=START, until=START + 9 * DAY)
    tell("fedex", event(ONE, "available_for_pickup", START + DAY), at=START + DAY)
    assert ExceptionCase.objects.get().state == "resolved"
    tell("fedex", event(ONE, "refused", START + 2 * DAY), at=START + 2 * DAY)
    assert (ExceptionCase.objects.get().state, ExceptionCase.objects.get().waiting_until) == ("new", None)


def test_an_order_needs_review_while_any_of_its_parcels_does(trouble: ExceptionCase) -> None:
    tell("shop", fulfilment(TWO, name="f2"), at=START)
    tell("fedex", event(TWO, "refused", START), event(TWO, "delivered", START + HOUR), at=START + HOUR)
    tell("fedex", event(ONE, "delivered", START + HOUR), at=START + HOUR)
    assert Order.objects.get().needs_review
    case = ExceptionCase.objects.exclude(state="resolved").get()
    operations.resolve(case_id=case.pk, actor=person("ann"), now=START + DAY, outcome="returned_to_stock")
    assert not Order.objects.get().needs_review
    operations.reopen(case_id=case.pk, actor=person("ben"), now=START + DAY, note="It is not there.")
    assert Order.objects.get().needs_review


def test_every_order_in_a_shared_parcel_needs_review(trouble: ExceptionCase) -> None:
    tell("shop", order("1002"), fulfilment(ONE, of="1002", name="f2"), at=START)
    assert set(Order.objects.values_list("number", "needs_review")) == {("1001", True), ("1002", True)}


def test_a_sweep_goes_on_past_a_bad_parcel(stage: None, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"7946000001{i:02}" for i in range(9)]
    tell("shop", order(), fulfilment(*numbers))
    bad = Shipment.objects.get(number=numbers[4])
    Shipment.objects.update(next_check_at=START)
    import tracking.exception_queue.sweep as module

    def fails_for_one(*, shipment_ids: list[int], now: datetime, cause: str) -> object:
        if bad.pk in shipment_ids:
            raise ValueError("This parcel is odd.")
        return refresh(shipment_ids=shipment_ids, now=now, cause=cause)

    monkeypatch.setattr(module, "refresh", fails_for_one)
    done = sweep(clock=lambda: START)
    assert done.looked_at == 8
    bad.refresh_from_db()
    assert bad.next_check_at == START + timedelta(hours=1)
    assert not Shipment.objects.filter(next_check_at__lte=START).exists()


def test_joined_parcels_have_one_open_case_the_one_somebody_works_on(stage: None) -> None:
    late = MONDAY + 3 * DAY
    tell("shop", order(), fulfilment())
    sweep(clock=lambda: late)
    tell("fedex", event(ONE, "damaged", late), at=late)
    worked = ExceptionCase.objects.get(kind="damaged")
    operations.take(case_id=worked.pk, actor=person("ann"), now=late)
    tell("shop", fulfilment(ONE, version=late), at=late + HOUR)
    case = ExceptionCase.objects.exclude(state="resolved").get()
    assert (case.pk, case.shipment, case.order) == (worked.pk, only_parcel(), Order.objects.get())
    ended = ExceptionCase.objects.get(state="resolved")
    assert (ended.outcome, ended.kind, activities(ended)[-1]) == ("duplicate", "missing_tracking", "merged")
    assert set(Signal.objects.filter(state="open").values_list("kind", "case")) == {("damaged", worked.pk)}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_open_one_case() -> None:
    set_up()
    tell("shop", order(), fulfilment(ONE))
    shipment_id, late = only_parcel().pk, MONDAY + 6 * DAY
    barrier, errors = Barrier(2), []

    def look() -> None:
        try:
            barrier.wait()
            refresh(shipment_ids=[shipment_id], now=late, cause="observation")
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert ExceptionCase.objects.count() == 1
    assert Signal.objects.count() == 1
