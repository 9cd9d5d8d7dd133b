"""Every measurement runs through at a toy size. What it measures there means nothing; that it measures is the test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.results import Result

ROOT = Path(__file__).parent.parent.parent
TOY = "1500"
NAMES = {
    "ingest.pipeline_vs_insert",
    "ingest.pipeline_vs_per_object",
    "ingest.post_to_visible_p50_ms",
    "ingest.post_to_visible_p99_ms",
    "ingest.two_lanes_vs_one",
    "web.hook_vs_no_insert",
    "queue.page_1m_vs_1k",
    "search.exact_1m_vs_1k",
    "sweep.due_vs_scan",
    "sweep.rows_1m_vs_10k",
    "storage.bytes_per_event",
    "relay.vs_per_object",
    "relay.queue_to_send_p99_ms",
    "page.customer_vs_bare_view",
}


def run(output: Path) -> dict[str, dict[str, Any]]:
    """Measure everything on a server of its own, of which nothing may be left; return the results."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", "--output", str(output)],
        env={**os.environ, "BENCH_SIZE": TOY, "BENCH": ""},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said, _ = process.communicate(timeout=900)
    assert process.returncode == 0, said[-4000:]
    assert not list((ROOT / "var").glob(f"bench-{process.pid}-*/postgres"))
    found: dict[str, dict[str, Any]] = json.loads(output.read_text())
    return found


def test_everything_is_measured_and_says_what_it_holds_for(tmp_path: Path) -> None:
    """One test: tests of one file may be shared out to several processes, and each would measure everything anew."""
    measured = run(tmp_path / "bench.json")
    assert set(measured) >= NAMES
    for name, told in measured.items():
        assert set(told) == {"value", "unit", "target", "scale", "note"}
        assert told["value"] > 0
        assert told["scale"].startswith("toy (")
        assert told["note"]
        assert Result(name, **told).is_met in (True, False)  # the target can be read
    note = measured["ingest.pipeline_vs_insert"]["note"]
    for share in ("5.0 events each", "10% of the events repeated", "40% of the messages change", "3.0% open a case"):
        assert share in note
