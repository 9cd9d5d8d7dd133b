"""`python -m bench.sends`: messages while relays and senders are killed at random; what arrived is counted.

Ends with 1 when one was lost or doubled, or a doubtful one is not listed. The database is of its own, with production
durability; e-mail, Slack, Zendesk and signed webhooks go to the sandbox over HTTP. Time to wait for another try is not
waited for: the last round tells the senders a later time.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from bench import environment

environment.prepare()

import django  # noqa: E402 (the settings read the environment)

django.setup()

from django.core.management import call_command  # noqa: E402 (needs the apps)
from django.db import connection  # noqa: E402

from bench.sends.rows import connect_all  # noqa: E402
from bench.sends.storm import Found, Time, storm  # noqa: E402
from bench.sends.worker import turn_to  # noqa: E402
from shiptrack_site.embedded_postgres import server  # noqa: E402
from tracking import clock  # noqa: E402
from tracking.presets import loading  # noqa: E402
from tracking.sandbox.engine import World  # noqa: E402
from tracking.sandbox.server import Sandbox  # noqa: E402


def main() -> None:
    """Run, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench.sends", description=__doc__)
    parser.add_argument("--messages", type=int, default=3000, help="how many about")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    at = Time()
    sandbox = Sandbox(0, at.now)
    sandbox.world = World.single("missing_tracking", clock.now())
    sandbox.start()
    turn_to(int(sandbox.origin.rpartition(":")[2]))
    try:
        call_command("migrate", verbosity=0, interactive=False)
        loading.load_all(now=clock.now())
        connect_all(clock.now())
        found = storm(sandbox, at, messages=chosen.messages, kills=chosen.kills, seed=chosen.seed)
    finally:
        sandbox.stop()
        connection.close()
        server.release()
        shutil.rmtree(Path(os.environ["SHIPTRACK_PGDATA"]).parent, ignore_errors=True)
    print(table(found))
    sys.exit(1 if found.faults() else 0)


def table(found: Found) -> str:
    """Return what was found, for people."""
    proof = found.proof
    kills = ", ".join(f"{count} {role}s" for role, count in sorted(found.kills.items()))
    lines = [
        f"{proof.messages} messages, {found.kills.total()} kills ({kills}), {found.seconds:.0f} s",
        f"{proof.states['sent']} sent, {proof.lost} lost, {proof.doubled} doubled, {found.repeated} repeated by key",
        f"{proof.states['unknown']} in doubt, {proof.listed} of them listed; {proof.unknown_arrived} had arrived",
    ]
    return "\n".join([*lines, *found.faults()])


if __name__ == "__main__":
    main()
