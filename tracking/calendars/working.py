"""Working hours of a team: when work is due, and how much working time has passed.

A week in which no hours were ever entered counts round the clock: its work still needs a due time.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from tracking.calendars.contract import WorkingWeek
from tracking.calendars.days import ONE_DAY, at_local, local_day

HOUR = timedelta(hours=1)


def add_working_hours(week: WorkingWeek, start: datetime, hours: float) -> datetime:
    """Return the first moment (aware UTC) at which `hours` working hours have passed since `start` (aware)."""
    left = hours * HOUR
    if left <= timedelta(0):
        return start
    if _is_round_the_clock(week):
        return start.astimezone(UTC) + left
    for begin, end in _stretches(week, local_day(week.zone, start)):
        begin = max(begin, start)
        if begin < end:
            if left <= end - begin:
                return begin.astimezone(UTC) + left
            left -= end - begin
    raise AssertionError("the stretches of a week with hours never end")


def working_hours_between(week: WorkingWeek, a: datetime, b: datetime) -> float:
    """Return the working hours between two aware moments; 0.0 when `b` is not after `a`."""
    if b <= a:
        return 0.0
    if _is_round_the_clock(week):
        return (b - a) / HOUR
    worked = timedelta(0)
    for begin, end in _stretches(week, local_day(week.zone, a)):
        if begin >= b:
            break
        worked += max(min(end, b) - max(begin, a), timedelta(0))
    return worked / HOUR


def is_working(week: WorkingWeek, at: datetime) -> bool:
    """True when the team works at that moment (aware); the end of a stretch no longer counts."""
    if _is_round_the_clock(week):
        return True
    day = local_day(week.zone, at)
    return any(begin <= at < end for begin, end in _day_stretches(week, day))


def _is_round_the_clock(week: WorkingWeek) -> bool:
    return not any(start < end for windows in week.hours.values() for start, end in windows)


def _stretches(week: WorkingWeek, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working stretches (aware UTC) from a local day on, in order, without end."""
    while True:
        yield from _day_stretches(week, day)
        day += ONE_DAY


def _day_stretches(week: WorkingWeek, day: date) -> list[tuple[datetime, datetime]]:
    """Return one day's stretches in order; windows that overlap become one, so that no hour counts twice."""
    if day in week.closed:
        return []
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(window for window in week.hours.get(day.weekday(), ()) if window[0] < window[1]):
        begin, stop = at_local(week.zone, day, start), at_local(week.zone, day, end)
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        elif begin < stop:
            joined.append((begin, stop))
    return joined
