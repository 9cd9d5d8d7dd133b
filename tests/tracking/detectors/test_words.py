"""Durations, moments and windows in words."""

from datetime import timedelta

import pytest

from tests.tracking.detectors.parcels import AUSTIN, NEW_YORK, at
from tracking.detectors import words
from tracking.detectors.contract import Window


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (-5, "0 min"),
        (0, "0 min"),
        (18, "18 min"),
        (59.9, "59 min"),
        (60, "1 h"),
        (80, "1 h 20"),
        (65, "1 h 05"),
        (11 * 60 + 59, "11 h 59"),
        (12 * 60 + 30, "12 h"),
        (52 * 60, "52 h"),
        (72 * 60 - 1, "71 h"),
        (72 * 60, "3 d"),
        (100 * 60, "4 d"),
    ],
)
def test_duration(minutes: float, said: str) -> None:
    assert words.duration(timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (NEW_YORK, "Thu 19 Nov 17:00 EST"),
        (AUSTIN, "Thu 19 Nov 16:00 CST"),
        ("America/Sao_Paulo", "Thu 19 Nov 19:00 UTC-03"),
        ("", "Thu 19 Nov 22:00 UTC"),
    ],
)
def test_moment(zone: str, said: str) -> None:
    assert words.moment(at("19 17:00"), zone) == said


def test_days_are_counted_by_the_calendar() -> None:
    assert words.days_between(at("16 23:59"), at("18 00:01"), NEW_YORK) == "2 d"
    assert words.days_between(at("16 00:01"), at("16 23:59"), NEW_YORK) == "less than 1 d"


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(1), "1 carrier day"),
        (Window(0.5), "0.5 carrier days"),
        (Window(3), "3 carrier days"),
        (Window(0.25, True), "6 h"),
        (Window(1, True), "24 h"),
        (Window(4, True), "4 d"),
    ],
)
def test_window(window: Window, said: str) -> None:
    assert words.window(window) == said
