"""Two sweeps at once, and a sweep that is killed in the middle: every step of a ladder is taken exactly once; and what
a sweep reads."""

import signal
from collections import Counter
from collections.abc import Iterable
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from tests.tracking.exception_queue.desks import HOUR, TUESDAY, join, make_case, make_ladder, make_rule, make_team
from tests.tracking.exception_queue.killed import AMONG_PARCELS, POINTS, sweep_and_die
from tests.tracking.shipments.telling import DAY, MONDAY, event, fulfilment, order, tell
from tracking.exception_queue import escalation
from tracking.exception_queue.escalation import look_at_clocks
from tracking.exception_queue.moves import lock_open
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, DomainEvent, ExceptionCase, Shipment
from tracking.transactions import alone

CASES = 5


@pytest.fixture
def late(transactional_db: None) -> None:
    """Five cases whose clock ran out, with two steps that are due."""
    team = make_team()
    make_rule(team)
    make_ladder(steps=((0, "notify_owner"), (0, "notify_lead")))
    ann = join(team, "ann")
    for _ in range(CASES):
        make_case(team, ann)


def steps_taken() -> Counter[tuple[int, int]]:
    """How often each step of each case is in the ledger."""
    rows = DomainEvent.objects.filter(kind="case.escalated")
    return Counter((row.case_id or 0, row.payload["step"]) for row in rows)


def assert_each_step_once() -> None:
    wanted = {(pk, step) for pk in ExceptionCase.objects.values_list("pk", flat=True) for step in (1, 2)}
    assert steps_taken() == Counter(dict.fromkeys(wanted, 1))
    assert CaseActivity.objects.filter(kind="escalated").count() == 2 * CASES


def test_who_comes_second_leaves_at_once(late: None) -> None:
    taken: list[int] = []

    def second() -> None:
        taken.append(sweep(clock=lambda: TUESDAY).escalated)
        connections.close_all()

    with alone("sweep") as is_ours:
        assert is_ours
        other = Thread(target=second)
        other.start()
        other.join()
    assert taken == [0]
    assert sweep(clock=lambda: TUESDAY).escalated == 2 * CASES
    assert_each_step_once()


def test_even_looks_that_run_into_each_other_take_each_step_once(late: None) -> None:
    """The lock of the sweep is not what keeps steps single: each case is asked again once it is locked."""
    errors: list[BaseException] = []

    def look() -> None:
        try:
            look_at_clocks(clock=lambda: TUESDAY)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert_each_step_once()


def test_a_look_that_was_overtaken_begins_no_ladder_again(late: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It saw cases without a ladder; before it locked them, another look began their ladders and climbed them."""

    def overtake() -> None:
        look_at_clocks(clock=lambda: TUESDAY)
        connections.close_all()

    def lock_late(ids: Iterable[int]) -> list[ExceptionCase]:
        monkeypatch.setattr(escalation, "lock_open", lock_open)
        other = Thread(target=overtake)
        other.start()
        other.join()
        return lock_open(ids)

    monkeypatch.setattr(escalation, "lock_open", lock_late)
    look_at_clocks(clock=lambda: TUESDAY)
    assert_each_step_once()


@pytest.mark.parametrize("point", POINTS)
def test_a_sweep_killed_in_the_middle_is_carried_on_by_the_next(late: None, point: str) -> None:
    assert sweep_and_die(point, TUESDAY) == -signal.SIGKILL
    begun = sum(steps_taken().values())
    assert begun == (0 if point == "before commit" else 2)
    assert sweep(clock=lambda: TUESDAY + HOUR / 60).escalated == 2 * CASES - begun
    assert_each_step_once()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize("point", AMONG_PARCELS)
def test_a_sweep_killed_among_parcels_opens_each_case_once(point: str) -> None:
    numbers = [f"7946000001{n:02}" for n in range(5)]
    tell("shop", order(), fulfilment(*numbers))
    tell("fedex", *(event(number, "in_transit", MONDAY) for number in numbers))
    late = MONDAY + 5 * DAY
    assert sweep_and_die(point, late) == -signal.SIGKILL
    begun = ExceptionCase.objects.count()
    assert begun == (2 if point == "parcels committed" else 0)
    swept = sweep(clock=lambda: late + HOUR / 60)
    assert (swept.opened, swept.looked_at) == (5 - begun, 5 - begun)
    assert Counter(ExceptionCase.objects.values_list("shipment__number", flat=True)) == Counter(numbers)
    assert DomainEvent.objects.filter(kind="case.opened").count() == 5


def rows_read() -> int:
    """Rows of all tables that this transaction has read so far, by index or by scan, as the server counts them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("stage")
def test_a_sweep_reads_no_more_rows_among_many_parcels_than_among_few() -> None:
    numbers = [f"7946000001{n:02}" for n in range(20)]
    tell("shop", order(), fulfilment(*numbers))
    tell("fedex", *(event(number, "in_transit", MONDAY) for number in numbers))
    late, read = MONDAY + 5 * DAY, []
    for more in (1_000, 9_000):
        Shipment.objects.bulk_create(
            Shipment(created_at=late, status="in_transit", next_check_at=late + DAY) for _ in range(more)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tracking_shipment")
        with transaction.atomic():
            before = rows_read()
            swept = sweep(clock=lambda: late)
            read.append(rows_read() - before)
            assert swept.looked_at == swept.opened == 20
            transaction.set_rollback(True)
    assert 100 < read[1] < read[0] * 1.1
