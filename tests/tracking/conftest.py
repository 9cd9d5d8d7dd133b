"""What tests of tracking share: a fixed moment, and the presets of a new installation."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tracking.events import meanings
from tracking.presets.loading import load_all


@pytest.fixture
def now() -> datetime:
    """A Wednesday, noon in London, morning in New York."""
    return datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.fixture
def presets(db: None, now: datetime) -> Iterator[None]:
    """Mappings, carriers, groups, default team, rules and policies, as a new installation has them."""
    meanings.forget()
    load_all(now=now)
    yield
    meanings.forget()
