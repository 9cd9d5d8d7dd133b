"""FedEx's times. Midnight means that only the day is known, whatever offset stands behind it."""

import re
from datetime import datetime

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node, read_day, read_when
from tracking.vocabulary import Precision

_MIDNIGHT = re.compile(r"[0-9-]{10}[Tt ]00:00(?::00(?:[.,]0+)?)?(?![0-9:.,])")


def read_fedex_when(node: Node, key: str) -> When | None:
    """Return the time at `key`; None when absent or wrong (noted).

    FedEx pads a day to `T00:00:00`, with no offset or with the offset of its headquarters: read as a moment it would
    move the day. So midnight is a date, the day as written.
    """
    when = node.when(key)
    if when is None or when.precision == Precision.DATE:
        return when
    if _MIDNIGHT.match(when.text):
        return When(text=when.text, precision=Precision.DATE.value, value=read_day(when.text))
    return when


def sort_moment(text: str) -> str:
    """Return a key that orders FedEx times well enough to pick the newest of several: the text, unified to UTC when it
    has an offset. "" for a time that cannot be read."""
    try:
        value = read_when(text).value
    except ValueError:
        return ""
    return value.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(value, datetime) else value.isoformat()
