"""Local days as stretches of real time, so that a day with a clock change is neither lost nor counted twice."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@lru_cache(maxsize=8192)
def day_start(zone: str, day: date) -> datetime:
    """Return the moment (aware UTC) at which `day` begins in the IANA `zone`; ZoneInfoNotFoundError if unknown.

    Where a clock change swallows midnight, the day begins at the change; where midnight comes twice, at the first.
    """
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def local_day(zone: str, moment: datetime) -> date:
    """Return the calendar day of `moment` (aware) in the IANA `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def at_local(zone: str, day: date, clock: time) -> datetime:
    """Return the moment (aware UTC) at which a clock in `zone` shows `clock` on `day`; the first if twice."""
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)
