"""What the watchdog decides, without a cluster."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import OrmQ

from shiptrack_site import watchdog
from shiptrack_site.watchdog import Watchdog
from tracking import clock
from tracking.ingest.doorbell import ring
from tracking.tasks import beat

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2026, 11, 19, tzinfo=UTC)


@pytest.fixture
def idle() -> Iterator[subprocess.Popen[bytes]]:
    """Stands for a cluster that lives and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def dog(stale_after: float = 0.4) -> Watchdog:
    return Watchdog("core", beat_every=0.1, stale_after=stale_after, say=lambda sentence: None)


def test_silence_is_a_reason(idle: subprocess.Popen[bytes]) -> None:
    assert dog().watch(idle) == "no heartbeat for 0.4 s"


def test_a_machine_on_which_starting_takes_long_gets_there_at_last(idle: subprocess.Popen[bytes]) -> None:
    slow = dog(0.1)
    waits = [slow.watch(idle) for _ in range(4)]
    assert waits == [f"no heartbeat for {seconds} s" for seconds in ("0.1", "0.2", "0.4", "0.4")]
    beats = iter([LONG_AGO, LONG_AGO + timedelta(seconds=1)])
    with patch.object(watchdog, "last_beat_of", lambda cluster: next(beats, LONG_AGO)):
        assert slow.watch(idle) == "no heartbeat for 0.1 s", "once it has beaten, silence is silence"


def test_an_old_beat_of_a_run_before_does_not_count_as_silence_or_life(idle: subprocess.Popen[bytes]) -> None:
    with clock.at(LONG_AGO):
        beat("core")
    assert dog().watch(idle) == "no heartbeat for 0.4 s"


def test_an_end_is_a_reason(idle: subprocess.Popen[bytes]) -> None:
    idle.kill()
    idle.wait()
    assert dog(60).watch(idle) == "it ended with code -9"


def test_while_it_beats_or_the_database_is_away_nothing_happens(idle: subprocess.Popen[bytes]) -> None:
    for answers in (iter(LONG_AGO + timedelta(seconds=n) for n in range(99)), iter([watchdog.UNREACHABLE] * 99)):
        watching = dog(0.2)
        looks = 0

        def look(cluster: str, answers=answers, watching=watching) -> datetime:
            nonlocal looks
            looks += 1
            watching.stopping = looks > 12  # 12 x 0.05 s: three times as long as silence may last
            return next(answers)

        with patch.object(watchdog, "last_beat_of", look):
            assert watching.watch(idle) == ""


def test_a_database_that_is_away_is_told_apart_from_no_beat() -> None:
    assert watchdog.last_beat_of("core") is None
    with patch.object(connection, "cursor", side_effect=OperationalError("gone")), patch.object(connection, "close"):
        assert watchdog.last_beat_of("core") is watchdog.UNREACHABLE


def test_a_deaf_cluster_finds_a_bounded_number_of_beats() -> None:
    for _ in range(watchdog.MOST_RINGS_QUEUED + 5):
        watchdog.ring("core")
    watchdog.ring("net")
    assert OrmQ.objects.filter(key="core").count() == watchdog.MOST_RINGS_QUEUED
    assert OrmQ.objects.filter(key="net").count() == 1


def test_what_the_dead_cluster_had_taken_is_free_again_and_only_that() -> None:
    taken_until = timezone.now() + timedelta(minutes=5)
    for key in ("core", "net"):
        OrmQ.objects.create(key=key, payload="x", lock=taken_until)
    watchdog.release_taken_tasks("core")
    assert list(OrmQ.objects.filter(lock__lt=Now()).values_list("key", flat=True)) == ["core"]


def test_a_cluster_that_acknowledges_nothing_is_replaced_and_one_at_work_is_not(
    idle: subprocess.Popen[bytes],
) -> None:
    """What is killed while it waits for results takes its lock along: tasks run, and nobody says that they did."""
    retry = timedelta(seconds=settings.Q_CLUSTER["retry"])
    task = OrmQ.objects.create(key="core", payload="x", lock=timezone.now() + retry - timedelta(seconds=80))
    assert not watchdog.keeps_tasks("core")
    task.lock -= timedelta(seconds=15)
    task.save()
    assert (watchdog.keeps_tasks("core"), watchdog.keeps_tasks("net")) == (True, False)
    assert dog(60).watch(idle) == "it did not acknowledge a task within 90 s"
    watchdog.release_taken_tasks("core")
    assert not watchdog.keeps_tasks("core")


def test_of_equal_tasks_the_next_cluster_finds_one() -> None:
    for task in ("tracking.tasks.drain", "tracking.tasks.sweep", "tracking.tasks.drain"):
        ring(task)
    watchdog.ring("core")
    watchdog.ring("core")
    ring("tracking.tasks.poll", "net")
    ring("tracking.tasks.poll", "net")
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=4))
    watchdog.release_taken_tasks("core")
    assert [row.task["func"] for row in OrmQ.objects.filter(key="core", lock__lt=Now()).order_by("id")] == [
        "tracking.tasks.drain",
        "tracking.tasks.sweep",
        "tracking.tasks.beat",
    ]
    assert OrmQ.objects.filter(key="net", lock__gt=Now()).count() == 2


@pytest.mark.parametrize("gently", [True, False])
def test_the_end_of_a_cluster_is_the_end_of_all_its_processes(gently: bool) -> None:
    child = "import time; time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], start_new_session=True)
    watchdog.end(process, gently=gently)
    assert process.returncode in (-15, -9)
    assert subprocess.run(["pgrep", "-g", str(process.pid)], check=False, capture_output=True).stdout == b""
