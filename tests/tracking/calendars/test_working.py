"""Working hours of a team."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.calendars.contract import WorkingWeek
from tracking.calendars.working import add_working_hours, is_working, working_hours_between

steady = settings(derandomize=True)
ZONE = "Europe/Berlin"
OFFICE = WorkingWeek(
    ZONE,
    {day: ((time(13), time(17)), (time(8), time(12))) for day in range(5)},  # order in the row does not matter
    frozenset({date(2026, 12, 25)}),
)
NIGHTS = WorkingWeek("America/New_York", {6: ((time(0), time(6)),), 2: ((time(9), time(10)),)})
WEEKS = st.sampled_from([OFFICE, NIGHTS, WorkingWeek("UTC")])
MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-19 09:00", 2, "2026-11-19 11:00"),
        ("2026-11-19 09:00", 3, "2026-11-19 12:00"),
        ("2026-11-19 11:00", 2, "2026-11-19 14:00"),  # over lunch
        ("2026-11-20 16:00", 2, "2026-11-23 09:00"),  # over the weekend
        ("2026-11-21 10:00", 1, "2026-11-23 09:00"),
        ("2026-12-24 16:30", 1, "2026-12-28 08:30"),  # over a closed day
        ("2026-11-19 03:00", 0, "2026-11-19 03:00"),
    ],
)
def test_add(start: str, hours: float, end: str) -> None:
    assert add_working_hours(OFFICE, local(start), hours) == local(end)


@pytest.mark.parametrize(
    ("a", "b", "hours"),
    [
        ("2026-11-19 09:00", "2026-11-19 11:30", 2.5),
        ("2026-11-19 11:00", "2026-11-19 14:00", 2),
        ("2026-11-20 16:00", "2026-11-23 09:00", 2),
        ("2026-11-21 00:00", "2026-11-23 00:00", 0),
        ("2026-11-19 14:00", "2026-11-19 11:00", 0),
    ],
)
def test_between(a: str, b: str, hours: float) -> None:
    assert working_hours_between(OFFICE, local(a), local(b)) == hours


@pytest.mark.parametrize(
    ("at", "working"),
    [
        ("2026-11-19 08:00", True),
        ("2026-11-19 12:00", False),
        ("2026-11-19 12:59", False),
        ("2026-11-19 16:59", True),
        ("2026-11-21 10:00", False),
        ("2026-12-25 10:00", False),
    ],
)
def test_is_working(at: str, working: bool) -> None:
    assert is_working(OFFICE, local(at)) is working


def test_hours_are_real_hours_over_a_clock_change() -> None:
    before = datetime(2026, 3, 7, 12, tzinfo=UTC)
    # On 8 March 2026 New York has no 02:00 to 03:00: the six hours of the window are five.
    assert working_hours_between(NIGHTS, before, before + timedelta(days=2)) == 5


def test_windows_that_overlap_count_once() -> None:
    week = WorkingWeek(ZONE, {3: ((time(8), time(12)), (time(10), time(14)))})
    assert working_hours_between(week, local("2026-11-19 00:00"), local("2026-11-20 00:00")) == 6


@pytest.mark.parametrize("week", [WorkingWeek(ZONE), WorkingWeek(ZONE, {0: ((time(9), time(9)),), 1: ()})])
def test_a_week_without_hours_counts_round_the_clock(week: WorkingWeek) -> None:
    start = local("2026-11-21 10:00")
    assert add_working_hours(week, start, 5) == start + timedelta(hours=5)
    assert working_hours_between(week, start, start + timedelta(hours=7)) == 7
    assert is_working(week, start)


@steady
@given(WEEKS, MOMENTS, st.floats(0.01, 60))
def test_measuring_undoes_adding(week: WorkingWeek, start: datetime, hours: float) -> None:
    assert working_hours_between(week, start, add_working_hours(week, start, hours)) == pytest.approx(hours, abs=1e-6)


@steady
@given(WEEKS, MOMENTS, st.floats(0.01, 60))
def test_work_never_falls_due_outside_working_hours(week: WorkingWeek, start: datetime, hours: float) -> None:
    due = add_working_hours(week, start, hours)
    assert due > start
    assert is_working(week, due - timedelta(microseconds=1))
