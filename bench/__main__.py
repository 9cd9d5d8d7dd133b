"""`python -m bench`: measure, print a table, write var/bench.json. BENCH and SCALE choose what and how large."""

import argparse
from pathlib import Path

from bench import environment

environment.prepare()

import django  # noqa: E402 (the settings read the environment)

django.setup()

from bench import runner  # noqa: E402 (needs the apps)


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    default = environment.ROOT / "var" / "bench.json"
    parser.add_argument("--output", type=Path, default=default, help=f"where the results go ({default})")
    runner.run(parser.parse_args().output)


main()
