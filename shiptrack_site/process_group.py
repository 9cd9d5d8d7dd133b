"""Runs several programs as one: they start together, and when one ends, or this process is told to, all end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TextIO

import psutil

from shiptrack_site.embedded_postgres.lifeline import stop_with_parent

STOP_WITHIN = 10.0
"""Seconds a program has after SIGTERM. A worker cluster takes up to 8 of them."""
_COLOURS = (36, 33, 35, 32, 34, 31)


@dataclass(frozen=True)
class Program:
    """One program of the group: the name in front of its lines, and its words."""

    name: str
    command: tuple[str, ...]
    may_end: bool = False
    """Whether ending with code 0 is its job, as of one that loads something and is done."""


class ProcessGroup:
    """The running programs. Use from the main thread only: the kernel ties each child to the thread that starts it."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out = out
        self.running: dict[Program, subprocess.Popen[str]] = {}
        self.asked_by: int | None = None
        self._copiers: list[threading.Thread] = []
        self._write = threading.Lock()

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal as the wish to stop; asking more often changes nothing."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def _asked(self, number: int, _frame: object) -> None:
        self.asked_by = self.asked_by or number

    def say(self, line: str, name: str = "up") -> None:
        """Print one line with the name of who says it, coloured on a terminal (unless NO_COLOR is set)."""
        label = f"{name:<8}|"
        if self.out.isatty() and "NO_COLOR" not in os.environ:
            label = f"\x1b[{_COLOURS[sum(name.encode()) % len(_COLOURS)]}m{label}\x1b[0m"
        with self._write, contextlib.suppress(OSError):  # whoever read our output may be gone; stopping goes on
            self.out.write(f"{label} {line}\n")
            self.out.flush()

    def start(self, program: Program) -> None:
        """Start it in a session of its own, so that the terminal's Ctrl-C reaches it through us, in order."""
        process = subprocess.Popen(
            program.command,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=stop_with_parent(signal.SIGTERM),
        )
        self.running[program] = process
        assert process.stdout
        copier = threading.Thread(target=self._copy, args=(program.name, process.stdout), daemon=True)
        copier.start()
        self._copiers.append(copier)

    def _copy(self, name: str, lines: IO[str]) -> None:
        for line in lines:
            self.say(line.rstrip("\n"), name)

    def wait(self, meanwhile: Callable[[], None]) -> int:
        """Call `meanwhile` 5 times a second until asked to stop (return 0) or a program ended by itself (1)."""
        while self.asked_by is None:
            for program, process in list(self.running.items()):
                if (code := process.poll()) is None:
                    continue
                if not (program.may_end and code == 0):
                    self.say(f"{program.name} ended with code {code}: stopping everything")
                    return 1
                del self.running[program]
            meanwhile()
            time.sleep(0.2)
        return 0

    def stop(self, within: float = STOP_WITHIN) -> None:
        """Ask every program to end, wait `within` seconds, and end by force what is left of it and its descendants."""
        family = [process for running in self.running.values() for process in _family(running.pid)]
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + within
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for relative in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                relative.kill()
        for copier in self._copiers:
            copier.join(1)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []
