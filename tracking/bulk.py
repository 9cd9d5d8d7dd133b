"""Many rows in one statement with one parameter: a JSON text or an array that the server takes apart.

Django's `bulk_create` prepares every value of every row by itself, which costs more than the insert; this is for the
few hot paths where it shows. Rows are plain tuples of values as the database takes them.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, CharField, ForeignKey, Lookup, Model

Row = Sequence[Any]
TEXTS = ("varchar", "text", "char")


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[Row], tail: str = "") -> int:
    """Insert rows in their order; return how many. Columns that are not named get the model's default.

    `tail` is what follows the SELECT (ON CONFLICT ...). Dates and datetimes, also aware ones of any zone, are kept
    exactly; dicts and lists go to JSON columns.
    """
    unnamed = _defaults(model, columns)
    columns, extra = (*columns, *unnamed), tuple(unnamed.values())
    told = document(columns, ((*row, *extra) for row in rows) if extra else rows)
    if told is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(insertion(model, tuple(columns), tail), [told])
        return int(cursor.rowcount)


def update(model: type[Model], columns: Sequence[str], rows: Iterable[Row], where: str = "true") -> int:
    """Set columns of rows known by their id; the first of `columns` is "id". Return how many rows were written.

    `where` is a further condition on `row` (as stored) and `told` (as given). The ids are given once more as an array:
    the server knows how many these are, and takes a document for a hundred rows, for which it would rather read all of
    a table of some thousands.
    """
    rows = list(rows)
    told = document(columns, rows)
    if told is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_update(model, tuple(columns), where), [told, array(row[0] for row in rows)])
        return int(cursor.rowcount)


def document(columns: Sequence[str], rows: Iterable[Row]) -> str | None:
    """Return the rows as the one parameter of a statement over `recordset`; None when there is no row."""
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    return json.dumps(told, default=_plain) if told else None


def array(ids: Iterable[int]) -> str:
    """Return ids as the one parameter of `= ANY (%s::bigint[])`."""
    return "{" + ",".join(map(str, ids)) + "}"


class _AnyId(Lookup):
    """`column__any_of=ids`: what `__in` finds, with one parameter instead of one for each id. No id finds nothing.

    Takes a collection; Django goes through it before the lookup does.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s::bigint[])", (*params, array(self.rhs))


class _AnyText(Lookup):
    """The same for texts."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s::text[])", (*params, list(self.rhs))


def register_lookups() -> None:
    """Let querysets ask with `__any_of` for many ids, related rows or texts."""
    for field in (BigIntegerField, ForeignKey):
        field.register_lookup(_AnyId)
    CharField.register_lookup(_AnyText)


def _defaults(model: type[Model], columns: Sequence[str]) -> dict[str, Any]:
    """Return the columns not named that have a default of the model, with it."""
    fields = (field for field in model._meta.concrete_fields if field.column not in columns)
    found = {str(field.column): field.get_default() for field in fields if not _fills_itself(field)}
    return {name: value for name, value in found.items() if value is not None}


def _fills_itself(field: Any) -> bool:
    return bool(field.primary_key or field.has_db_default())


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written in bulk")


@lru_cache(maxsize=256)
def insertion(model: type[Model], columns: tuple[str, ...], tail: str) -> str:
    """Return the statement of `insert`."""
    names = ", ".join(f'"{name}"' for name in columns)
    table = model._meta.db_table
    return f'INSERT INTO "{table}" ({names}) SELECT {names} FROM {recordset(model, columns)} {tail}'  # noqa: S608


@lru_cache(maxsize=256)
def _update(model: type[Model], columns: tuple[str, ...], where: str) -> str:
    pairs = ", ".join(f'"{name}" = told."{name}"' for name in columns[1:])
    table = model._meta.db_table
    told = recordset(model, columns)
    known = "row.id = told.id AND row.id = ANY (%s::bigint[])"
    return f'UPDATE "{table}" AS row SET {pairs} FROM {told} WHERE {known} AND {where}'  # noqa: S608


def recordset(model: type[Model], columns: Sequence[str]) -> str:
    """Return the FROM item that takes a document apart, named `told`, with the types of the model's columns."""
    kinds = {str(field.column): _kind(field) for field in model._meta.concrete_fields}
    return "json_to_recordset(%s) AS told (" + ", ".join(f'"{name}" {kinds[name]}' for name in columns) + ")"


def _kind(field: Any) -> str:
    """The type of a column; texts without their length, so that a longer one is refused and not cut."""
    kind = str(field.cast_db_type(connection))
    return "text" if kind.startswith(TEXTS) else kind
