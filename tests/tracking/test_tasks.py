"""What the doorbells ring: tasks look at the rows, stop in time, and ring again for what is left."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django_q.models import OrmQ

from tests.tracking.ingest.making import NUMBER, fedex_body, scan, source_of, stored
from tracking import clock, tasks
from tracking.exception_queue.sweep import Swept
from tracking.ingest.calling import Polled
from tracking.ingest.drain import Drained
from tracking.models import InboundMessage, WakeFlag, WorkerHeartbeat
from tracking.vocabulary import InboundState

pytestmark = pytest.mark.django_db

LATE = "2026-11-17T20:00:00-05:00"


@pytest.fixture(autouse=True)
def set_clock(now: datetime) -> Iterator[None]:
    with clock.at(now):
        yield


def rung() -> list[str]:
    return [entry.func() for entry in OrmQ.objects.order_by("id")]


def test_a_stored_message_rings_the_drain_once_until_it_looks(now: datetime) -> None:
    fedex = source_of("fedex", now)
    for index in range(3):
        stored(fedex, fedex_body(f"70000000000{index}", scan(LATE)), now)
    assert rung() == ["tracking.tasks.drain"]
    assert tasks.drain() == "3 processed, 0 failed"
    assert not WakeFlag.objects.exists()
    stored(fedex, fedex_body(NUMBER, scan(LATE)), now)
    assert len(rung()) == 2


def test_a_message_whose_bell_was_lost_is_found_within_the_minute(now: datetime) -> None:
    assert tasks.look_for_messages() == "inbound: nothing due"
    stored(source_of("fedex", now), fedex_body(NUMBER, scan(LATE)), now)
    WakeFlag.objects.all().delete()
    OrmQ.objects.all().delete()
    assert tasks.look_for_messages() == "1 processed, 0 failed"
    assert InboundMessage.objects.get().state == InboundState.PROCESSED


def test_a_failed_message_is_looked_for_when_its_time_has_come(now: datetime) -> None:
    message = stored(source_of("fedex", now), b"nothing to read", now)
    tasks.drain()
    with clock.at(now + timedelta(seconds=59)):
        assert tasks.look_for_messages() == "inbound: nothing due"
    with clock.at(now + timedelta(minutes=1)):
        assert tasks.look_for_messages() == "0 processed, 1 failed"
    message.refresh_from_db()
    assert message.attempts == 2


@pytest.mark.parametrize(
    ("task", "work", "result"),
    [("drain", "drain_due", Drained()), ("sweep", "sweep_due", Swept()), ("poll", "poll_all", Polled())],
)
def test_a_task_that_ran_out_of_time_rings_again(now: datetime, task: str, work: str, result: object) -> None:
    moments = iter([now, now + timedelta(seconds=21)])
    with patch.object(tasks, work, return_value=result) as worked, patch.object(clock, "now", lambda: next(moments)):
        getattr(tasks, task)()
    assert worked.call_args.kwargs["until"] == now + timedelta(seconds=20)
    assert rung() == [f"tracking.tasks.{task}"]


def test_a_task_that_is_done_in_time_rings_nobody() -> None:
    tasks.drain()
    tasks.sweep()
    tasks.poll()
    assert rung() == []


def test_nobody_is_asked_while_the_demo_plays_its_vendors() -> None:
    with patch.object(tasks, "demo_loading", return_value=True), patch.object(tasks, "poll_all") as asked:
        assert tasks.poll() == "waiting for the demo"
    asked.assert_not_called()


def test_a_heartbeat_moves(now: datetime) -> None:
    tasks.beat("core")
    with clock.at(now + timedelta(minutes=1)):
        tasks.beat("core")
    assert WorkerHeartbeat.objects.get().beat_at == now + timedelta(minutes=1)
