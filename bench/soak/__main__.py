"""`python -m bench.soak`: load while processes are killed, then proof; the table, and var/soak.json.

Ends with 1 when something does not hold. The installation is of its own: database with production durability, ports,
keys; `manage.py up` runs it.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench import environment

environment.prepare()
os.environ |= {"SHIPTRACK_THROWAWAY": "0", "SANDBOX_PORT": str(environment.free_port())}

import django  # noqa: E402 (the settings read the environment)

django.setup()

from django.db import connection  # noqa: E402 (needs the apps)

from bench.soak import run  # noqa: E402
from bench.soak.killing import plan  # noqa: E402
from bench.soak.site import Site  # noqa: E402
from shiptrack_site.embedded_postgres import server  # noqa: E402


def main() -> None:
    """Run, print, write, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="how many events about")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--only", default="", help="kill these alone, by commas: names of points or victims")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--quick", action="store_true", help="impatient watchdogs, no rest between kills and at the end"
    )
    parser.add_argument("--output", type=Path, default=environment.ROOT / "var" / "soak.json")
    chosen = parser.parse_args()
    data = Path(os.environ["SHIPTRACK_PGDATA"])
    watch, rest = ((), (1.0, 5.0)) if not chosen.quick else (("--beat-every", "0.5", "--stale-after", "15"), (0.1, 0.4))
    blows = plan(chosen.kills, chosen.seed, chosen.only)
    try:
        with tempfile.TemporaryDirectory() as folder:
            site = Site(data, chosen.output.with_suffix(".log"), Path(folder), watch)
            found = run.soak(
                site, events=chosen.events, blows=blows, seed=chosen.seed, rest=rest, waits=not chosen.quick
            )
    finally:
        connection.close()
        server.release()
        shutil.rmtree(data.parent, ignore_errors=True)
    print(run.table(found))
    run.write(found, chosen.output)
    sys.exit(1 if found.faults() else 0)


main()
