"""The clock part: parcels whose next check is due, cases whose clocks ran out, people who are not there any more."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from django.db.models import Q

from tracking.exception_queue.escalation import look_at_clocks
from tracking.exception_queue.handover import look_at_people
from tracking.exception_queue.refresh import BATCH, Refreshed, refresh
from tracking.models import Shipment, StatusChange
from tracking.transactions import alone

logger = logging.getLogger(__name__)

LOCK = "sweep"
ACTIVE_FOR = timedelta(days=45)
PUT_OFF = timedelta(hours=1)  # how long a parcel rests that could not be looked at


@dataclass(slots=True)
class Swept(Refreshed):
    """What a sweep led to: besides parcels, cases escalated, brought back and handed over."""

    escalated: int = 0
    woken: int = 0
    handed_over: int = 0


def sweep(*, clock: Callable[[], datetime], until: datetime | None = None) -> Swept:
    """Refresh all parcels that are due, in batches by the index on `next_check_at`, then look at cases and people.

    One sweep at a time; whoever comes second leaves at once. Begins no new batch after `until` (aware UTC); what is
    left is due at the next ring.
    """
    total = Swept()
    with alone(LOCK) as is_ours:
        while is_ours:
            now = clock()
            due = Shipment.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
            ids = list(due.values_list("pk", flat=True)[:BATCH])
            if not ids or (until and now > until):
                break
            _look_at(ids, now, total)
        if is_ours:
            total.handed_over = look_at_people(now=clock()).cases
            clocks = look_at_clocks(clock=clock, until=until)
            total.escalated, total.woken = clocks.escalated, clocks.woken
    return total


def look_at_all_again(*, now: datetime) -> int:
    """Make every active parcel due, because a policy or calendar changed; the sweep works them off in batches.

    Returns how many. Active: not ended, and announced or heard of within 45 days.
    """
    young = now - ACTIVE_FOR
    active = Shipment.objects.filter(Q(last_event_at__gte=young) | Q(created_at__gte=young), ended_at=None)
    return active.filter(merged_into=None).update(next_check_at=now)


def _look_at(ids: Sequence[int], now: datetime, total: Refreshed) -> None:
    """Refresh a batch; if it fails, halve it until the bad parcel stands alone, and put that one off."""
    try:
        _add(total, refresh(shipment_ids=ids, now=now, cause=StatusChange.Cause.OBSERVATION))
    except Exception as error:
        if isinstance(error, OperationalError) and not connection.is_usable():
            raise
        if len(ids) == 1:
            logger.exception("parcel %s could not be looked at", ids[0], exc_info=error)
            Shipment.objects.filter(pk=ids[0]).update(next_check_at=now + PUT_OFF)
            return
        middle = len(ids) // 2
        _look_at(ids[:middle], now, total)
        _look_at(ids[middle:], now, total)


def _add(total: Refreshed, part: Refreshed) -> None:
    total.looked_at += part.looked_at
    total.changed += part.changed
    total.opened += part.opened
    total.reopened += part.reopened
    total.resolved += part.resolved
