import pytest

from tests.tracking.shipments.telling import set_up


@pytest.fixture
def stage(db: None) -> None:
    """An installation whose sources say what the test lets them say."""
    set_up()
