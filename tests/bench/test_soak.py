"""The endurance run: its points, its plan, that it says what does not hold, and a short one with real processes."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.environment import ROOT
from bench.soak import killing, load, points
from bench.soak.killing import Killer, plan
from bench.soak.points import POINTS
from bench.soak.proving import Proof
from bench.soak.replaying import differences
from bench.soak.run import Soak

SHORT = ("webhook: before the answer", "poll: before storing", "sweep: before the commit", "database process")


def test_every_point_is_a_function_of_the_product() -> None:
    for point in POINTS:
        module, _, path = point.place.partition(":")
        place: Any = import_module(module)
        for name in path.split("."):
            place = getattr(place, name)
        assert callable(place), point.name


def test_only_one_process_dies_at_an_armed_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(points.FOLDER, str(tmp_path))
    point = POINTS[0]
    assert not points.fire(point)
    points.arm(tmp_path, point)
    assert [points.fire(point), points.fire(point)] == [True, False]
    assert [points.has_fired(tmp_path, point), points.has_fired(tmp_path, point)] == [True, False]


def test_a_plan_has_every_point_and_the_rest_at_random() -> None:
    blows = plan(50, seed=1)
    assert len(blows) == 50
    assert set(POINTS) <= set(blows)
    assert plan(50, seed=1) == blows != plan(50, seed=2)


def test_a_victim_that_is_being_started_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start can take longer than half a minute; only after two does a kill count as one that found nobody."""
    seconds = 0.0

    class Starting:
        def kill(self, victim: str, dice: Random) -> bool:
            return seconds >= 100 and victim == "web worker"

    def tend(_: Killer, for_seconds: float) -> None:
        nonlocal seconds
        seconds += for_seconds

    monkeypatch.setattr(killing, "time", SimpleNamespace(monotonic=lambda: seconds))
    monkeypatch.setattr(Killer, "_tend", tend)
    killer = Killer(cast(Any, Starting()), cast(Any, None), Random(1), (0, 0))
    assert killer._kill("web worker")
    assert not killer._kill("web server")


def test_what_a_webhook_names_is_where_the_vendors_answer() -> None:
    """Else ShipStation's would be refused, and nothing it names would be fetched under load."""
    now, origin = datetime(2026, 3, 1, tzinfo=UTC), "http://127.0.0.1:65000"
    pushed = load.deliveries(load.world_for(900, 3, now, origin), 3, now)
    named = [json.loads(each.body)["resource_url"] for each in pushed if b"resource_url" in each.body]
    assert named
    assert all(address.startswith(origin) for address in named)


def test_what_does_not_hold_is_said() -> None:
    one = {"parcels": Counter({("1Z", "delivered"): 1})}
    other = {"parcels": Counter({("1Z", "in_transit"): 1})}
    proof = Proof(lost=1, undone=2, twice={"events": 3}, differing=differences(one, other))
    assert Soak(not_reached=1, proof=proof).faults() == [
        "1 kills found nobody",
        "1 messages answered as taken are not there",
        "2 messages were never worked",
        "3 events twice",
        "2 parcels differ from the replay",
    ]
    assert Soak().faults() == []


def test_a_short_run_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """An installation of its own under load; every kill heals, and what is left equals the clean replay."""
    output = tmp_path / "soak.json"
    words = ("--quick", "--events", "300", "--only", ",".join(SHORT), "--output", str(output))
    ended = subprocess.run(
        [sys.executable, "-m", "bench.soak", *words],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
    found = json.loads(output.read_text())
    proof = found["proof"]
    assert [wound["name"] for wound in found["wounds"]] == list(SHORT)
    assert proof["accepted"] > 50
    assert proof["recorded"] > 200
    assert proof["parcels"] > 20
    assert (proof["lost"], proof["undone"], set(proof["twice"].values())) == (0, 0, {0})
    assert not any(proof["differing"].values())
