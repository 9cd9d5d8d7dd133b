"""The mapping rows that ship with the product: one CSV per kind of source, checked when read."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from tracking.status.contract import MappingRow
from tracking.status.validation import Selector, selector, validate

FOLDER = Path(__file__).parent / "presets"
COLUMNS = (
    "carrier",
    "field",
    "code",
    "subcode",
    "pattern",
    "milestone",
    "reason",
    "evidence",
    "turn",
    "hint",
    "pass",
    "description",
)
_FLAGS = {"": False, "1": True}


class PresetError(ValueError):
    """A preset file that cannot be used; the text names the file and the line."""


def kinds() -> tuple[str, ...]:
    """Return the kinds of source that ship with a preset, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@lru_cache
def load(kind: str) -> tuple[MappingRow, ...]:
    """Return the preset rows of a kind; empty when the kind ships none. Raises PresetError for a bad file."""
    path = FOLDER / f"{kind}.csv"
    return read(path) if kind in kinds() else ()


def read(path: Path) -> tuple[MappingRow, ...]:
    """Read one preset file; its name without suffix is the kind. Raises PresetError at the first bad row."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_rows(path, csv.DictReader(file, strict=True)))


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[MappingRow]:
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise PresetError(f"{path.name}, line 1: the columns must be {','.join(COLUMNS)}.")
    line_of: dict[Selector, int] = {}
    try:
        for cells in reader:
            row = _row(path, reader.line_num, cells)
            first = line_of.setdefault(selector(row), reader.line_num)
            if first != reader.line_num:
                raise PresetError(f"{path.name}, line {reader.line_num}: matches the same code as line {first}.")
            yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise PresetError(f"{path.name}, line {reader.reader.line_num}: {error}.") from error


def _row(path: Path, line: int, cells: dict[str, str]) -> MappingRow:
    where = f"{path.name}, line {line}"
    if None in cells or None in cells.values():
        raise PresetError(f"{where}: {len(COLUMNS)} cells are needed.")
    if cells["hint"] not in _FLAGS or cells["pass"] not in _FLAGS:
        raise PresetError(f"{where}: hint and pass are 1 or empty.")
    row = _build(path.stem, cells)
    wrong = validate(row)
    if wrong:
        raise PresetError(f"{where}: {' '.join(wrong)}")
    return row


def _build(kind: str, cells: dict[str, str]) -> MappingRow:
    row = MappingRow(
        id="",
        source_kind=kind,
        carrier=cells["carrier"],
        field=cells["field"],
        code=cells["code"],
        subcode=cells["subcode"],
        pattern=cells["pattern"],
        milestone=cells["milestone"],
        reason=cells["reason"],
        evidence=cells["evidence"] or ("none" if cells["pass"] else ""),
        turn=cells["turn"],
        hint=_FLAGS[cells["hint"]],
        is_pass=_FLAGS[cells["pass"]],
        description=cells["description"],
    )
    return _named(row)


def _named(row: MappingRow) -> MappingRow:
    """Give a row a name that stays the same when the file is sorted or grows."""
    return replace(row, id="/".join(selector(row)).rstrip("/"))
