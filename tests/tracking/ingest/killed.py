"""A drain in a process of its own that kills itself (SIGKILL) at a named point.

Run as `python -c "import django; django.setup(); from tests.tracking.ingest.killed import run; run(...)"`.
"""

import os
import signal
import subprocess
import sys
from datetime import datetime
from typing import Any

from django.db import connection

from tracking.ingest import drain

POINTS = ("after claim", "before commit", "after commit")


def drain_and_die(point: str, now: datetime) -> int:
    """Start the process and wait for its end; return how it ended (minus the signal's number)."""
    words = (point, now.isoformat(), str(connection.settings_dict["NAME"]))
    script = f"import django; django.setup(); from tests.tracking.ingest.killed import run; run(*{words!r})"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "shiptrack_site.settings"}
    return subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode


def run(point: str, now: str, database: str) -> None:
    """Work what is due, up to the point."""
    connection.settings_dict["NAME"] = database
    process = drain.process
    if point == "after claim":
        drain.process = die
    elif point == "before commit":
        drain.plan_polls = die  # type: ignore[attr-defined] # the last thing that a batch's transaction does
    else:

        def work_then_die(*args: Any, **options: Any) -> None:
            process(*args, **options)
            die()

        drain.process = work_then_die
    drain.drain(clock=lambda: datetime.fromisoformat(now))


def die(*args: Any, **options: Any) -> None:
    """End without a word, as a lost machine does."""
    os.kill(os.getpid(), signal.SIGKILL)
