"""`storage.bytes_per_event`: what one event takes on disk, with its indexes."""

from collections.abc import Iterator

from django.db import connection

from bench import databases, inbox, ingest, population
from bench.results import Result
from bench.scale import Scale
from bench.traffic import Traffic
from tracking import clock
from tracking.ingest.drain import drain

SIZES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE oid = 'tracking_trackingevent'::regclass
   OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'tracking_trackingevent'::regclass)
ORDER BY 2 DESC
"""
WIDTHS = "SELECT avg(pg_column_size(e.*)) FROM tracking_trackingevent e WHERE message_id {sign} 0"


def bytes_per_event(scale: Scale) -> Iterator[Result]:
    """Heap and indexes of the event table, rows in the order in which messages would have brought them."""
    databases.use(databases.copy(ingest.filled(scale), "bench_storage"))
    events = population.count_events()
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        sizes = {name: size / events for name, size in cursor.fetchall()}
    filled, told = _widths()
    assert abs(filled - told) < 0.1 * told, f"filled rows have {filled:.0f} bytes, those of messages {told:.0f}"
    parts = ", ".join(f"{name.removeprefix('tracking_trackingevent_')} {size:.0f}" for name, size in sizes.items())
    note = f"{parts}. A filled row has {filled:.0f} bytes, one that a message brought {told:.0f}. Bodies not counted."
    yield Result("storage.bytes_per_event", sum(sizes.values()), "bytes", "<= 220", ingest.size(scale), note)
    databases.drop("bench_storage")


def _widths() -> tuple[float, float]:
    """Return the mean bytes of filled rows and of rows that messages brought, so that the first can stand for both."""
    now = clock.now()
    messages = Traffic(population.count_events() // population.EVENTS, now).round(100)[0]
    inbox.store(messages, now)
    drain(clock=lambda: now)
    with connection.cursor() as cursor:
        found = []
        for sign in ("<", ">"):
            cursor.execute(WIDTHS.format(sign=sign))
            found.append(float(cursor.fetchone()[0]))
    return found[0], found[1]
