"""What a vendor's code means: resolution of look-up keys against the rows of one mapping version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tracking.status.contract import MappingRow, Meaning
from tracking.status.identity import code_identity
from tracking.status.shapes import text_shape
from tracking.status.validation import clashes, validate
from tracking.vocabulary import Milestone

if TYPE_CHECKING:
    from tracking.connectors.contract import LookupKey

__all__ = ["UNMAPPED", "Mapping", "clashes", "code_identity", "text_shape", "validate"]

ANY = "*"
UNMAPPED = Meaning(Milestone.UNMAPPED.value)


class Mapping:
    """The rows of one mapping version, indexed for look-up. Immutable after construction."""

    def __init__(self, rows: Iterable[MappingRow]) -> None:
        """Take rows in any order; their order never decides, see `_precision`."""
        self.rows: tuple[MappingRow, ...] = tuple(rows)
        index: dict[tuple[str, str], list[MappingRow]] = defaultdict(list)
        for row in sorted(self.rows, key=_precision):
            index[row.field, row.code].append(row)
        self._index = dict(index)

    def resolve(self, source_kind: str, carrier: str, keys: Sequence[LookupKey], description: str) -> Meaning:
        """Return what an event's keys and text mean: the first key that has a row decides, unless the row passes on.

        Nothing fits: `UNMAPPED`, never a guess.
        """
        text = " ".join(description.split()).casefold()
        for key in keys:
            row = self._row_for(source_kind, carrier, key, text)
            if row is not None and not row.is_pass:
                return _meaning(row)
        return UNMAPPED

    def _row_for(self, source_kind: str, carrier: str, key: LookupKey, text: str) -> MappingRow | None:
        exact = self._first(key.code, source_kind, carrier, key, text)
        other = self._first(ANY, source_kind, carrier, key, text) if key.code != ANY else None
        found = [row for row in (exact, other) if row is not None]
        return min(found, key=_precision, default=None)

    def _first(self, code: str, source_kind: str, carrier: str, key: LookupKey, text: str) -> MappingRow | None:
        for row in self._index.get((key.field, code), ()):
            if _fits(row, source_kind, carrier, key.subcode, text):
                return row
        return None


def _fits(row: MappingRow, source_kind: str, carrier: str, subcode: str, text: str) -> bool:
    return (
        row.subcode in (ANY, subcode)
        and row.source_kind in ("", source_kind)
        and row.carrier in ("", carrier)
        and text.startswith(row.pattern.casefold())
    )


def _precision(row: MappingRow) -> tuple[object, ...]:
    """Sort key, most precise first: longer text, then narrower scope, then exact codes; the id makes it total."""
    scope = bool(row.source_kind) + bool(row.carrier)
    return -len(row.pattern), -scope, not row.source_kind, row.code == ANY, row.subcode == ANY, row.id


def _meaning(row: MappingRow) -> Meaning:
    return Meaning(row.milestone, row.reason, row.evidence, row.turn, row.hint, row.id)
