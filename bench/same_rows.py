"""Whether two ways of doing the same work left the same rows behind."""

from collections.abc import Mapping

from django.db import connection

from bench import databases

Tables = Mapping[str, tuple[str, frozenset[str]]]
"""Table -> the condition on its rows, with a place for the ids of the parcels, and columns that only count."""


def assert_same(one: str, two: str, parcels: list[int], tables: Tables) -> int:
    """Compare the rows of parcels in two databases; return how many there are. Raises AssertionError with the first
    difference."""
    found = []
    for name in (one, two):
        databases.use(name)
        found.append({table: _rows(table, parcels, *tables[table]) for table in tables})
    for table in tables:
        first, second = found[0][table], found[1][table]
        assert first == second, f"{table}: {_difference(first, second)}"
    return sum(len(rows) for rows in found[0].values())


def _rows(table: str, parcels: list[int], condition: str, counters: frozenset[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (to_jsonb(t) - %s::text[])::text FROM {table} t WHERE {condition} ORDER BY 1",
            [sorted(counters), parcels],
        )
        return [row[0] for row in cursor.fetchall()]


def _difference(first: list[str], second: list[str]) -> str:
    mine, theirs = sorted(set(first) - set(second)), sorted(set(second) - set(first))
    return f"{len(first)} and {len(second)} rows; only one way: {mine[:1]}; only the other: {theirs[:1]}"
