"""Keeps one worker cluster alive: a cluster that proves nothing for a while is replaced as a whole.

Why as a whole: a worker killed while it waits takes the cluster's queue lock with it, and the others then live on
without ever getting a task (django-q2 1.11). Only a new cluster heals that. The process that acknowledges what was done
has such a lock too: without it tasks run, and run again every five minutes.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models.functions import Now
from django_q.models import OrmQ
from django_q.signing import BadSignature, SignedPackage
from django_q.tasks import async_task

from shiptrack_site.embedded_postgres.lifeline import stop_with_parent
from tracking.models import WorkerHeartbeat

STOP_WITHIN = 8.0
"""Seconds a cluster has to finish its tasks when asked to stop."""
MOST_DOUBLINGS = 2
"""A cluster that starts slower than `stale_after` is given twice the time, then four times, never more."""
MOST_RINGS_QUEUED = 50
"""A cluster that takes nothing must not find thousands of beats when it is replaced."""
ACKNOWLEDGED_WITHIN = timedelta(seconds=90)
"""From taking a task to its acknowledgement: longer than tasks wait (30 s) and run (30 s) in a cluster that is well,
and short enough that what is due happens within two minutes even when nobody acknowledges."""


@dataclass
class Watchdog:
    """One cluster and its keeper. `say` gets a sentence for every replacement."""

    cluster: str
    beat_every: float
    stale_after: float
    """Longer than any task may take: a cluster that is only busy must not be killed."""
    say: Callable[[str], None]
    stopping: bool = False
    silent_starts: int = 0
    """How many clusters in a row were replaced before their first beat: a slow machine must get there at last."""

    def stop(self, *_: object) -> None:
        """Ask for the end; usable as a signal handler."""
        self.stopping = True

    def run(self) -> None:
        """Start, watch and replace the cluster until `stop` is called."""
        while not self.stopping:
            release_taken_tasks(self.cluster)
            process = self.start()
            why = self.watch(process)
            end(process, gently=self.stopping)
            if not self.stopping:
                self.say(f"worker cluster {self.cluster} restarted: {why}")
                time.sleep(min(1, self.beat_every))

    def start(self) -> subprocess.Popen[bytes]:
        """Start the cluster in a session of its own, so that all its processes can be ended together."""
        return subprocess.Popen(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "qcluster"],
            env={**os.environ, "Q_CLUSTER_NAME": self.cluster},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=stop_with_parent(signal.SIGTERM),
        )

    def watch(self, process: subprocess.Popen[bytes]) -> str:
        """Return why the cluster must be replaced, or an empty text when asked to stop."""
        last_beat, since, next_ring = last_beat_of(self.cluster), time.monotonic(), 0.0
        patience = self.stale_after * 2 ** min(self.silent_starts, MOST_DOUBLINGS)
        self.silent_starts += 1
        while not self.stopping:
            if process.poll() is not None:
                return f"it ended with code {process.returncode}"
            now = time.monotonic()
            if now >= next_ring:
                ring(self.cluster)
                next_ring = now + self.beat_every
                if keeps_tasks(self.cluster):
                    return f"it did not acknowledge a task within {ACKNOWLEDGED_WITHIN.seconds} s"
            if (beat := last_beat_of(self.cluster)) != last_beat or beat is UNREACHABLE:
                last_beat, since = beat, now  # without a database nobody can beat, and killing helps nobody
                self.silent_starts, patience = 0, self.stale_after
            if now - since > patience:
                return f"no heartbeat for {patience:g} s"
            time.sleep(min(0.5, self.beat_every / 2))
        return ""


UNREACHABLE = datetime.max.replace(tzinfo=UTC)
"""Stands for "the database did not answer"."""


def last_beat_of(cluster: str) -> datetime | None:
    """Return when the cluster last ran a beat, None if never, `UNREACHABLE` without a database."""
    try:
        return WorkerHeartbeat.objects.filter(cluster=cluster).values_list("beat_at", flat=True).first()
    except (DatabaseError, InterfaceError):
        connection.close()
        return UNREACHABLE


def ring(cluster: str) -> None:
    """Queue a beat, unless many wait already or there is no database."""
    try:
        if OrmQ.objects.filter(key=cluster, lock__lte=Now()).count() < MOST_RINGS_QUEUED:
            async_task("tracking.tasks.beat", cluster, cluster=cluster)
    except (DatabaseError, InterfaceError):
        connection.close()


def keeps_tasks(cluster: str) -> bool:
    """Tell whether a task was taken long ago and is not acknowledged: its worker died, or nobody acknowledges any."""
    taken_for = Now() + timedelta(seconds=settings.Q_CLUSTER["retry"]) - ACKNOWLEDGED_WITHIN
    try:
        return OrmQ.objects.filter(key=cluster, lock__gt=Now(), lock__lt=taken_for).exists()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


def release_taken_tasks(cluster: str) -> None:
    """Let the next cluster take at once what a dead one had taken, equal tasks once: every task only rings.

    Hundreds of bells for the same work would keep the next cluster from its first heartbeat.
    """
    try:
        with transaction.atomic():
            rows = list(OrmQ.objects.filter(key=cluster).order_by("-id").values_list("pk", "payload"))
            first = {_what(payload): pk for pk, payload in rows}
            OrmQ.objects.filter(pk__in={pk for pk, _ in rows} - set(first.values())).delete()
            OrmQ.objects.filter(key=cluster, lock__gt=Now()).update(lock=Now() - timedelta(seconds=1))
    except (DatabaseError, InterfaceError):
        connection.close()


def _what(payload: str) -> str:
    """What a queued task does; a payload that cannot be read stands for itself."""
    try:
        task = SignedPackage.loads(payload)
    except (TypeError, BadSignature):
        return payload
    return repr((task["func"], task["args"], task["kwargs"]))


def end(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    """End the cluster with all its processes; gently = let it finish what it is doing, for `STOP_WITHIN` seconds."""
    if gently and process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
