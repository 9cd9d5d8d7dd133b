"""A sender or relay in a process of its own that kills itself (SIGKILL) at a named point.

Run as `python -c "import django; django.setup(); from tests.notifications.killed import run; run(...)"`.
"""

import os
import signal
import subprocess
import sys
from datetime import datetime
from typing import Any

from django.db import connection

from notifications import relay
from notifications.channels.email import EmailChannel
from notifications.channels.registry import CHANNELS
from notifications.outbox import delivery

SENDER_POINTS = ("after claim", "before the call", "after the call", "after settling")
RELAY_POINTS = ("before writing", "before commit", "after commit")


def work_and_die(point: str, now: datetime, sandbox_port: int) -> int:
    """Start the process and wait for its end; return how it ended (minus the signal's number)."""
    words = (point, now.isoformat(), str(connection.settings_dict["NAME"]))
    script = f"import django; django.setup(); from tests.notifications.killed import run; run(*{words!r})"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "shiptrack_site.settings",
        "SANDBOX_PORT": str(sandbox_port),
        "EMAIL_PROVIDER": "sandbox",
    }
    return subprocess.run([sys.executable, "-c", script], env=environment, timeout=60).returncode


def run(point: str, now: str, database: str) -> None:
    """Work what is due, up to the point."""
    connection.settings_dict["NAME"] = database
    moment = datetime.fromisoformat(now)
    if point in RELAY_POINTS:
        _die_in_relay(point)
        relay.relay(clock=lambda: moment)
        return
    _die_in_delivery(point)
    delivery.deliver(clock=lambda: moment, channels=CHANNELS)


def _die_in_relay(point: str) -> None:
    write = vars(relay)["write"]
    if point == "after commit":
        vars(relay)["flag_is_up"] = die
    elif point == "before writing":
        vars(relay)["write"] = die
    else:

        def write_then_die(*args: Any, **options: Any) -> None:
            write(*args, **options)
            die()

        vars(relay)["write"] = write_then_die


def _die_in_delivery(point: str) -> None:
    if point == "after claim":
        delivery.begin = die
    elif point == "before the call":
        EmailChannel.send = die  # type: ignore[method-assign]
    elif point == "after the call":
        delivery.settle_sent = die
    else:
        delivery.note_success = die


def die(*args: Any, **options: Any) -> Any:
    """End without a word, as a lost machine does."""
    os.kill(os.getpid(), signal.SIGKILL)
