"""Owns one embedded PostgreSQL: starts it, tells when it is ready, stops it when nobody uses it any more.

Run as `python -I -S keeper.py <data folder> <folder of the binaries> [--throwaway [--fast]]`: standard library only, so
that it starts quickly and nothing of the application can stop it. Writes "ready" to standard output; errors go to
standard error. Which files lie beside the data folder is told in `server.py`.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

sys.path.append(str(Path(__file__).parent))  # -I leaves it out

from lifeline import stop_with_parent  # type: ignore[import-not-found]
from owner import CLEAN, Owner, find_owner  # type: ignore[import-not-found]

GRACE = 1.5
"""Seconds without a user before the server stops: a few commands in a row share one start."""
LONGEST_SOCKET_FOLDER = 80
"""The path of a socket has at most 107 bytes (Linux; 103 on macOS), the file's own name included."""
SETTINGS = (
    "max_connections=60",
    "shared_buffers=128MB",
    "jit=off",
    "listen_addresses=",
    "unix_socket_permissions=0700",
)
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
"""For tests: nothing has to survive a power failure."""


class Keeper:
    """One data folder and the server on it."""

    def __init__(self, data: Path, binaries: Path, *, throwaway: bool, fast: bool) -> None:
        self.data, self.binaries, self.throwaway, self.fast = data, binaries, throwaway, fast
        self.owner: Owner = find_owner(data, binaries / "postgres")
        self.sockets = Path()

    def beside(self, ending: str) -> Path:
        return self.data.with_name(f"{self.data.name}.{ending}")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the owner; return what it printed, raise `CalledProcessError`."""
        command = [*self.owner.prefix, str(self.binaries / program), *arguments]
        options = {"env": CLEAN, "cwd": "/", "check": True, "text": True, "stdout": subprocess.PIPE}
        return str(subprocess.run(command, **options, **self.owner.options).stdout)

    def prepare(self) -> None:
        """Make the data folder if there is none; clear what a killed keeper left behind."""
        if not (self.data / "PG_VERSION").exists():
            self.initialize()
        elif self.data.stat().st_uid != self.owner.uid:  # copied by root
            give(self.data, self.owner)
        stop_forgotten(self.data)
        with contextlib.suppress(FileNotFoundError):
            remove_sockets(Path(self.beside("socket").read_text()))
            self.beside("socket").unlink()

    def initialize(self) -> None:
        """Let initdb work under another name and rename: a half-made folder is never mistaken for data.

        The locale is built in, so that sorting and upper/lower case are the same on every machine.
        """
        fresh = self.beside("new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(0o700)
        give(fresh, self.owner)
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        sync = ("--no-sync",) if self.fast else ()
        self.run("initdb", "-D", str(fresh), "-U", "postgres", "--auth=trust", *locale, *sync)
        if self.data.exists():
            self.data.rmdir()  # an empty one may have been prepared; anything else is not ours to remove
        fresh.rename(self.data)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it takes connections."""
        self.sockets = make_socket_folder(self.owner)
        settings = [*SETTINGS, *(FAST if self.fast else ())]
        command = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", "5432", "-k", str(self.sockets)]
        server = subprocess.Popen(
            [*self.owner.prefix, *command, *(word for setting in settings for word in ("-c", setting))],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
            preexec_fn=stop_with_parent(signal.SIGINT),
            env=CLEAN,
            cwd="/",
            **self.owner.options,
        )
        self.wait_until_ready(server)
        return server

    def wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        """Line 1 of postmaster.pid is the server's process, line 8 its state (PostgreSQL 10 and later)."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise RuntimeError(f"postgres ended with code {server.returncode}")
            lines = pid_lines(self.data)
            if len(lines) >= 8 and lines[0] == str(server.pid) and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        raise RuntimeError("postgres was not ready after 60 s")

    def create_database(self) -> None:
        """Create the database `shiptrack` unless it is there."""
        where = (
            "-h",
            str(self.sockets),
            "-p",
            "5432",
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-X",
            "-q",
            "-t",
            "-A",
            "-c",
        )
        if not self.run("psql", *where, "SELECT 1 FROM pg_database WHERE datname = 'shiptrack'").strip():
            self.run("psql", *where, "CREATE DATABASE shiptrack")

    def serve(self, server: subprocess.Popen[bytes], users: IO[str]) -> None:
        """Return when the server has ended or nobody has used it for `GRACE`; then new users wait at the lock."""
        grace = 0 if self.throwaway else GRACE
        free_since: float | None = None
        while server.poll() is None:
            time.sleep(0.25)
            if not take(users, fcntl.LOCK_EX | fcntl.LOCK_NB):
                free_since = None
                continue
            free_since = free_since or time.monotonic()
            if time.monotonic() - free_since >= grace:
                return
            fcntl.flock(users, fcntl.LOCK_UN)

    def stop(self, server: subprocess.Popen[bytes]) -> None:
        """Stop the server (open transactions are rolled back) and remove what must not outlive it."""
        self.beside("socket").unlink(missing_ok=True)
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()
        remove_sockets(self.sockets)


def give(path: Path, owner: Owner) -> None:
    """Make the owner's everything under the path; does nothing unless we are root."""
    if os.geteuid() != 0:
        return
    os.chown(path, owner.uid, owner.gid)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(os.path.join(folder, name), owner.uid, owner.gid)


def take(file: IO[str], how: int) -> bool:
    """Try to lock the file; tell whether it worked."""
    try:
        fcntl.flock(file, how)
    except OSError:
        return False
    return True


def pid_lines(data: Path) -> list[str]:
    """Return the lines of postmaster.pid, none if there is no such file."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def stop_forgotten(data: Path) -> None:
    """Stop a server that outlived its keeper, and remove a pid file whose number is another program's today."""
    if not (lines := pid_lines(data)):
        return
    pid = int(lines[0])
    deadline = time.monotonic() + 30
    while str(data) in command_line(pid) and time.monotonic() < deadline:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        time.sleep(0.2)
    (data / "postmaster.pid").unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """Return the words of a running process, empty if there is none. Linux: from /proc (slim images have no ps)."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def make_socket_folder(owner: Owner) -> Path:
    """Return a new private folder with a short, plain path; the data folder's path may be neither."""
    base = tempfile.gettempdir()
    if len(base.encode()) > LONGEST_SOCKET_FOLDER - 20 or not base.isascii() or "," in base:
        base = "/tmp"  # noqa: S108 (mkdtemp makes it private)
    folder = Path(tempfile.mkdtemp(prefix="shiptrack-", dir=base))
    give(folder, owner)
    return folder


def remove_sockets(folder: Path) -> None:
    """Remove a socket folder, and never anything that does not look like one."""
    if folder.name.startswith("shiptrack-"):
        shutil.rmtree(folder, ignore_errors=True)


def remove_all(keeper: Keeper) -> None:
    """Remove the data of a throw-away server, everything beside it, and the folder if that leaves it empty."""
    shutil.rmtree(keeper.data, ignore_errors=True)
    for ending in ("users", "start", "socket", "log", "keeper"):
        keeper.beside(ending).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        keeper.data.parent.rmdir()


def main(data: Path, binaries: Path, flags: list[str]) -> None:
    """Keep the server until nobody needs it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    lock = data.with_name(f"{data.name}.keeper")
    with lock.open("a") as only_one, data.with_name(f"{data.name}.users").open("a") as users:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        keeper = Keeper(data, binaries, throwaway="--throwaway" in flags, fast="--fast" in flags)
        give(lock, Owner(data.parent.stat().st_uid, data.parent.stat().st_gid))
        keeper.prepare()
        server = keeper.start()
        try:
            keeper.create_database()
            keeper.beside("socket").write_text(str(keeper.sockets))
            os.write(1, b"ready\n")
            keeper.serve(server, users)
        finally:
            keeper.stop(server)
            if keeper.throwaway:
                remove_all(keeper)


if __name__ == "__main__":
    if os.fork():  # detach: whoever asked for the server is not its parent, and never has a dead child to bury
        os._exit(0)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
