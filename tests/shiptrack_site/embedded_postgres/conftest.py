"""Processes that use a server, and ways to look at it from outside."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.shiptrack_site.processes import eventually

USER = Path(__file__).with_name("user.py")


class User:
    """One process of `user.py`."""

    def __init__(self, data: Path, mode: str, as_other: Sequence[str], **options: Any) -> None:
        words = [*as_other, sys.executable, str(USER), str(data), mode]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process: subprocess.Popen[str] = subprocess.Popen(words, text=True, **pipes, **options)

    def tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline().strip()
        if not line:
            pytest.fail(self.process.stderr.read())
        return line

    def ask(self, line: str) -> str:
        self.tell(line)
        return self.answer()

    def end(self) -> None:
        """Make sure that it is gone."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]

    def leave(self) -> None:
        assert self.process.stdin and self.process.stderr
        self.process.stdin.close()
        assert self.process.wait(10) == 0, self.process.stderr.read()


class Server:
    """A server's data folder as seen from outside."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.users: list[User] = []

    def beside(self, ending: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{ending}")

    def user(self, mode: str = "no", as_other: Sequence[str] = (), **options: Any) -> User:
        self.users.append(User(self.data, mode, as_other, **options))
        return self.users[-1]

    def processes(self, program: str) -> list[psutil.Process]:
        """Return the running processes `postgres` (the main one) or `keeper` of this data folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if str(self.data) in words and Path(words[3 if program == "keeper" else 0]).stem == program:
                    found.append(process)
        return found

    def has_stopped(self) -> bool:
        return not self.processes("postgres") and not self.processes("keeper")

    def stops(self, within: float = 8) -> bool:
        return eventually(self.has_stopped, within)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may enter: pytest's own is closed to them."""
    with tempfile.TemporaryDirectory(prefix="shiptest-", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    """A server that was never started."""
    with served(folder / "postgres") as made:
        yield made


@contextlib.contextmanager
def served(data: Path) -> Iterator[Server]:
    """A server whose processes are gone afterwards, whatever the test did."""
    made = Server(data)
    try:
        yield made
    finally:
        for user in made.users:
            user.end()
        for process in (*made.processes("keeper"), *made.processes("postgres")):
            process.terminate()
        assert made.stops(), "the test left a server behind"
