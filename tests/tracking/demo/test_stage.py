"""What the demo stands on."""

from datetime import datetime

import pytest

from tracking.configuration.operations import publish_content
from tracking.configuration.queries import in_force
from tracking.demo import stage
from tracking.models import RoutingRule
from tracking.presets import defaults
from tracking.routing.rule_sets import NAME as ROUTING


@pytest.mark.django_db
def test_parcels_that_never_left_are_the_warehouses_and_stay_where_somebody_put_them(now: datetime) -> None:
    defaults.load()
    publish_content(kind=ROUTING, content=in_force(ROUTING), now=now, note="Presets")
    for _ in range(2):
        stage.set_up(origin="http://127.0.0.1:9", now=now)
    teams = dict(RoutingRule.objects.filter(is_active=True).values_list("name", "team__slug"))
    assert teams.pop(defaults.NEVER_LEFT) == "warehouse"
    assert set(teams.values()) == {"support"}
    assert len(teams) == len(defaults.ROUTES)
    RoutingRule.objects.filter(name=defaults.NEVER_LEFT).update(team=RoutingRule.objects.get(is_last=True).team)
    stage.set_up(origin="http://127.0.0.1:9", now=now)
    assert RoutingRule.objects.get(name=defaults.NEVER_LEFT).team.slug == "support"
