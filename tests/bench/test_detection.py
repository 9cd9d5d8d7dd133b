"""The measurement of detection: its own calendar, its truths, and a small run of the whole."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.detection import run
from bench.detection.lives import FATES, PHYSICAL, Life, Step, write_lives
from bench.detection.truth import REPORTED, as_told, next_cutoff, open_days_after, truths_of

NEW_YORK = ZoneInfo("America/New_York")
THURSDAY = datetime(2026, 8, 6, 10, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, datetime(2026, 8, 7, 10, tzinfo=NEW_YORK)),
        (2, datetime(2026, 8, 10, 10, tzinfo=NEW_YORK)),  # no day on the weekend
        (1.5, datetime(2026, 8, 7, 22, tzinfo=NEW_YORK)),
    ],
)
def test_open_days_leave_weekends_out(days: float, expected: datetime) -> None:
    assert open_days_after(THURSDAY, days) == expected


def test_the_carrier_collects_on_open_days_at_five() -> None:
    friday_evening = datetime(2026, 8, 7, 18, tzinfo=NEW_YORK)
    assert next_cutoff(THURSDAY) == datetime(2026, 8, 6, 17, tzinfo=NEW_YORK)
    assert next_cutoff(friday_evening) == datetime(2026, 8, 10, 17, tzinfo=NEW_YORK)


def _life(*steps: tuple[str, float]) -> Life:
    told = [Step(name, THURSDAY + timedelta(hours=hours)) for name, hours in steps]
    return Life(1, "by hand", THURSDAY, THURSDAY, THURSDAY, told)


@pytest.mark.parametrize(
    ("life", "kinds"),
    [
        (_life(("label", 0), ("accept", 8), ("out", 27), ("done", 30)), set()),
        (_life(("label", 0)), {"no_first_scan"}),
        (_life(("label", 0), ("batch", 9)), {"batch_accepted_only"}),
        (_life(("label", 0), ("accept", 8)), {"stalled", "presumed_lost"}),
        (_life(("label", 0), ("accept", 8), ("wrong", 30), ("done", 60)), {"address_issue"}),
        (_life(("label", 0), ("accept", 8), ("out", 20), ("done", 110)), {"stalled"}),
    ],
)
def test_what_is_true_of_a_life(life: Life, kinds: set[str]) -> None:
    heard = {step: step.at for step in life.steps}
    assert {truth.kind for truth in truths_of(life, heard)} == kinds


def test_a_problem_told_after_its_end_needs_no_alarm() -> None:
    life = _life(("label", 0), ("accept", 8), ("wrong", 30), ("done", 60))
    assert not truths_of(life, {step: THURSDAY + timedelta(hours=61) for step in life.steps})


def test_a_silence_whose_end_is_told_too_late_is_no_truth_but_seems_one() -> None:
    life = _life(("label", 0), ("accept", 8), ("out", 20), ("done", 22))
    heard = {step: step.at for step in life.steps}
    assert as_told(life, heard) == truths_of(life, heard) == []
    heard = {step: step.at if step.name == "label" else THURSDAY + timedelta(days=6) for step in life.steps}
    assert truths_of(life, heard) == []
    assert [each.kind for each in as_told(life, heard)] == ["no_first_scan"]


def test_every_fate_is_written_and_uses_known_steps() -> None:
    lives = write_lives(len(FATES), seed=3)
    assert {life.fate for life in lives} == set(FATES)
    known = PHYSICAL | {"label", "batch", "weather", "note"}
    assert {step.name for life in lives for step in life.steps} <= known
    assert set(REPORTED) <= known


@pytest.mark.django_db
def test_problems_are_found_in_time_and_alarms_are_right(presets: None) -> None:
    verdict = run.measure(parcels=30, seed=11, slot=timedelta(hours=4), order_days=1)
    reported, clocked = verdict.sum_of(by_clock=False), verdict.sum_of(by_clock=True)
    assert reported.real >= 6
    assert clocked.real >= 6
    assert (reported.recall, clocked.recall) == (1, 1), verdict.mistakes
    assert verdict.total().late == 0, verdict.mistakes
    total = verdict.total()
    assert total.false == total.helpless, verdict.mistakes  # whose end was told after the window
    assert total.precision >= 0.8, verdict.mistakes  # few parcels, told in steps of four hours
