"""The product's own processes, started for a measurement on one of its databases."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from bench import databases, environment
from shiptrack_site.management.commands.up import programs
from shiptrack_site.process_group import ProcessGroup, Program

_MANAGE = (sys.executable, str(environment.ROOT / "manage.py"))
READY_WITHIN = 60.0
NO_WORLD = environment.ROOT / "var" / "bench-no-world.json"  # the mailbox needs none
WITHOUT_INSERT = "bench.wsgi_without_insert:application"


@contextmanager
def running(database: str, *names: str, application: str = "") -> Iterator[int]:
    """Run some of the product's programs (`web`, `core`) on a database; yields the port of the web server.

    `application` replaces the WSGI application. What the programs print goes to var/bench.log.
    """
    port = environment.free_port()
    with (environment.ROOT / "var" / "bench.log").open("a") as log:
        group = ProcessGroup(out=log)
        try:
            for program in programs(beat_every=10, stale_after=40):
                if program.name in names:
                    _start(group, _changed(program, port, application), database)
            wait_for(port)
            yield port
        finally:
            group.stop()


@contextmanager
def working(database: str) -> Iterator[None]:
    """Run the product's workers on a database, with the sandbox's mail provider at the port of the settings."""
    sandbox = Program("sandbox", (*_MANAGE, "sandbox", "--no-push", "--world", str(NO_WORLD)))
    with (environment.ROOT / "var" / "bench.log").open("a") as log:
        group = ProcessGroup(out=log)
        try:
            for program in [sandbox, *programs(beat_every=10, stale_after=40)]:
                if program.name != "web":
                    _start(group, program, database)
            wait_for(settings.SANDBOX_PORT)
            yield
        finally:
            group.stop()


def _start(group: ProcessGroup, program: Program, database: str) -> None:
    """Start a program that finds its database by DATABASE_URL."""
    os.environ["DATABASE_URL"] = databases.address(database)
    try:
        group.start(program)
    finally:
        del os.environ["DATABASE_URL"]


def _changed(program: Program, port: int, application: str) -> Program:
    words = [word.replace(f":{settings.PORT}", f":{port}") for word in program.command]
    if application:
        words = [application if word.endswith("wsgi:application") else word for word in words]
    return Program(program.name, tuple(words))


def wait_for(port: int) -> None:
    """Return when somebody listens at the port. Raises TimeoutError after a minute."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("nobody answers at the port; var/bench.log says why")
