"""Filling tables by the million: one INSERT ... SELECT per table, written by the server itself."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection
from django.db.models import Field, Model


def insert(model: type[Model], source: str, given: Mapping[str, str], *, order: str = "") -> None:
    """Insert one row for each row of `source` (a FROM clause). `given`: column -> SQL expression over it.

    Columns that are not given get the model's default, so that a new column needs no change here. Foreign keys are not
    checked: the caller knows that they hold.
    """
    unknown = set(given) - {field.column for field in model._meta.concrete_fields}
    assert not unknown, f"{model.__name__} has no {', '.join(sorted(unknown))}"
    columns, expressions, values = [], [], []
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if column in given:
            expressions.append(given[column])
        elif field.primary_key or _fills_itself(field):
            continue
        else:
            expressions.append(f"%s::{field.db_type(connection)}")
            values.append(field.get_db_prep_save(field.get_default(), connection))
        columns.append(f'"{column}"')
    names = ", ".join(columns)
    statement = f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(expressions)} FROM {source} {order}'
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")
    _follow_ids(model)


@contextmanager
def indexes_last(*models: type[Model]) -> Iterator[None]:
    """Rows inserted inside meet no index but the primary keys; the others are built again in one go afterwards.

    A million rows with random keys take many times as long otherwise. Never where the size of an index is measured:
    one that is built at once is denser than one that grew.
    """
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT index.indexrelid::regclass::text, pg_get_indexdef(index.indexrelid)
               FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indrelid
               WHERE class.relname = ANY(%s)
               AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid)""",
            [tables],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, definition in found:
            cursor.execute(definition)
        cursor.execute("RESET maintenance_work_mem")


def _fills_itself(field: Field) -> bool:
    return bool(field.has_db_default())


def _follow_ids(model: type[Model]) -> None:
    """Let the next id of the table come after those inserted."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT setval(pg_get_serial_sequence(%s, %s), (SELECT coalesce(max("{key}"), 1) FROM "{table}"))',
            [f'"{table}"', key],
        )
