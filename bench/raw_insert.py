"""The floor under the pipeline: the same event rows put into a table like ours by the plainest bulk statement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from tracking.models import TrackingEvent

TWIN = "bench_trackingevent"
ROWS_AT_ONCE = 5_000
TYPES = {
    str(field.column): str(field.cast_db_type(connection)).split("(")[0]
    for field in TrackingEvent._meta.concrete_fields
    if not field.primary_key
}
COLUMNS = tuple(TYPES)
Row = tuple[Any, ...]

INSERT = f"""INSERT INTO {TWIN} ({", ".join(COLUMNS)})
SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for kind in TYPES.values())}) ON CONFLICT DO NOTHING"""


def make_twin() -> None:
    """Make a table with the columns, indexes, foreign keys and rows of the event table."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TWIN} (LIKE tracking_trackingevent INCLUDING ALL)")
        cursor.execute(f"INSERT INTO {TWIN} SELECT * FROM tracking_trackingevent ORDER BY id")
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{TWIN}', 'id'), (SELECT max(id) FROM {TWIN}))")
        for field in TrackingEvent._meta.concrete_fields:
            if field.remote_field:
                refers = f"({field.column}) REFERENCES {field.remote_field.model._meta.db_table}"
                cursor.execute(f"ALTER TABLE {TWIN} ADD FOREIGN KEY {refers} DEFERRABLE INITIALLY DEFERRED")


def rows_of(message_ids: Iterable[int]) -> dict[int, list[Row]]:
    """Return the event rows that messages brought, by message id."""
    found: dict[int, list[Row]] = defaultdict(list)
    at = COLUMNS.index("message_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM tracking_trackingevent WHERE message_id = ANY(%s) ORDER BY id",
            [list(message_ids)],
        )
        for row in cursor.fetchall():
            found[row[at]].append(row)
    return found


def insert(rows: Sequence[Row]) -> None:
    """Insert the rows into the twin, 5,000 in each transaction, arrays bound by the driver."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        columns = [list(column) for column in zip(*rows[start : start + ROWS_AT_ONCE], strict=True)]
        with transaction.atomic():
            connection.connection.execute(INSERT, columns)
