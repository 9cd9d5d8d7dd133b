"""`python -m bench.lane_worker`: one drain in a process of its own, which begins when it is told a line."""

import sys

import django

django.setup()

from tracking import clock  # noqa: E402 (needs the apps)
from tracking.ingest.drain import drain  # noqa: E402
from tracking.ingest.queries import has_due_messages  # noqa: E402


def main() -> None:
    """Connect, wait, work all messages that are due in the lanes that are free, and say how many."""
    has_due_messages(now=clock.now())
    print("ready", flush=True)
    sys.stdin.readline()
    print(drain(clock=clock.now).processed, flush=True)


main()
