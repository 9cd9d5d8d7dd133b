"""`manage.py up` as a person and as a bad day meet it: real processes, a real database."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.shiptrack_site.processes import eventually, free_port, marked

PROJECT = Path(__file__).parents[2]
START = 60  # seconds; what a user is promised


class Site:
    """A whole installation on ports and a database folder of its own, without the demo."""

    def __init__(self, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        self.port = free_port()
        self.data = folder / self.mark / "postgres"
        self.environment = {
            **os.environ,
            "RUN_MARK": self.mark,
            "SPT_NOENV": "1",  # else programs that name themselves write over the place where we read the mark
            "PORT": str(self.port),
            "SANDBOX_PORT": str(free_port()),
            "SHIPTRACK_DEMO": "0",
            "SHIPTRACK_PGDATA": str(self.data),
            "SHIPTRACK_THROWAWAY": "1",
        }
        self.said: list[str] = []

    def start(self, *, stale_after: float = 4) -> None:
        watch = ["--beat-every", "0.5", "--stale-after", str(stale_after)]
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *watch],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            self.said.extend(line.rstrip("\n") for line in self.process.stdout)

    def says(self, text: str, within: float) -> bool:
        return eventually(lambda: any(text in line for line in list(self.said)), within)

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except OSError:
            return 0, {}
        finally:
            connection.close()

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def cluster(self, name: str) -> list[psutil.Process]:
        """Return the processes of one worker cluster, its main one first."""
        watchers = [p for p in marked(self.mark) if "watch_worker" in p.cmdline() and p.cmdline()[-1] == name]
        return watchers[0].children(recursive=True) if watchers else []

    def web(self) -> psutil.Process:
        """Return the main process of the web server."""
        programs = psutil.Process(self.process.pid).children()
        (found,) = [process for process in programs if "gunicorn" in " ".join(process.cmdline())]
        return found

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(25)
        self.reader.join(5)
        return code

    def left(self) -> list[str]:
        return [" ".join(process.cmdline()) for process in marked(self.mark)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    for process in marked(made.mark):
        process.kill()


def test_a_day_in_the_life(site: Site) -> None:
    """Ready, attached to by a second shell, three accidents healed, stopped by Ctrl-C with nothing left."""
    site.start()
    assert site.says(f"ShipTrack is ready: http://127.0.0.1:{site.port}/", START), site.said
    count = "from tracking.models import WorkerHeartbeat; print(WorkerHeartbeat.objects.count())"
    assert site.manage("shell", "-v", "0", "-c", count) == "2"

    for process in site.cluster("core"):  # alive and deaf, as when a killed worker took the queue's lock along
        process.suspend()
    assert site.says("core    | worker cluster core restarted: no heartbeat for 4 s", 15), site.said
    assert eventually(lambda: fresh_beat(site, "core"), 20)

    site.cluster("net")[0].kill()
    assert site.says("net     | worker cluster net restarted: it ended with code", 10), site.said
    assert eventually(lambda: fresh_beat(site, "net"), 20)

    for process in marked(str(site.data)):  # the database, and who keeps it
        process.kill()
    assert eventually(site.ready, 20)

    assert site.end(signal.SIGINT) == 0
    assert site.said[-1] == "up      | stopped"
    assert site.left() == []


def fresh_beat(site: Site, cluster: str) -> bool:
    checks = site.get("/readyz")[1].get("checks", {})
    seconds = checks.get("workers", {}).get("seconds_since_beat", {}).get(cluster)
    return seconds is not None and seconds < 2


def test_a_killed_supervisor_leaves_nothing_and_no_lost_database(site: Site) -> None:
    site.start()
    assert site.says("ShipTrack is ready", START), site.said
    assert len(site.left()) > 15  # web, two watchdogs, two clusters, database
    site.process.kill()
    assert eventually(lambda: site.left() == [], 20), site.left()


def test_without_its_web_server_it_ends_and_says_why(site: Site) -> None:
    site.start()
    assert site.says("ShipTrack is ready", START), site.said
    site.web().kill()
    assert site.process.wait(25) == 1
    site.reader.join(5)
    assert any("web ended with code -9: stopping everything" in line for line in site.said)
    assert site.left() == []


def test_ctrl_c_before_it_is_up(site: Site) -> None:
    site.start()
    assert site.says("preparing the database", START)
    assert site.end() == 0
    assert site.left() == []


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_ends_the_start_with_a_way_out(site: Site, name: str) -> None:
    site.environment["SHIPTRACK_DEMO"] = "1"
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", int(site.environment[name])))
        holder.listen()
        site.start()
        assert site.process.wait(20) == 1
    site.reader.join(5)
    port = int(site.environment[name])
    (sentence,) = site.said
    assert sentence == (
        f"CommandError: Port {port} cannot be used (Address already in use). "
        f"Stop what uses it, or choose another: {name}={port + 10 if port < 65000 else port - 10} make run"
    )
    assert not site.data.exists()
