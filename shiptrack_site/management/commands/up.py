"""`manage.py up`: everything ShipTrack needs, in one terminal."""

import errno
import http.client
import os
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from shiptrack_site.embedded_postgres import server
from shiptrack_site.process_group import ProcessGroup, Program
from shiptrack_site.startup import prepare

_MANAGE = (sys.executable, str(Path(settings.BASE_DIR) / "manage.py"))


class Command(BaseCommand):
    help = "Prepare the database, then run web server, workers, watchdogs and (local mode) the sandbox until Ctrl-C."
    requires_system_checks: list[str] = []  # `migrate` runs them, on a database that is there

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--beat-every", type=float, default=10, help="seconds between two proofs of life of a worker"
        )
        parser.add_argument("--stale-after", type=float, default=40, help="seconds without one until it is restarted")

    def handle(self, *, beat_every: float, stale_after: float, **options: Any) -> None:
        """Run until asked to stop (exit 0) or until a program ends by itself (exit 1); leaves no process behind."""
        refuse_taken_ports()
        group = ProcessGroup()
        group.listen()
        code = 0
        try:
            group.say("preparing the database")
            if not settings.DATABASE_URL:
                server.address()  # hold it from here to the very end
            prepare()
            connections.close_all()
            code = self.run_all(group, [*programs(beat_every, stale_after), *demo_programs()])
        finally:
            group.say("stopping")
            group.stop()
            if not settings.DATABASE_URL:
                server.release()
            group.say("stopped")
        sys.exit(code)

    def run_all(self, group: ProcessGroup, wanted: list[Program]) -> int:
        """Start everything, say once when the site answers, and return the exit code."""
        if group.asked_by is None:
            for program in wanted:
                group.start(program)
        return group.wait(Announcement(group).tell_when_ready)


class Announcement:
    """Tells the address and the logins, once, when the site says that it is ready."""

    def __init__(self, group: ProcessGroup) -> None:
        self.group = group
        self.done = False
        self.next_look = 0.0

    def tell_when_ready(self) -> None:
        """Look twice a second, until it is."""
        if self.done or time.monotonic() < self.next_look:
            return
        self.next_look = time.monotonic() + 0.5
        if not is_ready():
            return
        self.done = True
        self.group.say(f"ShipTrack is ready: http://127.0.0.1:{settings.PORT}/")
        if settings.LOCAL:
            self.group.say("Log in as agent, manager or admin; the password is the same word. This computer only.")
        self.group.say("Ctrl-C stops everything.")


def is_ready() -> bool:
    """Ask /readyz under a name the site accepts."""
    name = settings.ALLOWED_HOSTS[0].lstrip(".").replace("*", "localhost")
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def programs(beat_every: float, stale_after: float) -> list[Program]:
    """Return the web server and one watched worker cluster for each kind of work."""
    web = (sys.executable, "-m", "gunicorn", "shiptrack_site.wsgi:application")
    how = ("--bind", f"127.0.0.1:{settings.PORT}", "--worker-class", "gthread", "--workers", "2", "--threads", "4")
    rest = ("--no-control-socket", "--graceful-timeout", "8", "--timeout", "60", "--log-level", "warning")
    watch = ("watch_worker", "--beat-every", str(beat_every), "--stale-after", str(stale_after))
    return [
        Program("web", (*web, *how, *rest, "--chdir", str(settings.BASE_DIR))),
        *(Program(cluster, (*_MANAGE, *watch, cluster)) for cluster in ("core", "net")),
    ]


def demo_programs() -> list[Program]:
    """Return the pretend shop and carriers and, once, the loader of their data; nothing without the demo."""
    if not settings.SHIPTRACK_DEMO:
        return []
    known = get_commands()
    wanted = [
        Program("sandbox", (*_MANAGE, "sandbox", "--port", str(settings.SANDBOX_PORT))),
        Program("demo", (*_MANAGE, "seed_demo", "--if-empty"), may_end=True),
    ]
    return [program for program in wanted if program.command[2] in known]


def refuse_taken_ports() -> None:
    """Raise `CommandError` with a way out if a port is taken, before anything starts."""
    refuse_if_taken("PORT", settings.PORT)
    if settings.SHIPTRACK_DEMO:
        refuse_if_taken("SANDBOX_PORT", settings.SANDBOX_PORT)


def refuse_if_taken(name: str, port: int) -> None:
    """Try to bind the port on the loopback address, as the program will."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or errno.EADDRINUSE)
            other = f"{name}={port + 10 if port < 65000 else port - 10} make run"
            raise CommandError(
                f"Port {port} cannot be used ({reason}). Stop what uses it, or choose another: {other}"
            ) from error
