from datetime import UTC, date, datetime, time, timedelta

import pytest

from tracking.sandbox.timing import Offset, offset, span, workday

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, date(2026, 11, 20)),
        (1, date(2026, 11, 23)),
        (3, date(2026, 11, 25)),
        (4, date(2026, 11, 27)),  # over Thanksgiving
        (-1, date(2026, 11, 19)),
    ],
)
def test_working_days(count: int, expected: date) -> None:
    assert workday(FRIDAY, count) == expected


def test_an_offset_is_read_on_the_clock_of_its_place() -> None:
    assert offset("day 1 16:40") == Offset(1, time(16, 40))
    assert offset("day 1 16:40").moment(FRIDAY, "America/New_York") == datetime(2026, 11, 23, 21, 40, tzinfo=UTC)
    assert offset("day 0 16:40 + 24h").moment(FRIDAY, "UTC") == datetime(2026, 11, 21, 16, 40, tzinfo=UTC)
    assert offset("day 1 00:00 - 48h").moment(FRIDAY, "UTC") == datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "day one 10:00", "day 1", "day 1 10:00 + 3 days", "1 10:00", "day 1 25:00"])
def test_a_bad_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|hour"):
        offset(text)


def test_spans() -> None:
    assert [span("45min"), span("6h"), span("2d")] == [timedelta(minutes=45), timedelta(hours=6), timedelta(days=2)]
    with pytest.raises(ValueError, match="form"):
        span("soon")
