"""One relay or one sender as a process of its own, working the real rows until somebody kills it."""

import os
import time
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402 (needs the apps)
from django.db import connection  # noqa: E402
from django.urls import get_resolver  # noqa: E402

import notifications.channels.resend  # noqa: E402, F401 (read before the first fork, not in each child)
from notifications.channels.registry import CHANNELS  # noqa: E402
from notifications.outbox.delivery import deliver  # noqa: E402
from notifications.relay import relay  # noqa: E402
from tracking import clock  # noqa: E402

get_resolver().url_patterns  # noqa: B018 (all pages are read now, so that a child begins at once)
PAUSE = 0.02  # seconds between two looks
UNLIMITED = 100_000.0
"""Messages per second: the rates of the vendors would make the run long and the kills rare."""


def work(role: str, database: str, sandbox_port: int) -> None:
    """Relay or send in a database of the server, for ever. `role` is "relay" or "sender"."""
    connection.settings_dict["NAME"] = database
    turn_to(sandbox_port)
    for channel in CHANNELS.values():
        type(channel).per_second = UNLIMITED
    step: Callable[[], object] = _relay if role == "relay" else _send
    parent = os.getppid()
    while os.getppid() == parent:
        step()
        time.sleep(PAUSE)


def turn_to(sandbox_port: int) -> None:
    """Let this process's channels call the sandbox."""
    settings.MODE, settings.SANDBOX_PORT = "local", sandbox_port
    settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"
    settings.ANYMAIL = {
        "RESEND_API_KEY": "re_sandbox", "RESEND_API_URL": f"http://127.0.0.1:{sandbox_port}/resend/",
    }  # fmt: skip


def _relay() -> None:
    relay(clock=clock.now)


def _send() -> None:
    deliver(clock=clock.now, channels=CHANNELS)
