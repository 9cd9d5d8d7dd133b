"""The clock part: look again at every parcel whose next check is due."""

from collections.abc import Callable
from datetime import datetime

from tracking.exception_queue.refresh import BATCH, Refreshed, refresh
from tracking.models import Shipment, StatusChange
from tracking.transactions import alone

LOCK = "sweep"


def sweep(*, clock: Callable[[], datetime], until: datetime | None = None) -> Refreshed:
    """Refresh all parcels that are due, in batches by the index on `next_check_at`; one sweep at a time.

    Begins no new batch after `until` (aware UTC); what is left is due at the next ring.
    """
    total = Refreshed()
    with alone(LOCK) as is_ours:
        while is_ours:
            now = clock()
            due = Shipment.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
            ids = list(due.values_list("pk", flat=True)[:BATCH])
            if not ids or (until and now > until):
                break
            _add(total, refresh(shipment_ids=ids, now=now, cause=StatusChange.Cause.OBSERVATION))
    return total


def _add(total: Refreshed, part: Refreshed) -> None:
    total.looked_at += part.looked_at
    total.changed += part.changed
    total.opened += part.opened
    total.reopened += part.reopened
    total.resolved += part.resolved
