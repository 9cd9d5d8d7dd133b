"""What is plugged in exists, and reaches the task queue's table."""

import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from django_q.models import Schedule

from shiptrack_site.schedules import sync_schedules
from shiptrack_site.wiring import CONFIGURATION, ON_START, SCHEDULES, Repeat
from tracking.configuration.kinds import kind_called

TWO = (Repeat("one", "tracking.tasks.beat", 1, "core"), Repeat("two", "tracking.tasks.beat", 5, "net"))


def rows() -> list[tuple[str, str, int, str]]:
    return list(Schedule.objects.order_by("name").values_list("name", "func", "minutes", "cluster"))


@pytest.mark.django_db
def test_the_table_follows_the_list() -> None:
    Schedule.objects.create(name="of an older release", func="gone.away", schedule_type=Schedule.MINUTES, minutes=1)
    sync_schedules(TWO)
    assert rows() == [("one", "tracking.tasks.beat", 1, "core"), ("two", "tracking.tasks.beat", 5, "net")]
    sync_schedules((Repeat("two", "tracking.tasks.beat", 9, "core"),))
    assert rows() == [("two", "tracking.tasks.beat", 9, "core")]


@pytest.mark.django_db
def test_a_second_start_delays_nothing() -> None:
    sync_schedules(TWO)
    before = dict(Schedule.objects.values_list("name", "next_run"))
    sync_schedules(TWO)
    assert dict(Schedule.objects.values_list("name", "next_run")) == before


def test_every_function_named_exists() -> None:
    for path in (*ON_START, *(repeat.function for repeat in SCHEDULES)):
        assert callable(import_string(path)), path


def test_every_kind_of_configuration_is_known() -> None:
    kinds = [import_string(path) for path in CONFIGURATION]
    assert [kind_called(kind.name) for kind in kinds] == kinds


def test_schedules_have_names_of_their_own_and_a_cluster_that_runs() -> None:
    assert len({repeat.name for repeat in SCHEDULES}) == len(SCHEDULES)
    running = {settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]}
    assert {repeat.cluster for repeat in SCHEDULES} <= running
