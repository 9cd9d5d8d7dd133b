"""`ingest.pipeline_*`: how fast stored messages become events, states and cases."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from bench import databases, inbox, population, raw_insert
from bench.per_object import SlowPath
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds, spread
from bench.traffic import Message, Traffic
from tracking import clock
from tracking.ingest.drain import drain

Rounds = list[list[list[Message]]]
"""Round -> chunk -> message."""

OWN = "shipment_id = ANY(%s)"
SAME: dict[str, tuple[str, frozenset[str]]] = {
    "trackingevent": (OWN, frozenset({"id"})),
    "shipment": ("id = ANY(%s)", frozenset()),
    "observation": (OWN, frozenset({"id"})),
    "statuschange": (OWN, frozenset({"id"})),
    "domainevent": (OWN, frozenset({"id", "case_id"})),
    "exceptioncase": (OWN, frozenset({"id"})),
    "signal": (OWN, frozenset({"id", "case_id"})),
    "pollstate": (OWN, frozenset({"id"})),
    "caseactivity": (f"case_id IN (SELECT id FROM tracking_exceptioncase WHERE {OWN})", frozenset({"id", "case_id"})),
}
"""Tables in which both ways must leave the same rows: which rows, and columns that only count."""


def filled(scale: Scale) -> str:
    """Return the database with many parcels and their events."""
    return databases.filled("bench_parcels", lambda: population.fill(scale.many, clock.now()))


def prepared(scale: Scale, name: str, now: datetime) -> Rounds:
    """Copy the filled database, make the parcels of the coming messages current, and return the messages."""
    databases.use(databases.copy(filled(scale), name))
    traffic = Traffic(scale.many, now)
    rounds = [traffic.round(scale.messages) for _ in range(scale.rounds + 1)]
    inbox.bring_up_to_date((each.parcel for chunks in rounds for chunk in chunks for each in chunk), now)
    databases.settle()
    return rounds


def size(scale: Scale) -> str:
    """Say how large the database is."""
    return scale.label(f"{scale.many:,} shipments, {scale.many * population.EVENTS:,} events")


def vs_insert(scale: Scale) -> Iterator[Result]:
    """The drain, against an insert of the same events and nothing else."""
    now = clock.now()
    rounds = prepared(scale, "bench_ingest", now)
    raw_insert.make_twin()
    databases.settle()
    rows_of, marks = _RowsOfParcels(), list[inbox.Marks]()

    def pipeline(number: int) -> float:
        messages = _all(rounds[number])
        marks.append(inbox.Marks.now())
        ids = inbox.store(messages, now)
        took = seconds(lambda: drain(clock=lambda: now))
        rows_of.learn(messages, ids)
        return len(rows_of.told(messages)) / took

    def insert(number: int) -> float:
        rows = rows_of.told(_all(rounds[number]))
        return len(rows) / seconds(lambda: raw_insert.insert(rows))

    fast, floor = interleaved(scale.rounds, pipeline, insert, one_first=True)  # the rows come out of the pipeline
    told = sum(len(rows_of.told(_all(chunks))) for chunks in rounds[1:])
    note = f"{inbox.shares(marks[1], told)}. Pipeline {spread(fast)} events/s, plain insert {spread(floor)}."
    yield Result("ingest.pipeline_vs_insert", ratio(fast, floor), "", ">= 0.25", size(scale), note)
    databases.drop("bench_ingest")


def _all(chunks: list[list[Message]]) -> list[Message]:
    return [each for chunk in chunks for each in chunk]


class _RowsOfParcels:
    """The event rows that messages tell; a repetition tells those of its first telling."""

    def __init__(self) -> None:
        self._rows: dict[int, list[raw_insert.Row]] = {}

    def learn(self, messages: list[Message], ids: list[int]) -> None:
        """Read what the pipeline made of new messages."""
        found = raw_insert.rows_of(ids)
        fresh = {each.parcel: found[pk] for each, pk in zip(messages, ids, strict=True) if not each.is_repeated}
        self._rows |= fresh

    def told(self, messages: list[Message]) -> list[raw_insert.Row]:
        """Return the rows of the messages, repetitions included."""
        return [row for each in messages for row in self._rows[each.parcel]]


def vs_per_object(scale: Scale) -> Iterator[Result]:
    """The drain, against one transaction a message and one statement a row, which must leave the same rows behind.

    The slow way works the first 100 messages of each round only; rates are compared.
    """
    now = clock.now()
    fast_one, slow_one = "bench_pipeline", "bench_per_object"
    rounds = prepared(scale, fast_one, now)
    databases.copy(fast_one, slow_one)
    slow_path: list[SlowPath] = []

    def pipeline(number: int) -> float:
        databases.use(fast_one)
        messages = _all(rounds[number])
        inbox.store(messages, now)
        return len(messages) / seconds(lambda: drain(clock=lambda: now))

    def per_object(number: int) -> float:
        databases.use(slow_one)
        slow_path.append(slow_path[0] if slow_path else SlowPath(now))
        ids = inbox.store(_all(rounds[number]), now)[: len(rounds[number][0])]
        return len(ids) / seconds(lambda: slow_path[0].work(ids))

    fast, slow = interleaved(scale.rounds, pipeline, per_object)
    parcels = sorted({each.parcel for chunks in rounds for each in chunks[0]})
    rows = _assert_same(fast_one, slow_one, parcels)
    note = (
        f"Pipeline {spread(fast)} messages/s, one by one {spread(slow)}. "
        f"{rows:,} rows of {len(parcels)} parcels in {len(SAME)} tables are the same both ways."
    )
    yield Result("ingest.pipeline_vs_per_object", ratio(fast, slow), "", ">= 30", size(scale), note)
    databases.drop(fast_one)
    databases.drop(slow_one)


def _assert_same(one: str, two: str, parcels: list[int]) -> int:
    """Compare the rows of parcels in two databases; return how many there are. Raises AssertionError with the first
    difference."""
    found = []
    for name in (one, two):
        databases.use(name)
        found.append({table: _rows(table, parcels) for table in SAME})
    for table in SAME:
        first, second = found[0][table], found[1][table]
        assert first == second, f"{table}: {_difference(first, second)}"
    return sum(len(rows) for rows in found[0].values())


def _rows(table: str, parcels: list[int]) -> list[str]:
    condition, counters = SAME[table]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (to_jsonb(t) - %s::text[])::text FROM tracking_{table} t WHERE {condition} ORDER BY 1",
            [sorted(counters), parcels],
        )
        return [row[0] for row in cursor.fetchall()]


def _difference(first: list[str], second: list[str]) -> str:
    mine, theirs = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    return f"{len(first)} and {len(second)} rows; only one way: {mine[:1]}; only the other: {theirs[:1]}"
