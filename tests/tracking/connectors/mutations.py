"""Spoilt messages for tests of connectors: samples with parts replaced by anything."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tracking.connectors.contract import Connector, RawMessage, UnreadableMessage

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
HOSTILE = [b"[" * 100_000, b'{"a":' * 5_000, b"1e999999999", b"[NaN]", b'"\\ud800"', b"[null]", b"[[]]"]


@st.composite
def mutated(draw: st.DrawFn, samples: Sequence[Path]) -> bytes:
    """Draw a sample (a JSON file) with up to three of its parts replaced by any JSON value."""
    value = json.loads(draw(st.sampled_from(samples)).read_bytes())
    for _ in range(draw(st.integers(1, 3))):
        value = _replaced(value, draw(st.sampled_from(_places(value))), draw(_VALUES))
    return json.dumps(value).encode()


@st.composite
def spoilt(draw: st.DrawFn, samples: Sequence[Path]) -> bytes:
    """Draw a sample with a few bytes taken out and others put in their place."""
    body = draw(st.sampled_from(samples)).read_bytes()
    at = draw(st.integers(0, len(body)))
    return body[:at] + draw(st.binary(max_size=8)) + body[at + draw(st.integers(0, 40)) :]


def check_reads_or_says_why(connector: Connector, message: RawMessage) -> None:
    """Assert that a message is read, ignored with a reason, or refused with a sentence, and never anything else."""
    try:
        reading = connector.read(message)
    except UnreadableMessage as refused:
        problem = refused
    else:
        assert not reading.is_empty or reading.errors or reading.ignored
        assert all(event.keys and event.when.text for event in reading.events)
        assert all(error.message for error in reading.errors)
        return
    assert str(problem)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part of a JSON value, itself included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in _places(item, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy
