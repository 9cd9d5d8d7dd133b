"""When UPS expects to deliver: a day, a clock time on it, or a window."""

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node
from tracking.connectors.ups.times import read_local
from tracking.vocabulary import Precision

_KINDS = ("RDD", "SDD")  # a rescheduled day goes before the scheduled one; DEL is what happened, no estimate
_DAY_ONLY = frozenset({"EOD", "DEL"})  # end of day; and the time of a delivery that was made


def of_package(package: Node) -> tuple[When | None, When | None]:
    """Return (estimate, end of its window) of a package, local to the recipient; (None, None) without any."""
    days = {entry.text("type").upper(): read_local(entry, "date") for entry in package.nodes("deliveryDate")}
    day = next((days[kind] for kind in _KINDS if days.get(kind)), None)
    clock = package.node("deliveryTime")
    if day is None or clock.text("type").upper() in _DAY_ONLY:
        return day, None
    return _window(day, clock, "startTime", "endTime")


def of_alert(alert: Node) -> tuple[When | None, When | None]:
    """Return (estimate, end of its window) of a pushed event."""
    day = read_local(alert, "scheduledDeliveryDate")
    return _window(day, alert, "deliveryStartTime", "deliveryEndTime") if day else (None, None)


def _window(day: When, node: Node, start_key: str, end_key: str) -> tuple[When | None, When | None]:
    start, end = _at(day, node, start_key), _at(day, node, end_key)
    if start and end:
        return start, end
    return end or start or day, None


def _at(day: When, node: Node, key: str) -> When | None:
    """Return the clock time at `key` on that day."""
    told = Node({"date": day.text, "time": node.text(key)}, node.errors, node.path(key))
    at = read_local(told, "date", "time")
    return at if at and at.precision == Precision.LOCAL else None
