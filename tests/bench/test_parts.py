"""The parts that decide what a number says: comparing, choosing, writing."""

import json
from pathlib import Path

import pytest

from bench import runner, scale, timing
from bench.results import Result, table, write


def result(value: float, target: str) -> Result:
    return Result("ingest.some", value, "ms", target, "small (10 rows)", "A note.")


@pytest.mark.parametrize(
    ("value", "target", "is_met"),
    [(0.25, ">= 0.25", True), (0.249, ">= 0.25", False), (150, "<= 150", True), (150.1, "<= 150", False)],
)
def test_a_target_has_a_direction(value: float, target: str, is_met: bool) -> None:
    assert result(value, target).is_met is is_met
    assert ("MISSED" in table([result(value, target)])) is not is_met


def test_what_is_written_can_be_read_by_programs(tmp_path: Path) -> None:
    write([result(12.345678, "<= 20")], tmp_path / "deep" / "bench.json")
    told = {"value": 12.3457, "unit": "ms", "target": "<= 20", "scale": "small (10 rows)", "note": "A note."}
    assert json.loads((tmp_path / "deep" / "bench.json").read_text()) == {"ingest.some": told}


def test_sides_take_turns_and_the_first_round_does_not_count() -> None:
    calls: list[str] = []

    def side(name: str) -> timing.Side:
        def run(number: int) -> float:
            calls.append(f"{name}{number}")
            return number

        return run

    assert timing.interleaved(2, side("a"), side("b")) == ([1, 2], [1, 2])
    assert calls == ["b0", "a0", "a1", "b1", "b2", "a2"]
    calls.clear()
    timing.interleaved(1, side("a"), side("b"), one_first=True)
    assert calls == ["a0", "b0", "a1", "b1"]


def test_a_ratio_is_taken_round_by_round() -> None:
    assert timing.ratio([1, 10, 100], [2, 20, 200]) == 0.5


@pytest.mark.parametrize(
    ("wanted", "first", "count"),
    [("", "ingest.pipeline_vs_insert", len(runner.ALL)), ("queue, search", "queue.page_1m_vs_1k", 2)],
)
def test_measurements_are_chosen_by_the_beginning_of_their_names(wanted: str, first: str, count: int) -> None:
    found = runner.chosen(wanted)
    assert (found[0], len(found)) == (first, count)


def test_a_word_that_names_nothing_is_refused() -> None:
    with pytest.raises(SystemExit, match="BENCH names relays"):
        runner.chosen("queue,relays")


def test_the_scale_is_small_full_or_a_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCALE", raising=False)
    monkeypatch.delenv("BENCH_SIZE", raising=False)
    assert scale.chosen() == scale.SMALL
    monkeypatch.setenv("SCALE", "full")
    assert scale.chosen().many == 1_000_000
    monkeypatch.setenv("BENCH_SIZE", "300")
    assert scale.chosen().name == "toy"
    monkeypatch.delenv("BENCH_SIZE")
    monkeypatch.setenv("SCALE", "huge")
    with pytest.raises(SystemExit, match="SCALE is huge"):
        scale.chosen()
