"""Looking at processes from outside."""

import contextlib
import socket
import time
from collections.abc import Callable

import psutil


def eventually(condition: Callable[[], object], within: float) -> bool:
    """Tell whether the condition comes true in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes that have the mark in their environment or in their words."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get("RUN_MARK") == mark or any(mark in word for word in process.cmdline()):
                found.append(process)
    return found


def free_port() -> int:
    """Return a port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
