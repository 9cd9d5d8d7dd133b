"""The helpers between operations and the database: whole operations, locks, flags."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from tracking.ingest.doorbell import ring
from tracking.models import WakeFlag
from tracking.transactions import TRIES, alone, flag_is_up, is_retryable, lock_number, lower_flag, raise_flag, whole

committing = pytest.mark.django_db(transaction=True)


class Refused(Exception):
    """An error of the driver with PostgreSQL's code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def failing(times: int, sqlstate: str, kind: type[Exception] = OperationalError) -> tuple[Callable[[], str], list[int]]:
    """An operation that fails so many times after writing a row; and how often it was begun."""
    begun: list[int] = []

    @whole
    def operation() -> str:
        begun.append(1)
        WakeFlag.objects.create(lane=f"try {len(begun)}")
        if len(begun) <= times:
            raise kind("no") from Refused(sqlstate)
        return "done"

    return operation, begun


@committing
@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_a_deadlock_or_serialization_failure_begins_the_whole_operation_again(sqlstate: str) -> None:
    operation, begun = failing(TRIES - 1, sqlstate)
    assert operation() == "done"
    assert len(begun) == TRIES
    assert [flag.lane for flag in WakeFlag.objects.all()] == ["try 3"]  # the first two left nothing


@committing
def test_after_three_tries_the_error_comes_out() -> None:
    operation, begun = failing(99, "40P01")
    with pytest.raises(OperationalError):
        operation()
    assert (len(begun), WakeFlag.objects.count()) == (TRIES, 0)


@committing
@pytest.mark.parametrize(("sqlstate", "kind"), [("57P01", OperationalError), ("23505", IntegrityError)])
def test_other_errors_are_not_tried_again(sqlstate: str, kind: type[Exception]) -> None:
    operation, begun = failing(1, sqlstate, kind)
    with pytest.raises(kind):
        operation()
    assert len(begun) == 1


@committing
def test_inside_a_transaction_the_outermost_operation_begins_again() -> None:
    operation, begun = failing(1, "40P01")
    with pytest.raises(OperationalError), transaction.atomic():
        operation()
    assert len(begun) == 1


@committing
def test_a_real_deadlock_is_recognized() -> None:
    """Two transactions lock two rows in opposite order; PostgreSQL ends one of them."""
    WakeFlag.objects.bulk_create([WakeFlag(lane="a"), WakeFlag(lane="b")])
    errors: list[OperationalError] = []
    ready = {"a": Event(), "b": Event()}

    def cross(first: str, second: str) -> None:
        try:
            with transaction.atomic():
                WakeFlag.objects.select_for_update().get(lane=first)
                ready[first].set()
                assert ready[second].wait(20)
                WakeFlag.objects.select_for_update().get(lane=second)
        except OperationalError as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=cross, args=order) for order in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [is_retryable(error) for error in errors] == [True]


@committing
def test_only_one_is_alone() -> None:
    answers: list[bool] = []

    def ask() -> None:
        with alone("test") as is_ours:
            answers.append(is_ours)
        connection.close()

    def ask_elsewhere() -> None:
        thread = Thread(target=ask)
        thread.start()
        thread.join(20)

    with alone("test") as is_ours, alone("another") as is_too:
        assert is_ours and is_too
        ask_elsewhere()
    with pytest.raises(ZeroDivisionError), alone("test"):
        raise ZeroDivisionError
    ask_elsewhere()
    assert answers == [False, True]


def test_lock_numbers_are_stable_and_differ() -> None:
    assert lock_number("drain:inbound") == lock_number("drain:inbound")
    names = ["drain:inbound", "sweep", "publish:mapping", *(f"poll:{index}" for index in range(1000))]
    assert len({lock_number(name) for name in names}) == len(names)


@pytest.mark.django_db
def test_the_first_to_raise_a_flag_rings_and_lowering_it_says_whether_it_was_up() -> None:
    assert [raise_flag("lane"), raise_flag("lane"), raise_flag("other")] == [True, False, True]
    assert flag_is_up("lane")
    assert [lower_flag("lane"), lower_flag("lane")] == [True, False]
    assert not flag_is_up("lane")
    assert flag_is_up("other")


@committing
def test_lowering_the_flag_waits_for_whoever_counts_on_it() -> None:
    """The flag was up, so a message rang no bell; the worker may not look before that message is committed."""
    raise_flag("lane")
    is_lowered = Event()

    def lower() -> None:
        lower_flag("lane")
        is_lowered.set()
        connection.close()

    with transaction.atomic():
        assert raise_flag("lane") is False
        thread = Thread(target=lower)
        thread.start()
        assert not is_lowered.wait(0.2)
    thread.join(20)
    assert is_lowered.is_set()
    assert raise_flag("lane") is True


@committing
def test_ringing_on_an_old_connection_keeps_the_locks_that_it_holds() -> None:
    with alone("someone") as is_ours:
        assert is_ours
        link, connection.close_at = connection.connection, 0.0  # older than any connection may get
        ring("tracking.tasks.drain")
        assert connection.connection is link
