"""USPS times: which of an event's three time fields to believe.

`GMTTimestamp` is UTC. `eventTimestamp` is the local time of the place, sometimes with a `Z` that is wrong.
`GMTOffset` comes as `-05:00` or as minutes (`-420`).
"""

import re
from datetime import UTC, datetime, timedelta

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node, read_when
from tracking.vocabulary import Precision

LARGEST_OFFSET = timedelta(hours=14)


def event_time(event: Node) -> When | None:
    """Return when an event happened: an instant where UTC or the offset is told, else local time or a day.

    The text kept is that of the field the time was read from. None (and a note) when there is no readable time.
    """
    exact = _utc(event.when("GMTTimestamp"))
    if exact:
        return exact
    told = event.when("eventTimestamp")
    if told is None:
        if not event.has("eventTimestamp"):
            event.note("eventTimestamp", "The event has no time.")
        return None
    local = as_local(told)
    offset = read_offset(event.text("GMTOffset"))
    if offset is None or not isinstance(local.value, datetime) or local.value.tzinfo:
        return local
    moment = local.value.replace(tzinfo=UTC) - offset
    return When(text=local.text, precision=Precision.INSTANT.value, value=moment)


def as_local(told: When) -> When:
    """Return a time whose closing `Z` means nothing: local without zone. A numeric offset is believed."""
    if told.precision == Precision.INSTANT and told.text[-1:] in "Zz":
        bare = read_when(told.text[:-1])
        return When(text=told.text, precision=bare.precision, value=bare.value)
    return told


def read_offset(text: str) -> timedelta | None:
    """Read `-05:00`, `-0500` or a number (hours up to 14, else minutes) as offset from UTC; None for others."""
    clock = re.fullmatch(r"([+-])([0-9]{2}):?([0-9]{2})", text)
    if clock:
        size = timedelta(hours=int(clock[2]), minutes=int(clock[3]))
        offset = size if clock[1] == "+" else -size
    elif re.fullmatch(r"[+-]?[0-9]{1,3}", text):
        number = int(text)
        offset = timedelta(hours=number) if abs(number) <= 14 else timedelta(minutes=number)
    else:
        return None
    return offset if abs(offset) <= LARGEST_OFFSET else None


def _utc(told: When | None) -> When | None:
    """Return a GMT field as an instant: without zone it is UTC; a day alone is no instant."""
    if told is None or not isinstance(told.value, datetime):
        return None
    value = told.value if told.value.tzinfo else told.value.replace(tzinfo=UTC)
    return When(text=told.text, precision=Precision.INSTANT.value, value=value)
