"""Times of ShipStation: V1 tells all of them in Pacific time without offset, V2 in UTC with one."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node, read_when
from tracking.vocabulary import Precision

PACIFIC = ZoneInfo("America/Los_Angeles")


def pacific_moment(node: Node, key: str) -> datetime | None:
    """Return a V1 time as aware UTC; None (and a note) when absent or no time.

    An offset, where one is told after all, is believed. The hour that autumn repeats is taken as the first of the two.
    """
    when = _read(node, key)
    if when is None or not isinstance(when.value, datetime):
        return None
    return when.value if when.value.tzinfo else when.value.replace(tzinfo=PACIFIC).astimezone(UTC)


def moment(node: Node, key: str) -> datetime | None:
    """Return a V2 time as aware UTC; the documents tell all of them as UTC, so one without offset is taken for that."""
    when = _read(node, key)
    if when is None or not isinstance(when.value, datetime):
        return None
    return when.value if when.value.tzinfo else when.value.replace(tzinfo=UTC)


def told(value: datetime | None) -> When | None:
    """Return a moment (aware UTC) as a time told, in one spelling."""
    if value is None:
        return None
    return When(text=f"{value:%Y-%m-%dT%H:%M:%SZ}", precision=Precision.INSTANT.value, value=value)


def asked_in_pacific(value: datetime) -> str:
    """Return a moment (aware) as V1 takes it in a filter."""
    return f"{value.astimezone(PACIFIC):%Y-%m-%dT%H:%M:%S}"


def _read(node: Node, key: str) -> When | None:
    raw: Any = node.value.get(key)
    if raw is None or raw == "":
        return None
    try:
        return read_when(raw)
    except ValueError as problem:
        node.note(key, str(problem))
        return None
