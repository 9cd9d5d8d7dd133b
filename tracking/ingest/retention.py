"""Bodies of messages are kept for 30 days. Then the content goes; the row with its facts stays for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from tracking.models import InboundMessage
from tracking.transactions import whole
from tracking.vocabulary import InboundState

KEPT_FOR = timedelta(days=30)
BATCH = 500
PRUNABLE = (InboundState.PROCESSED, InboundState.NOTHING)
"""What waits or failed keeps its body: a person may still repair the reading and replay it."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many messages lost their content, and whether more are due."""

    count: int
    is_complete: bool


def count_due(*, now: datetime) -> int:
    """Return how many messages are older than their time of keeping and still have content."""
    return _due(now).count()


def prune(
    *,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Pruned:
    """Remove body and headers of read messages that came more than 30 days ago, the oldest first, batch by batch.

    The digest of the body stays, so that a repetition is still recognized. Begins no batch after `until` (aware UTC).
    `progress` hears the size of each batch. Running it twice, or beside workers and replays, does no harm.
    """
    total = 0
    while until is None or clock() <= until:
        ids = list(_due(clock()).order_by("received_at").values_list("pk", flat=True)[:BATCH])
        total += _empty(ids, clock())
        progress(len(ids))
        if len(ids) < BATCH:
            return Pruned(total, is_complete=True)
    return Pruned(total, is_complete=False)


def _due(now: datetime) -> QuerySet[InboundMessage]:
    return InboundMessage.objects.filter(state__in=PRUNABLE, pruned_at=None, received_at__lt=now - KEPT_FOR)


@whole
def _empty(ids: list[int], now: datetime) -> int:
    """Empty those of these messages that nobody has taken up again meanwhile; return how many."""
    rows = InboundMessage.objects.filter(pk__in=ids, state__in=PRUNABLE, pruned_at=None)
    locked = list(rows.select_for_update().order_by("id").values_list("pk", flat=True))
    return InboundMessage.objects.filter(pk__in=locked).update(body=b"", headers={}, pruned_at=now)
