"""What tests of notifications share: presets in force, a parcel with a customer, a channel that only remembers."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from notifications import configuration
from tests.notifications.mail import Memory
from tests.tracking.shipments.telling import MONDAY, set_up


@pytest.fixture
def stage(db: None) -> Iterator[None]:
    """Two stores and their sources, with the preset rules and templates published long ago."""
    set_up()
    configuration.forget()
    configuration.load_presets(now=MONDAY - timedelta(days=30))
    yield
    configuration.forget()


@pytest.fixture
def memory() -> Memory:
    """A channel in place of e-mail that keeps what it is given."""
    return Memory()
