"""Every measurement runs through at a toy size. What it measures there means nothing; that it measures is the test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.results import Result

ROOT = Path(__file__).parent.parent.parent
TOY = "1500"
NAMES = {
    "ingest.pipeline_vs_insert",
    "ingest.pipeline_vs_per_object",
    "ingest.post_to_visible_p50_ms",
    "ingest.post_to_visible_p99_ms",
    "web.hook_vs_no_insert",
    "queue.page_1m_vs_1k",
    "search.exact_1m_vs_1k",
    "sweep.due_vs_scan",
    "sweep.rows_1m_vs_10k",
    "storage.bytes_per_event",
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The results of one run of everything, on a server of its own."""
    output = tmp_path_factory.mktemp("bench") / "bench.json"
    ended = subprocess.run(
        [sys.executable, "-m", "bench", "--output", str(output)],
        env={**os.environ, "BENCH_SIZE": TOY, "BENCH": ""},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    found: dict[str, dict[str, Any]] = json.loads(output.read_text())
    return found


def test_everything_is_measured(measured: dict[str, dict[str, Any]]) -> None:
    assert set(measured) >= NAMES


def test_each_result_says_what_it_holds_for(measured: dict[str, dict[str, Any]]) -> None:
    for name, told in measured.items():
        assert set(told) == {"value", "unit", "target", "scale", "note"}
        assert told["value"] > 0
        assert told["scale"].startswith("toy (")
        assert told["note"]
        assert Result(name, **told).is_met in (True, False)  # the target can be read


def test_the_messages_have_the_shares_they_are_said_to_have(measured: dict[str, dict[str, Any]]) -> None:
    note = measured["ingest.pipeline_vs_insert"]["note"]
    assert "5.0 events each" in note
    assert "10% of the events repeated" in note
    assert "40% of the messages change a status" in note
    assert "3.0% open a case" in note


def test_nothing_is_left_behind(measured: dict[str, dict[str, Any]]) -> None:
    assert not list((ROOT / "var").glob("bench-*/postgres"))
