"""The installation under load: `manage.py up` as a service manager runs it, started again whenever it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil

from bench.environment import ROOT
from bench.soak.points import FOLDER
from shiptrack_site.embedded_postgres.lifeline import stop_with_parent

VICTIMS = {
    "web worker": 6,
    "web server": 2,
    "worker of core": 6,
    "cluster core": 4,
    "worker of net": 4,
    "cluster net": 3,
    "watchdog core": 2,
    "supervisor": 3,
    "postmaster": 4,
    "database process": 3,
    "database keeper": 2,
}
"""Who may be killed at random -> how often in comparison."""
STOPS_WITHIN = 60.0


class Site:
    """Not for several threads. `data`: folder of the embedded PostgreSQL; `points`: where points are armed; `watch`:
    further words for `up`. What the programs print goes to `log`."""

    def __init__(self, data: Path, log: Path, points: Path, watch: tuple[str, ...] = ()) -> None:
        self.data, self.points, self.starts = data, points, 0
        self._words = (sys.executable, "manage.py", "up", *watch)
        self._log = log.open("w")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything; from the main thread, so that it ends with this process."""
        self.starts += 1
        self._process = subprocess.Popen(
            self._words,
            cwd=ROOT,
            env={**os.environ, FOLDER: str(self.points), "DJANGO_SETTINGS_MODULE": "bench.soak.settings"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=stop_with_parent(signal.SIGTERM),
        )

    def look_after(self) -> None:
        """Start it again if it ended, as a service manager does."""
        if self._process is None or self._process.poll() is not None:
            time.sleep(0.5)
            self.start()

    def kill(self, victim: str, dice: Random) -> bool:
        """Kill one process of that kind; False when there is none at the moment."""
        with contextlib.suppress(psutil.Error, LookupError, ValueError, OSError):
            dice.choice(self.processes(victim)).kill()
            return True
        return False

    def processes(self, victim: str) -> list[psutil.Process]:
        """Return the living processes that the word means."""
        if victim == "database keeper":
            return [process for process in psutil.process_iter() if _is_keeper(process, self.data)]
        if victim in ("postmaster", "database process"):
            master = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            return [master] if victim == "postmaster" else master.children()
        assert self._process
        supervisor = psutil.Process(self._process.pid)
        if victim == "supervisor":
            return [supervisor]
        what, _, cluster = victim.rpartition(" ")
        if what == "web":
            return _web(supervisor, cluster)
        (watchdog,) = [each for each in supervisor.children() if each.cmdline()[-1] == cluster]
        if what == "watchdog":
            return [watchdog]
        (main,) = watchdog.children()
        return [main] if what == "cluster" else main.children(recursive=True)

    def stop(self) -> None:
        """Stop it well; whoever does not stop is ended."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()


def _web(supervisor: psutil.Process, which: str) -> list[psutil.Process]:
    (master,) = [each for each in supervisor.children() if any("gunicorn" in word for word in each.cmdline())]
    return [master] if which == "server" else master.children()


def _is_keeper(process: psutil.Process, data: Path) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return str(data) in words and any(word.endswith("keeper.py") for word in words)
