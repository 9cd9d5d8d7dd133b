"""The rows that measurements stand on are such as the product works with."""

from datetime import datetime

import pytest

from bench import ground, population, sweep
from tracking.models import ExceptionCase, Shipment


@pytest.mark.django_db
def test_of_many_active_parcels_a_sweep_takes_those_that_are_due(presets: None, now: datetime) -> None:
    ground.lay(now)
    population.fill_active(300, 20, now)
    assert Shipment.objects.filter(next_check_at__gt=now).count() == 280
    assert sweep.rows_of_a_sweep(20, now) > 20
    assert not ExceptionCase.objects.exists(), "it was taken back"
