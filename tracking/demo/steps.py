"""What else happens while the demo's past is played: other apps add their work here."""

from collections.abc import Callable
from datetime import datetime

_steps: list[Callable[[datetime], None]] = []


def add(step: Callable[[datetime], None]) -> None:
    """Have a function called at every tick of the past, with its moment (aware UTC)."""
    if step not in _steps:
        _steps.append(step)


def take(now: datetime) -> None:
    """Call them all, in the order in which they were added."""
    for step in _steps:
        step(now)
