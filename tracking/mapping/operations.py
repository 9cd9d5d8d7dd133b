"""Publishing what codes mean: presets at first, then versions made by administrators. Versions are immutable."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from tracking.connectors.registry import CONNECTORS
from tracking.domain_events import News, publish
from tracking.events.meanings import forget, published, to_row
from tracking.mapping.remapping import remap
from tracking.models import MappingVersion, StatusMapping
from tracking.status import presets
from tracking.status.contract import MappingRow
from tracking.status.mapping import validate
from tracking.transactions import lock_number, whole

__all__ = ["InvalidMapping", "add_row", "edit_row", "load_presets", "remap"]

EDITABLE = (
    "source_kind", "carrier", "field", "code", "subcode", "pattern", "milestone", "reason", "evidence", "turn", "hint",
    "is_pass", "description",
)  # fmt: skip


class InvalidMapping(Exception):
    """The row contradicts the rules; `messages` are sentences for the administrator."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__(" ".join(self.messages))


def load_presets(*, now: datetime) -> int:
    """Publish the preset rows of every connector that are not in force yet; return how many came in.

    Rows an administrator wrote or changed stay as they are: they are found by their key.
    """
    rows = [row for kind in sorted(CONNECTORS) for row in presets.load(kind)]
    return _publish_presets(rows, now)


@whole
def _publish_presets(rows: list[MappingRow], now: datetime) -> int:
    _one_publisher_at_a_time()
    current = _current_rows()
    known = {row.row_key: row for row in current}
    fresh, changed = [], False
    for row in rows:
        old = known.get(row.id)
        if old is None:
            fresh.append(_from_preset(row))
        elif old.author == StatusMapping.Author.PRESET and to_row(old) != row:
            known[row.id] = _from_preset(row)
            changed = True
    if fresh or changed:
        _publish([*known.values(), *fresh], actor=None, now=now, note="Presets")
    return len(fresh)


def _from_preset(row: MappingRow) -> StatusMapping:
    values = {name: getattr(row, name) for name in EDITABLE}
    return StatusMapping(row_key=row.id, author=StatusMapping.Author.PRESET, **values)


def _one_publisher_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number("publish:mapping")])


def _current_rows() -> list[StatusMapping]:
    return list(StatusMapping.objects.filter(version__number=published().number))


def _publish(rows: Iterable[StatusMapping], *, actor: User | None, now: datetime, note: str) -> MappingVersion:
    number = (MappingVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    version = MappingVersion.objects.create(number=number, published_at=now, published_by=actor, note=note[:300])
    copies = []
    for row in rows:
        values = {name: getattr(row, name) for name in (*EDITABLE, "row_key", "author")}
        copies.append(StatusMapping(version=version, **values))
    StatusMapping.objects.bulk_create(copies, batch_size=1000)
    forget()
    publish([News("mapping.published", now, payload={"version": number, "note": note})])
    return version


def edit_row(*, row_key: str, changes: Mapping[str, Any], actor: User, now: datetime, note: str = "") -> MappingVersion:
    """Change one row of the version in force: a new version is published and the parcels it concerns re-projected.

    Raises InvalidMapping, and StatusMapping.DoesNotExist when no row in force has this key.
    """
    version = _edited(row_key=row_key, changes=changes, actor=actor, now=now, note=note)
    remap(now=now)
    return version


@whole
def _edited(*, row_key: str, changes: Mapping[str, Any], actor: User, now: datetime, note: str) -> MappingVersion:
    _one_publisher_at_a_time()
    rows = _current_rows()
    row = next((each for each in rows if each.row_key == row_key), None)
    if row is None:
        raise StatusMapping.DoesNotExist(f"No mapping in force has the key {row_key}.")
    _set(row, changes)
    return _publish(rows, actor=actor, now=now, note=note or f"Changed {row}")


def add_row(*, values: Mapping[str, Any], actor: User, now: datetime, note: str = "") -> MappingVersion:
    """Add one row to the version in force: a new version is published and the parcels it concerns re-projected.

    Raises InvalidMapping.
    """
    version = _added(values=values, actor=actor, now=now, note=note)
    remap(now=now)
    return version


@whole
def _added(*, values: Mapping[str, Any], actor: User, now: datetime, note: str) -> MappingVersion:
    _one_publisher_at_a_time()
    rows = _current_rows()
    number = published().number + 1
    row = StatusMapping(row_key=f"person-{number}")
    _set(row, values)
    return _publish([*rows, row], actor=actor, now=now, note=note or f"Added {row}")


def _set(row: StatusMapping, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(EDITABLE)
    if unknown:
        raise InvalidMapping([f"A mapping has no {name}." for name in sorted(unknown)])
    for name, value in values.items():
        setattr(row, name, value)
    row.author = StatusMapping.Author.PERSON
    problems = validate(to_row(row))
    if problems:
        raise InvalidMapping(problems)
