"""`ingest.post_to_visible_*`: from the post of a message to its events being there for everybody to see."""

import hashlib
import threading
import time
from collections.abc import Iterator
from statistics import quantiles

from django.db import connection

from bench import databases, inbox, ingest, load, programs
from bench.results import Result
from bench.scale import Scale
from bench.traffic import CHUNK, Message, Traffic
from tracking import clock

PER_SECOND = 100.0
LOOK_EVERY = 0.01  # seconds; adds up to this much to each delay
LATE_BY = 200  # ids: a message may become visible after others that got their ids later
PATIENCE = 30.0  # seconds after the last post
NEWEST = "SELECT id, body_hash, state = 'processed' FROM tracking_inboundmessage WHERE id > %s"


def post_to_visible(scale: Scale) -> Iterator[Result]:
    """100 messages a second for a while, through the real web server and the real worker."""
    database, now = "bench_delay", clock.now()
    databases.use(databases.copy(ingest.filled(scale), database))
    traffic = Traffic(scale.many, now)
    count = max(int(scale.minutes_of_traffic * 60 * PER_SECOND) // CHUNK, 2) * CHUNK
    warm, messages = traffic.round(CHUNK)[0], [each for chunk in traffic.round(count) for each in chunk]
    inbox.bring_up_to_date((each.parcel for each in [*warm, *messages]), now)
    databases.settle()
    with programs.running(database, "web", "core") as port:
        _measure(port, warm)
        took = _measure(port, messages)
    events = _events_since(len(warm))
    cuts = quantiles(took, n=100, method="inclusive")
    note = (
        f"{len(took):,} messages at {PER_SECOND:.0f}/s, all visible, {events:,} new events; from the planned moment "
        f"of the post; most {max(took) * 1000:.0f} ms; looked every {LOOK_EVERY * 1000:.0f} ms; 4 workers."
    )
    size = ingest.size(scale)
    yield Result("ingest.post_to_visible_p50_ms", cuts[49] * 1000, "ms", "<= 150", size, note)
    yield Result("ingest.post_to_visible_p99_ms", cuts[98] * 1000, "ms", "<= 1000", size, note)
    databases.drop(database)


def _measure(port: int, messages: list[Message]) -> list[float]:
    """Post the messages steadily and return the seconds until each was visible. Raises AssertionError if one is not."""
    planned: dict[int, float] = {}
    hashes = {hashlib.sha256(each.pushed.body).digest(): n for n, each in enumerate(messages)}
    requests = [load.request(each.pushed) for each in messages]
    sender = threading.Thread(target=load.steadily, args=(port, requests, PER_SECOND, planned.__setitem__))
    sender.start()
    seen = _watch(hashes, time.perf_counter() + len(messages) / PER_SECOND + PATIENCE)
    sender.join()
    missing = set(range(len(messages))) - set(seen)
    assert not missing, f"{len(missing)} of {len(messages)} messages did not become visible"
    return [seen[n] - planned[n] for n in seen]


def _watch(hashes: dict[bytes, int], deadline: float) -> dict[int, float]:
    """Look at the inbox again and again until all messages are processed; return when each was first seen so.

    A message is marked in the transaction that writes its events, so one is visible when the other is. Only the newest
    rows are read: this watcher shares the processors with what it watches.
    """
    seen: dict[int, float] = {}
    start = floor = _highest_id()
    while len(seen) < len(hashes) and time.perf_counter() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(NEWEST, [floor])
            rows = cursor.fetchall()
        moment = time.perf_counter()
        for _, digest, is_done in rows:
            if is_done:
                seen.setdefault(hashes[bytes(digest)], moment)
        waiting = (pk for pk, _, is_done in rows if not is_done)
        floor = max(start, min(waiting, default=max((pk for pk, *_ in rows), default=floor)) - LATE_BY)
        time.sleep(LOOK_EVERY)
    return seen


def _highest_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM tracking_inboundmessage")
        return int(cursor.fetchone()[0])


def _events_since(message_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_trackingevent WHERE message_id > %s", [message_id])
        return int(cursor.fetchone()[0])
