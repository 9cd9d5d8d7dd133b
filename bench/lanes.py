"""`ingest.two_lanes_vs_one`: two drains at the same time, each with one source's messages, against one with both."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench import databases, inbox, ingest
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, spread
from bench.traffic import Message
from tracking import clock

WORKER = (sys.executable, "-m", "bench.lane_worker")


def two_lanes_vs_one(scale: Scale) -> Iterator[Result]:
    """Messages per second of one process and of two; both sides get every other message of the same round."""
    now, database = clock.now(), "bench_lanes"
    rounds = ingest.prepared(scale, database, now)

    def side(number: int, first: int, lanes: int) -> float:
        return _rate(database, [each for chunk in rounds[number] for each in chunk][first::2], lanes)

    one, two = interleaved(scale.rounds, lambda n: side(n, 0, 1), lambda n: side(n, 1, 2))
    note = (
        f"One drain {spread(one)} messages/s, two {spread(two)}, {os.cpu_count()} processors for drains and database."
    )
    yield Result("ingest.two_lanes_vs_one", ratio(two, one), "", "", ingest.size(scale), note)
    databases.drop(database)


def _rate(database: str, messages: list[Message], lanes: int) -> float:
    """Work messages by as many processes as lanes; the time runs from when all are started until the last is done."""
    count = len(inbox.store(messages, clock.now()))
    settings = {**os.environ, "DATABASE_URL": databases.address(database), "DRAIN_LANES": str(lanes)}
    with ExitStack() as stack:
        workers = [
            stack.enter_context(subprocess.Popen(WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=settings))
            for _ in range(lanes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        start = time.perf_counter()
        done = sum(int(worker.communicate()[0]) for worker in _all_told(workers))
        took = time.perf_counter() - start
    assert done == count, f"{done} of {count} messages were worked"
    return count / took


def _all_told(workers: list["subprocess.Popen[bytes]"]) -> list["subprocess.Popen[bytes]"]:
    """Let all begin before the first is waited for."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    return workers
