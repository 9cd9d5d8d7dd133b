"""Times of UPS: compact dates and clocks, local to the place and in GMT, in fields of their own.

`gmtTime` may lose its leading zero (74700 is 07:47:00); Track Alert writes offsets with a point (-04.00). Where GMT is
told the moment is exact. The text kept is the local one where there is one, so that push and poll tell one event.
"""

import re
from datetime import UTC, datetime, timedelta

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node, read_when
from tracking.vocabulary import Precision

LARGEST_OFFSET = timedelta(hours=14)


def read_local(node: Node, date_key: str, time_key: str = "") -> When | None:
    """Return the local time, or the day when no clock is told; None (and a note) when it cannot be read."""
    told, clock = node.text(date_key, 32), _clock(node.text(time_key, 32) if time_key else "")
    day = _day(told)
    if not day:
        if told:
            node.note(date_key, "This is not a date we can read.")
        return None
    try:
        value = read_when(f"{day}T{clock[:2]}:{clock[2:4]}:{clock[4:]}" if clock else day).value
    except ValueError as problem:
        node.note(time_key if clock else date_key, str(problem))
        return None
    precision = Precision.LOCAL if clock else Precision.DATE
    return When(text=f"{day.replace('-', '')} {clock}".strip(), precision=precision.value, value=value)


def read_event_time(node: Node, local: tuple[str, str], gmt: tuple[str, str]) -> When | None:
    """Return when something happened: exact where GMT or the offset is told, else local time or a day.

    `local` and `gmt` name the fields of date and clock. None when there is no readable time at all.
    """
    here, there = read_local(node, *local), read_local(node, *gmt)
    if there and isinstance(there.value, datetime):
        exact = there.value.replace(tzinfo=UTC)
        return When(text=(here or there).text, precision=Precision.INSTANT.value, value=exact)
    offset = _offset(node.text("gmtOffset", 32))
    if here is None or offset is None or not isinstance(here.value, datetime):
        return here
    return When(text=here.text, precision=Precision.INSTANT.value, value=here.value.replace(tzinfo=UTC) - offset)


def _day(text: str) -> str:
    """Return a date as YYYY-MM-DD; "" when it is none."""
    match = re.fullmatch(r"([0-9]{4})[-/]?([0-9]{2})[-/]?([0-9]{2})", text)
    return "-".join(match.groups()) if match else ""


def _clock(text: str) -> str:
    """Return a time of day as six digits; "" when it is none. Without colons, zeros may be missing at the left."""
    if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?", text):
        return "".join(part.zfill(2) for part in text.split(":")).ljust(6, "0")
    return text.zfill(6) if re.fullmatch(r"[0-9]{1,6}", text) else ""


def _offset(text: str) -> timedelta | None:
    match = re.fullmatch(r"([+-]?)([0-9]{2})[:.]?([0-9]{2})", text)
    if match is None:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return (-size if match[1] == "-" else size) if size <= LARGEST_OFFSET else None
