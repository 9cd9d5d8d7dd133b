"""Inflow and outflow by local day, and typical times of response."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking.analytics import flow, response
from tracking.models import CaseActivity, ExceptionCase

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World.make()


def test_days_are_those_of_the_reader(world: World) -> None:
    late_evening = datetime(2026, 11, 18, 4, 30, tzinfo=UTC)  # Tuesday 23:30 in New York
    world.case(opened_at=late_evening)
    world.resolved(opened_at=late_evening, ended=NOW - datetime(2026, 11, 19, 5, 0, tzinfo=UTC))  # Thursday 0:00 there
    world.resolved(opened_at=NOW - timedelta(days=40), ended=timedelta(days=20))
    found = {
        str(day.date): (day.opened, day.resolved) for day in flow.days(NOW, NEW_YORK) if day.opened or day.resolved
    }
    assert found == {"2026-11-17": (2, 0), "2026-11-19": (0, 1)}
    assert [day.date.isoformat() for day in flow.days(NOW, NEW_YORK)][::13] == ["2026-11-06", "2026-11-19"]


def resolved(world: World, owned: float | None, acted: float, ended: float, **changes: object) -> ExceptionCase:
    """A case of ten days ago; the moments of owner, first action and end in hours after its opening."""
    opened = NOW - timedelta(days=10)
    case = world.resolved(
        ended=timedelta(days=10) - ended * HOUR, opened_at=opened, first_responded_at=opened + acted * HOUR, **changes
    )
    if owned is not None:
        CaseActivity.objects.create(case=case, kind="taken", at=opened + owned * HOUR)
    return case


def test_typical_times_by_kind(world: World) -> None:
    for owned, acted in ((1, 2), (2, 6), (3, 4)):
        resolved(world, owned, acted, 24)
    resolved(world, None, 1, 5, kind="lost")  # acted on by somebody who never owned it
    world.resolved(first_responded_at=None)  # ended by itself
    world.resolved(ended=timedelta(days=15), opened_at=NOW - timedelta(days=20), first_responded_at=NOW)
    every, scan, lost = response.lines(NOW)
    assert [(line.kind, line.count) for line in (every, scan, lost)] == [("", 4), ("no_first_scan", 3), ("lost", 1)]
    assert scan.typical == response.Times(2 * HOUR, HOUR, 4 * HOUR, 20 * HOUR)
    assert scan.slow == 6 * HOUR
    assert lost.typical == response.Times(HOUR, 0 * HOUR, HOUR, 4 * HOUR)


def test_a_router_that_names_an_owner_counts_and_one_that_does_not_does_not(world: World) -> None:
    case = resolved(world, 3, 5, 9)
    somebody = person("somebody")
    CaseActivity.objects.create(case=case, kind="routed", at=case.opened_at, after={"team": 1, "owner": None})
    CaseActivity.objects.create(
        case=case, kind="routed", at=case.opened_at + 2 * HOUR, after={"team": 1, "owner": somebody.pk}
    )
    assert response.lines(NOW)[0].typical.owned == 2 * HOUR


def test_a_reopened_case_counts_from_its_last_opening(world: World) -> None:
    case = resolved(world, 50, 51, 52)
    CaseActivity.objects.create(case=case, kind="taken", at=case.opened_at + HOUR)  # of its first life
    ExceptionCase.objects.filter(pk=case.pk).update(reopened_at=case.opened_at + 48 * HOUR, reopened_count=1)
    assert response.lines(NOW)[0].typical == response.Times(2 * HOUR, HOUR, 3 * HOUR, HOUR)


def test_nobody_has_acted(world: World) -> None:
    world.case()
    assert response.lines(NOW) == ()


def test_queries_do_not_grow(world: World) -> None:
    counted = []
    for many in (1, 20):
        for _ in range(many):
            resolved(world, 1, 2, 3)
        with CaptureQueriesContext(connection) as seen:
            flow.days(NOW, NEW_YORK)
            response.lines(NOW)
        counted.append(len(seen))
    assert counted == [4, 4]
