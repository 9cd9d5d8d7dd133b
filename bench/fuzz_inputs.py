"""Spoilt messages without end: own samples with parts replaced, taken out, repeated or put elsewhere, or bytes changed.

What is put in never is a meaningful code, number or yes, so that whatever a connector makes of it must have been in the
sample already.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

SAMPLES = Path(__file__).parent.parent / "tests" / "samples"
GARBAGE: tuple[Any, ...] = (
    None, False, 0, -1, 2**63, -(2**70), 1e308, 0.1, "", " ", "\x00", "\ud800", "ü" * 300, "x" * 5000, "null", "NaN",
    "-", "…", "0", "0000-00-00", "9999-99-99T99:99:99Z", "1970-01-01", "not a date", "<b>", "'; --", "٣", "\u202e", [],
    [None], [[]], [{}], {}, {"": None}, {"a": {"b": []}}, [0] * 50, "2026-11-20T10:00:00+99:00", 10**400,
)  # fmt: skip
PAIRS = 0.15  # share of inputs that stay the sample except for bytes
Path_ = tuple[Any, ...]


def corpus(kind: str) -> dict[str, bytes]:
    """Return the own samples of a kind of source that are JSON, by name."""
    return {path.name: path.read_bytes() for path in sorted((SAMPLES / kind).glob("*.json"))}


def inputs(kind: str, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many spoilt messages with the names of their samples; the same seed gives the same ones."""
    dice = Random(f"{kind}/{seed}")
    files = corpus(kind)
    names = list(files)
    read = {name: json.loads(body) for name, body in files.items()}
    for _ in range(count):
        name = dice.choice(names)
        if dice.random() < PAIRS:
            yield name, _bytes_changed(files[name], dice)
        else:
            yield name, _parts_changed(read[name], dice)


def _bytes_changed(body: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(body) + 1)
    return body[:at] + dice.randbytes(dice.randrange(8)) + body[at + dice.randrange(40) :]


def _parts_changed(sample: Any, dice: Random) -> bytes:
    value = copy.deepcopy(sample)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(list(_paths(value)))
        value = _changed(value, path, dice)
    return json.dumps(value).encode()


def _paths(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _changed(value: Any, path: Path_, dice: Random) -> Any:
    """Change one part in place: garbage, nothing, twice, or as text; return the whole."""
    if not path:
        return copy.deepcopy(dice.choice(GARBAGE))
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    last, way = path[-1], dice.randrange(8)
    if way == 0:
        del holder[last]
    elif way == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[last]))
    elif way == 2:
        holder[last] = [holder[last]]
    elif way == 3:
        holder[last] = {"value": holder[last]}
    else:
        holder[last] = copy.deepcopy(dice.choice(GARBAGE))
    return value
