"""A sweep in a process of its own that kills itself (SIGKILL) at a named point: among parcels, or among cases' clocks.

Run as `python -c "import django; django.setup(); from tests.tracking.exception_queue.killed import run; run(...)"`.
"""

import os
import signal
import subprocess
import sys
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from tracking.exception_queue import escalation
from tracking.exception_queue import sweep as sweeping
from tracking.exception_queue.moves import Moves
from tracking.exception_queue.refresh import refresh

POINTS = ("before commit", "between batches")
AMONG_PARCELS = ("parcels looked at, not committed", "parcels committed")


def sweep_and_die(point: str, now: datetime) -> int:
    """Start the process and wait for its end; return how it ended (minus the signal's number)."""
    words = (point, now.isoformat(), str(connection.settings_dict["NAME"]))
    script = f"import django; django.setup(); from tests.tracking.exception_queue.killed import run; run(*{words!r})"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shiptrack_site.settings"}
    return subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode


def run(point: str, now: str, database: str) -> None:
    """Sweep up to the point: the first work of its kind was done and not committed, or its first batch committed."""
    connection.settings_dict["NAME"] = database
    escalation.BATCH = 2
    sweeping.BATCH = 2  # type: ignore[attr-defined]
    write, begun = Moves.write, escalation.climb
    if point in AMONG_PARCELS:

        def refresh_then_die(**options: Any) -> Any:
            with transaction.atomic():
                refresh(**options)
                if point == AMONG_PARCELS[0]:
                    die()
            return die()

        sweeping.refresh = refresh_then_die  # type: ignore[attr-defined]
    elif point == "before commit":

        def write_then_die(moves: Moves) -> Any:
            written = write(moves)
            return die() if written else written

        Moves.write = write_then_die  # type: ignore[method-assign, assignment]
    else:
        batches = []

        def climb_once(**options: Any) -> tuple[int, int]:
            batches.append(1)
            return die() if len(batches) == 2 else begun(**options)

        escalation.climb = climb_once
    sweeping.sweep(clock=lambda: datetime.fromisoformat(now))


def die() -> Any:
    """End without a word, as a lost machine does."""
    os.kill(os.getpid(), signal.SIGKILL)
