"""The drain under every fault: nothing lost, nothing twice, the bad one alone found out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from tests.tracking.ingest.killed import POINTS, drain_and_die
from tests.tracking.ingest.making import NUMBER, drained, fedex_body, scan, source_of, stored
from tracking.ingest import drain
from tracking.ingest.apply import apply
from tracking.ingest.operations import replay
from tracking.ingest.reading import Item
from tracking.models import InboundMessage, PollState, Shipment, Source, TrackingEvent, WakeFlag
from tracking.transactions import flag_is_up
from tracking.vocabulary import FeedState, InboundState

MINUTE = timedelta(minutes=1)
LEASE_OVER = drain.LEASE + timedelta(seconds=1)
committing = pytest.mark.django_db(transaction=True)


@pytest.fixture
def fedex(db: None, now: datetime) -> Source:
    return source_of("fedex", now)


def number(index: int) -> str:
    return f"7000000{index:05d}"


def fill(source: Source, count: int, now: datetime) -> list[InboundMessage]:
    """Store messages about as many parcels, each with two scans."""
    scans = scan("2026-11-17T20:00:00-05:00"), scan("2026-11-16T08:00:00-05:00", "PU", "Picked up")
    return [stored(source, fedex_body(number(index), *scans), now) for index in range(count)]


def assert_worked_once(count: int) -> None:
    assert InboundMessage.objects.filter(state=InboundState.PROCESSED).count() == count
    assert InboundMessage.objects.count() == count
    assert Shipment.objects.count() == count
    assert TrackingEvent.objects.count() == 2 * count


# --- Poison -----------------------------------------------------------------------------------------------------


@contextmanager
def poisoned(bad: InboundMessage) -> Iterator[list[int]]:
    """Make applying one message fail as a fault of ours would; gives the sizes of the batches tried."""
    sizes: list[int] = []

    def failing(items: Sequence[Item], **options: Any) -> Any:
        sizes.append(len(items))
        if bad.pk in {item.message.pk for item in items}:
            raise ZeroDivisionError("a fault of ours")
        return apply(items, **options)

    with patch.object(drain, "apply", failing):
        yield sizes


@pytest.mark.django_db
def test_one_bad_message_of_64_stops_none_of_the_others(fedex: Source, now: datetime) -> None:
    messages = fill(fedex, 64, now)
    bad = messages[37]
    with poisoned(bad) as sizes:
        done = drained(now)
    bad.refresh_from_db()
    assert (done.processed, done.failed) == (63, 1)
    assert (bad.state, bad.error) == (InboundState.FAILED, "ZeroDivisionError: a fault of ours")
    assert TrackingEvent.objects.count() == 2 * 63
    assert len(sizes) <= 2 * 6 + 1


@pytest.mark.django_db
def test_a_bad_message_backs_off_gives_up_after_eight_tries_and_is_replayed(fedex: Source, now: datetime) -> None:
    (bad,) = fill(fedex, 1, now)
    waits, moment = [], now
    with poisoned(bad):
        for _ in range(drain.GIVE_UP_AFTER):
            drained(moment)
            bad.refresh_from_db()
            if bad.next_try_at:
                assert drained(bad.next_try_at - timedelta(seconds=1)).failed == 0
                waits.append((bad.next_try_at - moment) / MINUTE)
                moment = bad.next_try_at
    assert waits == [1, 5, 15, 60, 180, 360, 720]
    assert (bad.state, bad.attempts, bad.next_try_at) == (InboundState.GAVE_UP, 8, None)
    assert drained(moment + timedelta(days=9)).processed == 0
    assert replay(message_ids=[bad.pk], actor=None, now=moment) == 1
    drained(moment)
    bad.refresh_from_db()
    assert (bad.state, bad.error, bad.is_replay) == (InboundState.PROCESSED, "", True)
    assert_worked_once(1)


@pytest.mark.django_db
def test_replaying_what_was_worked_changes_nothing(presets: None, fedex: Source, now: datetime) -> None:
    messages = fill(fedex, 3, now)
    drained(now)
    before = list(TrackingEvent.objects.order_by("id").values())
    changes = list(Shipment.objects.order_by("id").values_list("status_changes", flat=True))
    replay(message_ids=[message.pk for message in messages], actor=None, now=now + timedelta(days=2))
    drained(now + timedelta(days=2))
    assert list(TrackingEvent.objects.order_by("id").values()) == before
    assert list(Shipment.objects.order_by("id").values_list("status_changes", flat=True)) == changes


@pytest.mark.django_db
def test_replaying_says_nothing_about_when_a_source_was_last_heard(fedex: Source, now: datetime) -> None:
    (old,) = fill(fedex, 1, now)
    drained(now)
    later = now + timedelta(days=3)
    stored(fedex, fedex_body(NUMBER), later)
    drained(later)
    replay(message_ids=[old.pk], actor=None, now=later)
    drained(later)
    fedex.refresh_from_db()
    assert (fedex.last_message_at, fedex.feed_state) == (later, FeedState.OK)


@pytest.mark.django_db
def test_what_was_tried_twice_without_an_end_is_worked_alone(fedex: Source, now: datetime) -> None:
    messages = fill(fedex, 6, now)
    InboundMessage.objects.filter(pk=messages[2].pk).update(attempts=2)
    with poisoned(InboundMessage(pk=0)) as sizes:
        drained(now)
    assert sizes == [5, 1]
    assert_worked_once(6)


@pytest.mark.django_db
def test_a_batch_takes_no_more_bytes_than_fit_into_memory_but_always_one(fedex: Source, now: datetime) -> None:
    fill(fedex, 5, now)
    size = len(bytes(InboundMessage.objects.all()[0].body))
    with patch.object(drain, "BATCH_BYTES", 2 * size):
        assert len(drain.claim(now=now)) == 2
    with patch.object(drain, "BATCH_BYTES", 1):
        assert len(drain.claim(now=now)) == 1
    assert len(drain.claim(now=now)) == 2


@pytest.mark.django_db
def test_nothing_new_is_begun_when_the_time_is_over(fedex: Source, now: datetime) -> None:
    fill(fedex, 3, now)
    moments = iter([now, now + timedelta(seconds=21)])
    with patch.object(drain, "BATCH_BYTES", 1):
        done = drain.drain(clock=lambda: next(moments), until=now + timedelta(seconds=20))
    assert done.processed == 1
    assert InboundMessage.objects.filter(state=InboundState.PENDING).count() == 2


@pytest.mark.django_db
def test_the_secrets_of_a_source_are_not_needed_to_read_its_messages(fedex: Source, now: datetime) -> None:
    fill(fedex, 1, now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tracking_source SET secrets = 'made with a key that is lost'")
    drained(now)
    assert_worked_once(1)


@pytest.mark.django_db
def test_neither_log_nor_error_quotes_what_the_database_says_of_a_row(
    fedex: Source, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    (bad,) = fill(fedex, 1, now)
    told = "duplicate key\nDETAIL:  Failing row contains (7, ann@example.com)."
    with patch.object(drain, "apply", side_effect=IntegrityError(told)):
        drained(now)
    bad.refresh_from_db()
    assert bad.error == "IntegrityError: duplicate key"
    assert "IntegrityError: duplicate key" in caplog.text
    assert "ann@example.com" not in caplog.text


# --- Two at once ------------------------------------------------------------------------------------------------


def in_thread(work: Any) -> Thread:
    """Run something with a connection of its own."""

    def closing() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=closing)
    thread.start()
    return thread


@committing
def test_two_drains_at_once_work_each_message_once(fedex: Source, now: datetime) -> None:
    fill(fedex, 40, now)
    done: list[drain.Drained] = []
    with patch.object(drain, "BATCH_BYTES", 4000):
        threads = [in_thread(lambda: done.append(drained(now))) for _ in range(3)]
        for thread in threads:
            thread.join(30)
    assert sum(each.processed for each in done) == 40
    assert_worked_once(40)


@committing
def test_a_drain_that_finds_another_at_work_leaves_the_flag_to_it(fedex: Source, now: datetime) -> None:
    """The message comes while a drain is at work; the second drain goes away, the first looks once more."""
    fill(fedex, 1, now)
    inside, go_on = Event(), Event()
    work = drain._work

    def waiting(*args: Any) -> bool:
        result = work(*args)
        inside.set()
        assert go_on.wait(20)
        return result

    with patch.object(drain, "_work", waiting):
        first = in_thread(lambda: drained(now))
        assert inside.wait(20)
    stored(fedex, fedex_body(NUMBER), now)
    assert drained(now).processed == 0
    assert flag_is_up("inbound")
    go_on.set()
    first.join(20)
    assert InboundMessage.objects.filter(state=InboundState.PROCESSED).count() == 2
    assert not flag_is_up("inbound")


@committing
@pytest.mark.parametrize("is_flag_up", [False, True])
def test_a_message_whose_transaction_is_held_open_across_a_drain_is_not_stranded(
    fedex: Source, now: datetime, is_flag_up: bool
) -> None:
    """The drain starts after the message was inserted and before it is committed."""
    if is_flag_up:
        WakeFlag.objects.create(lane="inbound")
    is_inserted, may_commit = Event(), Event()

    def receive() -> None:
        with transaction.atomic():
            stored(fedex, fedex_body(NUMBER), now)
            is_inserted.set()
            assert may_commit.wait(20)

    web = in_thread(receive)
    assert is_inserted.wait(20)
    worker = in_thread(lambda: drained(now))
    if not is_flag_up:  # else the drain has to wait for our lock on the flag
        worker.join(20)
        assert InboundMessage.objects.count() == 0
    may_commit.set()
    web.join(20)
    worker.join(20)
    if flag_is_up("inbound"):  # the bell that our transaction rang
        drained(now)
    assert InboundMessage.objects.get().state == InboundState.PROCESSED


# --- Faults of the database and the machine ---------------------------------------------------------------------


def wait_until_unlocked() -> None:
    """Let the server notice that a process has died, so that its lock is free.

    Only this database counts: tests beside this one hold locks in theirs.
    """
    with connection.cursor() as cursor:
        for _ in range(3_000):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if not cursor.fetchone()[0]:
                return
    raise AssertionError("the dead process still holds its lock")


@committing
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_drain_loses_nothing_and_does_nothing_twice(fedex: Source, now: datetime, point: str) -> None:
    fill(fedex, 12, now)
    assert drain_and_die(point, now) == -9
    wait_until_unlocked()
    drained(now + LEASE_OVER)
    assert_worked_once(12)
    assert PollState.objects.count() == 12
    assert set(InboundMessage.objects.values_list("attempts", flat=True)) == {1 if point == "after commit" else 2}


@committing
def test_a_database_that_goes_away_in_the_middle_blames_no_message(fedex: Source, now: datetime) -> None:
    fill(fedex, 12, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()

    def restart(**options: Any) -> None:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        other.close()

    with patch.object(drain, "plan_polls", restart), pytest.raises(DatabaseError):
        drained(now)
    connection.close()
    assert set(InboundMessage.objects.values_list("state", "error")) == {(InboundState.PENDING, "")}
    assert TrackingEvent.objects.count() == 0
    drained(now + LEASE_OVER)
    assert_worked_once(12)


class Deadlock(Exception):
    sqlstate = "40P01"


@pytest.mark.django_db
@pytest.mark.parametrize(("times", "state"), [(2, InboundState.PROCESSED), (99, InboundState.FAILED)])
def test_a_deadlock_is_tried_again_three_times(fedex: Source, now: datetime, times: int, state: str) -> None:
    (message,) = fill(fedex, 1, now)
    left = [times]

    def deadlocked(items: Sequence[Item], **options: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise OperationalError("deadlock detected") from Deadlock()
        return apply(items, **options)

    with patch.object(drain, "apply", deadlocked):
        drained(now)
    message.refresh_from_db()
    assert message.state == state
    assert times - left[0] == 3
