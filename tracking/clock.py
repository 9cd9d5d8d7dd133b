"""The only place that reads the time. Doors ask it; tests and the demo set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("shiptrack_clock", default=None)


def now() -> datetime:
    """Return the current moment, aware, in UTC; the set moment inside `at`."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Make `now` answer `moment` (aware) inside the block, for this thread or task only."""
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
