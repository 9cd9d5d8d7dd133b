"""The named moments at which a process can be made to die. Standard library only."""

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = "SHIPTRACK_SOAK_POINTS"
"""The environment variable that names the folder in which points are armed."""


@dataclass(frozen=True, slots=True)
class Point:
    """One moment: before, after or inside (worked, not committed) a function of the product, named `module:path`.

    `program` is who dies there; `task` is rung to bring it there, if its own work does not.
    """

    name: str
    program: str
    place: str
    moment: str
    task: str = ""


_DRAIN, _CALLING = "tracking.ingest.drain", "tracking.ingest.calling"
_POLL, _SWEEP = "tracking.tasks.poll", "tracking.tasks.sweep"
IN_A_BISECT = Point("drain: in a bisect", "core", f"{_DRAIN}:_apply_group", "bisect")
POINTS = (
    Point("webhook: before the commit", "web", "tracking.ingest.operations:_insert", "after"),
    Point("webhook: before the answer", "web", "tracking.ingest.operations:receive", "after"),
    Point("drain: before the claim", "core", f"{_DRAIN}:claim", "before"),
    Point("drain: after the claim", "core", f"{_DRAIN}:process", "before"),
    Point("drain: before the commit", "core", f"{_DRAIN}:plan_polls", "after"),
    Point("drain: after the commit", "core", f"{_DRAIN}:process", "after"),
    IN_A_BISECT,
    Point("poll: before the call", "net", f"{_CALLING}:Caller.call", "before", _POLL),
    Point("poll: before storing", "net", f"{_CALLING}:store_polled", "before", _POLL),
    Point("poll: after storing", "net", f"{_CALLING}:store_polled", "after", _POLL),
    Point("sweep: before the commit", "core", "tracking.exception_queue.sweep:refresh", "inside", _SWEEP),
    Point("sweep: after the commit", "core", "tracking.exception_queue.sweep:refresh", "after", _SWEEP),
)


def arm(folder: Path, point: Point) -> None:
    """Let the next process that comes to the point die there."""
    _armed(folder, point).touch()


def disarm(folder: Path, point: Point) -> None:
    """Take the order back."""
    _armed(folder, point).unlink(missing_ok=True)


def has_fired(folder: Path, point: Point) -> bool:
    """Tell whether a process died there since the point was armed; forgets it."""
    try:
        _fired(folder, point).unlink()
    except FileNotFoundError:
        return False
    return True


def fire(point: Point) -> bool:
    """Tell the process that asks whether it is the one to die at this point; only one of several is."""
    folder = Path(os.environ[FOLDER])
    try:
        _armed(folder, point).rename(_fired(folder, point))
    except FileNotFoundError:
        return False
    return True


def _armed(folder: Path, point: Point) -> Path:
    return folder / f"{POINTS.index(point)}.armed"


def _fired(folder: Path, point: Point) -> Path:
    return folder / f"{POINTS.index(point)}.fired"
