"""How operations meet the database: retries, advisory locks, wake-up flags. One helper each, used everywhere."""

import functools
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

RETRYABLE_STATES = frozenset({"40001", "40P01"})  # serialization failure, deadlock (PostgreSQL error codes)
TRIES = 3


def is_retryable(error: BaseException) -> bool:
    """True for a deadlock or serialization failure: the whole operation may be tried again."""
    return getattr(error.__cause__, "sqlstate", None) in RETRYABLE_STATES


def whole(operation: Callable[P, R]) -> Callable[P, R]:
    """Run an operation in one transaction and try it up to three times on deadlock or serialization failure.

    Inside an outer transaction it joins it and leaves the retry to the outermost operation.
    """

    @functools.wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return operation(*args, **kwargs)
        for attempt in range(1, TRIES + 1):
            try:
                with transaction.atomic():
                    return operation(*args, **kwargs)
            except OperationalError as error:
                if attempt == TRIES or not is_retryable(error):
                    raise
        raise AssertionError("unreachable")

    return run


def lock_number(name: str) -> int:
    """The advisory lock number of a name: stable over processes and versions."""
    return zlib.crc32(f"shiptrack:{name}".encode())


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold the session advisory lock `name` inside the block; yields False at once when somebody else holds it.

    A connection that is lost takes its locks with it, so there is nothing to give back on the one that follows it.
    """
    number = lock_number(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        got = cursor.fetchone()[0]
    link = connection.connection
    try:
        yield got
    finally:
        if got and connection.connection is link and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def raise_flag(lane: str) -> bool:
    """Raise the wake-up flag of a lane as the last statement before commit; True when it was not up (ring the bell).

    When the flag is up already it is locked FOR KEY SHARE, so that the worker's DELETE waits for this transaction:
    either the worker sees our rows or the flag is ours to raise again.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("INSERT INTO tracking_wakeflag (lane) VALUES (%s) ON CONFLICT DO NOTHING", [lane])
            if cursor.rowcount:
                return True
            cursor.execute("SELECT 1 FROM tracking_wakeflag WHERE lane = %s FOR KEY SHARE", [lane])
            if cursor.fetchone():
                return False


def lower_flag(lane: str) -> bool:
    """Delete the flag and commit, before looking for work; True when it was up."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM tracking_wakeflag WHERE lane = %s", [lane])
        return bool(cursor.rowcount)


def flag_is_up(lane: str) -> bool:
    """True when somebody raised the flag since it was lowered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM tracking_wakeflag WHERE lane = %s", [lane])
        return cursor.fetchone() is not None
