"""Two sweeps at once, and a sweep that is killed in the middle: every step of a ladder is taken exactly once."""

import signal
from collections import Counter
from threading import Thread

import pytest
from django.db import connections

from tests.tracking.exception_queue.desks import HOUR, TUESDAY, join, make_case, make_ladder, make_rule, make_team
from tests.tracking.exception_queue.killed import POINTS, sweep_and_die
from tracking.exception_queue.escalation import look_at_clocks
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, DomainEvent, ExceptionCase
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


@pytest.mark.parametrize("point", POINTS)
def test_a_sweep_killed_in_the_middle_is_carried_on_by_the_next(late: None, point: str) -> None:
    assert sweep_and_die(point, TUESDAY) == -signal.SIGKILL
    begun = sum(steps_taken().values())
    assert begun == (0 if point == "before commit" else 2)
    assert sweep(clock=lambda: TUESDAY + HOUR / 60).escalated == 2 * CASES - begun
    assert_each_step_once()
