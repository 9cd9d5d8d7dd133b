"""What came and went: cases opened and resolved on each of the last local days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from tracking.models import ExceptionCase
from tracking.models.case import OPEN
from tracking.vocabulary import CaseState

DAYS = 14


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: cases first opened on it, and cases resolved on it for good (so far)."""

    date: date
    opened: int
    resolved: int


def days(now: datetime, zone: ZoneInfo) -> tuple[Day, ...]:
    """Return the last 14 days of `zone`, oldest first, today (until `now`, aware UTC) last. Two queries.

    They read the open cases and those resolved within these days, never what ended before.
    """
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), zone)
    ended = Q(state=CaseState.RESOLVED, resolved_at__gte=since)
    opened = _by_day(Q(opened_at__gte=since) & (OPEN | ended), "opened_at", zone)
    resolved = _by_day(ended, "resolved_at", zone)
    dates = [first + timedelta(days=number) for number in range(DAYS)]
    return tuple(Day(each, opened.get(each, 0), resolved.get(each, 0)) for each in dates)


def _by_day(condition: Q, moment: str, zone: ZoneInfo) -> Mapping[date, int]:
    rows = ExceptionCase.objects.filter(condition).order_by().annotate(day=TruncDate(moment, tzinfo=zone))
    return dict(rows.values_list("day").annotate(many=Count("pk")))
