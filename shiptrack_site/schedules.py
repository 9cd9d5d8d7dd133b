"""Brings the schedules of `wiring.py` into the task queue's table."""

from collections.abc import Sequence

from django.db import connection, transaction
from django_q.models import Schedule

from shiptrack_site.wiring import SCHEDULES, Repeat

_LOCK = 4_812_001
"""Advisory lock: the table has no unique name, and two starts at once would make every schedule twice."""


@transaction.atomic
def sync_schedules(wanted: Sequence[Repeat] = SCHEDULES) -> None:
    """Make the table hold exactly `wanted`. A schedule that stays keeps the time of its next run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    Schedule.objects.exclude(name__in=[repeat.name for repeat in wanted]).delete()
    for repeat in wanted:
        Schedule.objects.update_or_create(
            name=repeat.name,
            defaults={
                "func": repeat.function,
                "schedule_type": Schedule.MINUTES,
                "minutes": repeat.minutes,
                "repeats": -1,
                "cluster": repeat.cluster,
            },
        )
