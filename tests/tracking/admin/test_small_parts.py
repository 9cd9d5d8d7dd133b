"""Badges, durations, times and numbers as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracking.admin.reader import Reader
from tracking.templatetags import shiptrack as parts
from tracking.vocabulary import KIND_ICON, Milestone, Severity, ShipmentStatus, SignalKind

NOW = datetime(2026, 11, 19, 15, 12, 4, tzinfo=UTC)
READER = Reader(None, NOW, ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("minutes", "tint", "words"),
    [
        (-102, "late", "late 1 h 42"),
        (-1, "late", "late 1 min"),
        (0, "hot", "0 min"),
        (60, "hot", "1 h"),
        (61, "warm", "1 h 01"),
        (240, "warm", "4 h"),
        (241, "calm", "4 h 01"),
        (52 * 60, "calm", "52 h"),
        (4 * 24 * 60, "calm", "4 d"),
    ],
)
def test_time_left(minutes: int, tint: str, words: str) -> None:
    assert parts.time_left(NOW + timedelta(minutes=minutes), NOW) == f'<span class="st-left {tint}">{words}</span>'


def test_no_due_time_shows_nothing() -> None:
    assert parts.time_left(None, NOW) == ""


@pytest.mark.parametrize(
    ("number", "groups", "tail"),
    [
        ("771244301186", "7712 4430 1186", "…4430 1186"),
        ("1234567890", "1234 5678 90", "1234 5678 90"),
        ("9400111899223857264499", "9400 1118 9922 3857 2644 99", "…5726 4499"),
        ("", "", ""),
    ],
)
def test_numbers_in_groups_of_four(number: str, groups: str, tail: str) -> None:
    assert (parts.number_groups(number), parts.number_tail(number)) == (groups, tail)


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (41200, "USD", "$412.00"),
        (123456, "EUR", "€1,234.56"),
        (500, "JPY", "JPY 500"),
        (None, "USD", ""),
        (5, "", "0.05"),
    ],
)
def test_money(minor: int | None, currency: str, words: str) -> None:
    assert parts.money(minor, currency) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0"), (999, "999"), (1000, "1,000+")])
def test_capped_counts(count: int, words: str) -> None:
    assert parts.capped(count) == words


def test_every_word_has_a_badge_with_icon_and_label() -> None:
    for code in {*ShipmentStatus.values, *Milestone.values}:
        badge = parts.status_badge(code)
        assert "material-symbols-outlined" in badge
        assert (parts.label_of(ShipmentStatus, code) or parts.label_of(Milestone, code)) in badge
    for severity in Severity:
        assert str(severity.label) in parts.severity_mark(severity.value)
    assert set(KIND_ICON) == set(SignalKind.values)


def test_nothing_has_moved_is_dashed_and_cancelled_is_struck() -> None:
    assert "st-badge dashed" in parts.status_badge("label_created")
    assert "struck" in parts.status_badge("cancelled")


def test_labels_are_escaped() -> None:
    assert "&lt;b&gt;" in parts.badge("low", "", "<b>")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "Thu 19 Nov 10:12"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "Wed 1 Jul 08:00"),
        (datetime(2025, 11, 1, 3, 30, tzinfo=UTC), "Fri 31 Oct 2025 23:30"),
    ],
)
def test_moments_in_the_readers_zone(at: datetime, words: str) -> None:
    assert READER.moment(at) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "10:12"),
        (datetime(2026, 11, 20, 4, 59, tzinfo=UTC), "23:59"),
        (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), "Fri 00:00"),
        (datetime(2026, 11, 13, 15, 0, tzinfo=UTC), "Fri 10:00"),
        (datetime(2026, 11, 12, 15, 0, tzinfo=UTC), "Thu 12 Nov"),
        (datetime(2026, 11, 26, 15, 0, tzinfo=UTC), "Thu 26 Nov"),
        (datetime(2025, 11, 1, 3, 30, tzinfo=UTC), "Fri 31 Oct 2025"),
    ],
)
def test_moments_of_a_row_are_as_short_as_they_are_clear(at: datetime, words: str) -> None:
    assert READER.near(at) == words


def test_the_zone_is_named() -> None:
    assert READER.as_of == "Thu 19 Nov 10:12:04 EST"
