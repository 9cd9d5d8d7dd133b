"""`python -m bench.fuzz_database`: spoilt messages worked in a PostgreSQL of its own; nobody else's rows may change."""

import argparse
import sys

from bench import environment

environment.prepare()

import django  # noqa: E402 (the settings read the environment)

django.setup()

from bench import databases  # noqa: E402 (needs the apps)
from bench.fuzz import table  # noqa: E402
from bench.fuzz_rows import fuzz_rows  # noqa: E402
from tracking import clock  # noqa: E402
from tracking.connectors.registry import CONNECTORS  # noqa: E402


def main() -> None:
    """Fuzz the chosen connectors; ends with 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz_database", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="for each connector")
    parser.add_argument("--connector", choices=sorted(CONNECTORS), help="only this one")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    databases.install()
    outcomes = []
    for kind in [chosen.connector] if chosen.connector else sorted(CONNECTORS):
        outcomes.append(fuzz_rows(kind, chosen.inputs, chosen.seed, clock.now()))
        print(table(outcomes[-1:]), flush=True)
    sys.exit(1 if any(each.faults for each in outcomes) else 0)


if __name__ == "__main__":
    main()
