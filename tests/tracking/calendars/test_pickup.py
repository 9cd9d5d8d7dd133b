"""The next pickup cut-off: strictly after, in the warehouse's zone, never on a closed day."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.calendars.contract import PickupPlan
from tracking.calendars.pickup import next_cutoff

steady = settings(derandomize=True)
ZONE = "America/New_York"
PLAN = PickupPlan(ZONE, {day: time(17) for day in range(5)}, frozenset({date(2026, 11, 26)}))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "cutoff"),
    [
        ("2026-11-19 16:59:59", "2026-11-19 17:00"),
        ("2026-11-19 17:00", "2026-11-20 17:00"),  # strictly after
        ("2026-11-20 18:00", "2026-11-23 17:00"),  # over the weekend
        ("2026-11-25 20:00", "2026-11-27 17:00"),  # over a closed day
        ("2026-03-06 18:00", "2026-03-09 17:00"),  # over a clock change
    ],
)
def test_next_cutoff(after: str, cutoff: str) -> None:
    assert next_cutoff(PLAN, local(after)) == local(cutoff)


def test_no_cutoffs() -> None:
    assert next_cutoff(PickupPlan(ZONE), local("2026-11-19 12:00")) is None


def test_closed_weeks_do_not_hide_the_next_pickup() -> None:
    mondays = frozenset(date(2026, 11, day) for day in (2, 9, 16, 23, 30))
    plan = PickupPlan(ZONE, {0: time(10)}, mondays)
    assert next_cutoff(plan, local("2026-11-01 12:00")) == local("2026-12-07 10:00")


@steady
@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))
def test_a_cutoff_lies_ahead_on_a_pickup_day(after: datetime) -> None:
    cutoff = next_cutoff(PLAN, after)
    assert cutoff is not None
    shown = cutoff.astimezone(ZoneInfo(ZONE))
    assert cutoff > after
    assert shown.weekday() in PLAN.cutoffs
    assert shown.time() == time(17)
    assert shown.date() not in PLAN.closed
