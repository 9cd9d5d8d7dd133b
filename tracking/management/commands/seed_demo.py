"""`manage.py seed_demo`: play the last 45 days of the pretend shops and carriers."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from tracking import clock
from tracking.demo import stage, steps
from tracking.demo.player import NotTaken, play
from tracking.ingest.doorbell import ring
from tracking.jobs.operations import begin, end
from tracking.jobs.queries import DEMO
from tracking.models import Job, Order, Source
from tracking.sandbox import worldfile
from tracking.sandbox.engine import DAYS, ORDERS
from tracking.startup import create_demo_logins, load_presets

SEED = 20261


class Command(BaseCommand):
    help = "Play the last 45 days of about 300 pretend orders with a virtual clock. Local mode only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when there are orders of another origin"
        )
        parser.add_argument("--orders", type=int, default=ORDERS)
        parser.add_argument("--days", type=int, default=DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the demo, or go on where an interrupted load stopped."""
        if settings.MODE != "local":
            raise CommandError("The demo is for local mode only.")
        last = Job.objects.filter(kind=DEMO).order_by("-pk").first()
        if last and last.state == Job.State.DONE:
            self.stdout.write("The demo is loaded already.")
            return
        if last is None and (Order.objects.exists() or Source.objects.exists()):
            if options["if_empty"]:
                self.stdout.write("There is real data here; the demo is not loaded.")
                return
            raise CommandError("There is data here already. The demo needs an empty installation.")
        self.load(last, options)

    @property
    def origin(self) -> str:
        """Where the sandbox answers."""
        return f"http://127.0.0.1:{settings.SANDBOX_PORT}"

    def load(self, last: Job | None, options: dict[str, Any]) -> None:
        """Set the stage, play up to now, leave the world's record to the sandbox."""
        now = clock.now()
        cursor = last.cursor if last and last.cursor else {}
        start = datetime.fromisoformat(cursor["start"]) if cursor else stage.begin_of_world(now, options["days"])
        record = worldfile.WorldRecord(SEED, start, days=options["days"], orders=options["orders"])
        job = begin(kind=DEMO, total=100, now=now)
        job.cursor = cursor or {"start": start.isoformat()}
        job.save(update_fields=["cursor"])
        load_presets()
        create_demo_logins()
        with clock.at(start):
            stage.set_up(origin=self.origin, now=start)
        try:
            self.play(record, job)
        except NotTaken as error:
            end(job, now=clock.now(), error=str(error))
            raise CommandError(str(error)) from error
        steps.finish(clock.now(), self.origin)
        end(job, now=clock.now())
        worldfile.write(settings.VAR_DIR / "sandbox.json", record)
        ring()
        self.stdout.write("The demo is loaded.")

    def play(self, record: worldfile.WorldRecord, job: Job) -> None:
        """Play the world's past, keeping progress in the job."""
        with Progress(disable=not self.stdout.isatty()) as bar:
            task = bar.add_task("Playing the past weeks", total=100)

            def keep(cursor: dict[str, Any], share: float) -> None:
                job.cursor, job.done = cursor, int(100 * share)
                job.save(update_fields=["done", "cursor"])
                bar.update(task, completed=job.done)

            play(record.build(self.origin), cursor=job.cursor, keep=keep)
