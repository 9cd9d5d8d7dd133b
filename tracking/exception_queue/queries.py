"""What the queue shows: open work in order of time left, counted cheaply."""

from tracking.models import ExceptionCase
from tracking.vocabulary import OPEN_CASE_STATES

CAP = 1000
"""Counts on screens stop here ("1,000+"): nobody acts on the difference, and counting more would cost with history."""


def count_open() -> int:
    """Open cases, counted up to the cap."""
    return ExceptionCase.objects.filter(state__in=OPEN_CASE_STATES)[:CAP].count()


def shown_count(count: int) -> str:
    """A capped count as people read it: "64", "1,000+"."""
    return f"{CAP:,}+" if count >= CAP else f"{count:,}"
