"""Durations, moments and windows as agents read them. The texts are English; zones are always named."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tracking.detectors.contract import Window

HOUR = timedelta(hours=1)
HOURS_WITH_MINUTES = 12  # below this a duration is told to the minute
HOURS_BEFORE_DAYS = 72  # from here on it is told in days


def duration(span: timedelta) -> str:
    """Return "18 min", "1 h 20", "52 h" or "4 d"; a negative span counts as none."""
    minutes = max(span, timedelta(0)) // timedelta(minutes=1)
    hours = minutes // 60
    if hours >= HOURS_BEFORE_DAYS:
        return f"{hours // 24} d"
    if minutes < 60:
        return f"{minutes} min"
    rest = minutes % 60
    return f"{hours} h {rest:02}" if rest and hours < HOURS_WITH_MINUTES else f"{hours} h"


def days_between(start: datetime, end: datetime, zone: str) -> str:
    """Return the calendar days between two moments in `zone`: "4 d"; for what is only known to the day."""
    days = (_local(end, zone).date() - _local(start, zone).date()).days
    return f"{days} d" if days > 0 else "less than 1 d"


def day(at: datetime, zone: str) -> str:
    """Return "Thu 19 Nov", the local day of a moment in `zone`."""
    shown = _local(at, zone)
    return f"{shown:%a} {shown.day} {shown:%b}"


def moment(at: datetime, zone: str) -> str:
    """Return "Thu 19 Nov 17:00 EST": local time in `zone`, with the zone's name (or its distance to UTC)."""
    shown = _local(at, zone)
    name = shown.tzname() or "UTC"
    return f"{day(at, zone)} {shown:%H:%M} {name if name[0].isalpha() else 'UTC' + name}"


def window(value: Window) -> str:
    """Return "1 carrier day", "0.5 carrier days", or for clock windows "24 h" or "4 d"."""
    if value.is_clock:
        return duration(value.clock())
    return f"{value.days:g} carrier {'day' if value.days == 1 else 'days'}"


def _local(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone) if zone else UTC)
