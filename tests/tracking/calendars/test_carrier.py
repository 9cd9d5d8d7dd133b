"""Carrier days: closed days add nothing, clock changes do not matter, adding and measuring agree."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.calendars.carrier import CarrierDays, national_holidays

steady = settings(derandomize=True)
NEW_YORK = CarrierDays("US", "America/New_York")
CALENDARS = st.sampled_from(
    [
        NEW_YORK,
        CarrierDays("US", "America/New_York", works_saturday=True, works_sunday=True),
        CarrierDays("DE", "Europe/Berlin", works_saturday=True),
        CarrierDays("AU", "Australia/Lord_Howe", works_sunday=True),  # half-hour clock change
        CarrierDays("CU", "America/Havana", works_saturday=True, works_sunday=True),  # midnight is skipped in spring
        CarrierDays("ZZ", "Pacific/Kiritimati", extra_closed=frozenset({date(2026, 3, 3), date(2026, 3, 4)})),
    ]
)
MOMENTS = st.datetimes(datetime(2025, 12, 20), datetime(2027, 1, 10), timezones=st.just(UTC))


def local(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-11-17 17:00", 1, "2026-11-18 17:00"),
        ("2026-11-20 17:00", 1, "2026-11-23 17:00"),  # Friday to Monday
        ("2026-11-21 09:00", 1, "2026-11-24 00:00"),  # Saturday: the clock starts with Monday
        ("2026-11-21 09:00", 0.5, "2026-11-23 12:00"),
        ("2026-11-25 12:00", 1, "2026-11-27 12:00"),  # Thanksgiving in between
        ("2026-11-17 17:00", 0, "2026-11-17 17:00"),
        ("2026-11-17 17:00", 7, "2026-11-27 17:00"),
    ],
)
def test_add(start: str, days: float, end: str) -> None:
    assert NEW_YORK.add(local(start), days) == local(end)


def test_an_open_day_with_a_clock_change_counts_once() -> None:
    daily = CarrierDays("US", "America/New_York", works_saturday=True, works_sunday=True)
    assert daily.elapsed(local("2026-03-08 00:00"), local("2026-03-09 00:00")) == 1  # 23 hours
    assert daily.elapsed(local("2026-11-01 00:00"), local("2026-11-02 00:00")) == 1  # 25 hours


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 26), False),
        (date(2026, 12, 25), False),
    ],
)
def test_is_open(day: date, is_open: bool) -> None:
    assert NEW_YORK.is_open(day) is is_open


def test_a_carrier_may_work_on_weekends_but_not_on_its_own_closed_days() -> None:
    daily = CarrierDays("US", "America/New_York", True, True, frozenset({date(2026, 11, 22)}))
    assert daily.is_open(date(2026, 11, 21))
    assert not daily.is_open(date(2026, 11, 22))


def test_a_country_without_a_holiday_list_has_no_holidays() -> None:
    assert national_holidays("ZZ", 2026) == frozenset()
    assert date(2026, 10, 3) in national_holidays("de", 2026)


@steady
@given(CALENDARS, MOMENTS, st.floats(0.001, 30))
def test_measuring_undoes_adding(calendar: CarrierDays, start: datetime, days: float) -> None:
    assert calendar.elapsed(start, calendar.add(start, days)) == pytest.approx(days, abs=1e-9)


@steady
@given(CALENDARS, MOMENTS, st.floats(0, 30), st.floats(0, 30))
def test_adding_in_two_steps_is_adding_once(calendar: CarrierDays, start: datetime, a: float, b: float) -> None:
    gap = calendar.add(calendar.add(start, a), b) - calendar.add(start, a + b)
    # The end of an open day and the start of the next open one are the same count, but not the same moment.
    assert abs(gap) < timedelta(milliseconds=1) or calendar.elapsed(
        min(calendar.add(start, a + b), calendar.add(calendar.add(start, a), b)),
        max(calendar.add(start, a + b), calendar.add(calendar.add(start, a), b)),
    ) == pytest.approx(0, abs=1e-9)


@steady
@given(CALENDARS, MOMENTS, st.floats(0, 20), st.floats(0, 20))
def test_more_days_never_end_earlier(calendar: CarrierDays, start: datetime, a: float, b: float) -> None:
    assert calendar.add(start, min(a, b)) <= calendar.add(start, max(a, b))
    assert calendar.add(start, a) >= start


@steady
@given(CALENDARS, MOMENTS, MOMENTS, MOMENTS)
def test_time_adds_up(calendar: CarrierDays, a: datetime, b: datetime, c: datetime) -> None:
    first, middle, last = sorted((a, b, c))
    parts = calendar.elapsed(first, middle) + calendar.elapsed(middle, last)
    assert calendar.elapsed(first, last) == pytest.approx(parts, abs=1e-9)
    assert calendar.elapsed(last, first) == 0


@steady
@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_a_weekend_adds_nothing(day: date) -> None:
    saturday = day + timedelta(days=(5 - day.weekday()) % 7)
    begin = local(f"{saturday} 00:00")
    end = local(f"{saturday + timedelta(days=2)} 00:00")
    assert NEW_YORK.elapsed(begin, end) == 0
