"""`python -m bench.detection`: how many real problems are found, how many alarms are right, how late they come."""

import argparse
import os
import sys
from datetime import timedelta

from bench import environment

environment.prepare()
os.environ["SHIPTRACK_THROWAWAY"] = "1"  # nothing is timed by the clock on the wall, so commits need not reach the disk

import django  # noqa: E402 (the settings read the environment)

django.setup()

from django.core.management import call_command  # noqa: E402 (needs the apps)
from django.db import connection  # noqa: E402

from bench.detection import judging, run  # noqa: E402
from shiptrack_site.embedded_postgres import server  # noqa: E402
from tracking import clock  # noqa: E402
from tracking.presets import loading  # noqa: E402

SHOWN = 40


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    """Measure on a server of its own and print the table and the first mistakes."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--parcels", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=int, default=10, help="messages arrive at multiples of so many minutes")
    chosen = parser.parse_args()
    try:
        call_command("migrate", verbosity=0, interactive=False)
        loading.load_all(now=clock.now())
        verdict = run.measure(chosen.parcels, chosen.seed, timedelta(minutes=chosen.minutes), say=_say)
    finally:
        connection.close()
        server.release()
    print(judging.table(verdict))
    for mistake in verdict.mistakes[:SHOWN]:
        print(mistake)
    print(f"{len(verdict.mistakes)} mistakes in {chosen.parcels} parcels, seed {chosen.seed}.")


main()
