"""The demo's past is played while nothing else works these rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tracking.admin.world import NOW
from tracking.demo import player
from tracking.exception_queue import sweep
from tracking.ingest.lanes import lanes


@pytest.mark.parametrize("many", [1, 3])
def test_it_holds_every_lane_and_the_sweep(monkeypatch: pytest.MonkeyPatch, settings: Any, many: int) -> None:
    settings.DRAIN_LANES = many
    asked: list[str] = []

    @contextmanager
    def alone(name: str) -> Iterator[bool]:
        asked.append(name)
        yield name != sweep.LOCK  # somebody sweeps just now

    monkeypatch.setattr(player, "alone", alone)
    world: Any = SimpleNamespace(start=NOW, live_from=NOW)
    with pytest.raises(player.NotTaken):
        player.play(world, cursor={}, keep=lambda cursor, done: None)
    assert asked == [*(lane.lock for lane in lanes()), sweep.LOCK]
    assert len(asked) == many + 1
