"""What else happens while the demo's past is played: other apps add their work here."""

from collections.abc import Callable
from datetime import datetime

_steps: list[Callable[[datetime], None]] = []
_last: list[Callable[[datetime, str], None]] = []


def add(step: Callable[[datetime], None]) -> None:
    """Have a function called at every tick of the past, with its moment (aware UTC)."""
    if step not in _steps:
        _steps.append(step)


def take(now: datetime) -> None:
    """Call them all, in the order in which they were added."""
    for step in _steps:
        step(now)


def add_last(step: Callable[[datetime, str], None]) -> None:
    """Have a function called once the past is played, with the present moment and where the sandbox answers."""
    if step not in _last:
        _last.append(step)


def finish(now: datetime, origin: str) -> None:
    """Call those that wait for the end of the past; `origin` like "http://127.0.0.1:8001"."""
    for step in _last:
        step(now, origin)
