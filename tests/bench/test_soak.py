"""The parts of the endurance run: its points, its plan, and that it says what does not hold."""

from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.soak import points
from bench.soak.killing import plan
from bench.soak.points import POINTS
from bench.soak.proving import Proof
from bench.soak.replaying import differences
from bench.soak.run import Soak


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
