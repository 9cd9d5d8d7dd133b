"""`manage.py sandbox`: play the pretend shops and carriers until stopped."""

import signal
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tracking import clock
from tracking.sandbox import worldfile
from tracking.sandbox.engine import DAYS
from tracking.sandbox.pusher import LONGEST_MEMORY, Pusher, poster
from tracking.sandbox.server import Sandbox


class Command(BaseCommand):
    help = "Play pretend shops, platforms and carriers on loopback from scenario files, and post their webhooks here."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT, help="port on 127.0.0.1")
        parser.add_argument("--target", default=f"http://127.0.0.1:{settings.PORT}", help="where ShipTrack listens")
        parser.add_argument(
            "--world",
            type=Path,
            default=settings.VAR_DIR / "sandbox.json",
            help="record of the world to continue (default var/sandbox.json); waited for when it is not there",
        )
        parser.add_argument("--new-world", type=int, metavar="SEED", help="make a world of its own, without a record")
        parser.add_argument("--no-push", action="store_true", help="answer calls only, post no webhooks")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            sandbox = Sandbox(options["port"], clock.now)
        except OSError as error:
            raise CommandError(f"Port {options['port']} is in use ({error.strerror}).") from error
        sandbox.start()
        self.stdout.write(f"Sandbox at {sandbox.origin}")
        play(sandbox, stop, options)
        sandbox.stop()


def play(sandbox: Sandbox, stop: Event, options: dict[str, Any]) -> None:
    """Find the world, give it to the server, push unless told not to; return once `stop` is set."""
    seed = options["new_world"]
    path: Path | None = options["world"] if seed is None else None
    record = wait_for_world(path, stop) if path else worldfile.WorldRecord(seed, _new_start())
    if record is None:
        return
    sandbox.world = record.build(sandbox.origin)
    if not options["no_push"]:
        live_from = sandbox.world.live_from
        since = max(_pushed_until(path) or live_from, live_from, clock.now() - LONGEST_MEMORY)
        post = poster(options["target"])
        sandbox.pusher, sandbox.slack_desk.post = Pusher(sandbox.world, post, since), post
        Thread(target=_push, args=(sandbox.pusher, stop, path), daemon=True).start()
    stop.wait()


def wait_for_world(path: Path, stop: Event) -> worldfile.WorldRecord | None:
    """Return the record once the demo has written it, None when stopped before."""
    while not stop.is_set():
        if record := worldfile.read(path):
            return record
        stop.wait(0.5)
    return None


def _push(pusher: Pusher, stop: Event, path: Path | None) -> None:
    def mark(until: datetime) -> None:
        if path:
            worldfile.write_mark(path, until)

    pusher.run(clock.now, stop, mark)


def _pushed_until(path: Path | None) -> datetime | None:
    return worldfile.read_mark(path) if path else None


def _new_start() -> datetime:
    return clock.now() - timedelta(days=DAYS)
