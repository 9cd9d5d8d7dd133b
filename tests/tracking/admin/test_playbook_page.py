"""The playbook's page: every cell leads to its setting, gaps are red, it costs the same at any size."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.models import KindPolicy, RoutingRule
from tracking.presets import defaults
from tracking.vocabulary import ShipmentStatus, SignalKind

pytestmark = pytest.mark.django_db
PAGE = "/admin/tracking/playbook/"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def world(client: Client) -> World:
    world = World.make()
    defaults.load()
    client.force_login(person("manager", "change_kindpolicy", team=world.team))
    return world


def cells(html: str, kind: str) -> dict[str, str]:
    row = re.search(rf'<tr id="{kind}">(.*?)</tr>', html, re.DOTALL)
    assert row
    found = re.findall(r'<td data-label="([^"]+)"([^>]*)>(.*?)</td>', row.group(1), re.DOTALL)
    return {name: attributes + text for name, attributes, text in found}


def test_there_is_a_row_for_every_kind_and_status_with_working_links(client: Client, world: World) -> None:
    html = client.get(PAGE).content.decode()
    for kind in SignalKind.values:
        found = cells(html, kind)
        for name in ("Window", "Severity", "Who gets it", "First response", "Next action", "If nobody acts"):
            assert "href=" in found[name], (kind, name)
    for status in ShipmentStatus.values:
        assert f'<tr id="status-{status}">' in html
    links = set(re.findall(r'class="pb-cell" href="([^"#]+)"', html))
    assert len(links) > len(SignalKind.values)
    for link in sorted(links):
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link


def test_gaps_are_red_until_somebody_decides(client: Client, world: World) -> None:
    assert "only the last rule" in cells(client.get(PAGE).content.decode(), "lost")["Who gets it"]
    RoutingRule.objects.create(position=1, name="Lost ones", team=world.team, kinds=["lost"])
    KindPolicy.objects.filter(kind="lost").update(next_action=" ")
    found = cells(client.get(PAGE).content.decode(), "lost")
    assert "gap" not in found["Who gets it"]
    assert "Lost ones" in found["Who gets it"]
    assert 'class="gap"' in found["Next action"]


def test_the_page_costs_the_same_with_more_rules(client: Client, world: World) -> None:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    RoutingRule.objects.bulk_create(
        RoutingRule(position=n, name=f"Rule {n}", team=world.team, kinds=["lost"], country="US") for n in range(40)
    )
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few) <= 25


def test_who_may_not_look_does_not(client: Client, world: World) -> None:
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get(PAGE).status_code == 403
