"""Questions about feed incidents, for banners and pages."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from tracking.detectors.windows import LONGEST_PAUSE
from tracking.models import FeedIncident
from tracking.vocabulary import CaseState

MOST = 10


@dataclass(frozen=True, slots=True)
class Silence:
    """An incident as people read of it: `cases` of it are still open; the clocks stand until `until` (aware UTC)."""

    incident: FeedIncident
    cases: int
    until: datetime
    clocks_stand: bool


def open_incidents() -> QuerySet[FeedIncident]:
    """The incidents that are open, for counting."""
    return FeedIncident.objects.filter(ended_at=None)


def open_silences(now: datetime) -> list[Silence]:
    """Return the incidents that are open, oldest first. One query."""
    return [_silence(row, now) for row in _counted().filter(ended_at=None).order_by("began_at")]


def silences_of(source_id: int, now: datetime) -> list[Silence]:
    """Return the last incidents of a source, newest first. One query."""
    return [_silence(row, now) for row in _counted().filter(source_id=source_id)[:MOST]]


def _counted() -> QuerySet[FeedIncident]:
    still_open = Q(cases__state__in=[state for state in CaseState.values if state != CaseState.RESOLVED])
    return FeedIncident.objects.select_related("source").annotate(open_cases=Count("cases", filter=still_open))


def _silence(row: FeedIncident, now: datetime) -> Silence:
    until = row.began_at + LONGEST_PAUSE
    stands = row.ended_at is None and now < until and row.parcels_alone > 0
    return Silence(row, row.open_cases, until, stands)  # type: ignore[attr-defined]
