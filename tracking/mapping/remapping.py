"""A new mapping version reaches codes at once and parcels in steps; a step that was interrupted is taken up again."""

from collections.abc import Sequence
from datetime import datetime

from tracking.events.meanings import MEANING_COLUMNS, give_meaning, published
from tracking.exception_queue.refresh import BATCH, refresh
from tracking.models import Job, StatusChange, TrackingCode, TrackingEvent
from tracking.transactions import whole

REMAP = "remap"


def remap(*, now: datetime) -> int:
    """Give every code its meaning under the version in force and re-project the parcels whose codes changed.

    No event is rewritten. Ended parcels and those whose newest event is older than 14 days get their new status, but no
    new cases. Goes on with what an earlier call left undone. Returns how many parcels were looked at. May be called
    again at any time.
    """
    _rename_codes(now)
    unfinished = Job.objects.filter(kind=REMAP, state=Job.State.RUNNING).order_by("id")
    return sum(_work_off(job, now) for job in unfinished)


@whole
def _rename_codes(now: datetime) -> None:
    """Write the new meanings and, in the same transaction, that the parcels concerned are still to be looked at."""
    force = published()
    stale = TrackingCode.objects.exclude(mapping_version=force.number).select_for_update(no_key=True)
    rows = list(stale.order_by("id"))
    changed = [code.pk for code in rows if give_meaning(code, force)]
    TrackingCode.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=list(MEANING_COLUMNS), batch_size=1000
    )
    if changed:
        Job.objects.create(kind=REMAP, cursor={"codes": changed, "after": 0}, started_at=now)


def _work_off(job: Job, now: datetime) -> int:
    events = TrackingEvent.objects.filter(code_id__in=job.cursor["codes"], shipment_id__gt=job.cursor["after"])
    ids = list(events.order_by("shipment_id").values_list("shipment_id", flat=True).distinct())
    job.total = job.done + len(ids)
    for start in range(0, len(ids), BATCH):
        _step(job, ids[start : start + BATCH], now)
    job.state, job.ended_at = Job.State.DONE, now
    job.save(update_fields=["state", "ended_at", "total"])
    return len(ids)


@whole
def _step(job: Job, shipment_ids: Sequence[int], now: datetime) -> None:
    refresh(shipment_ids=shipment_ids, now=now, cause=StatusChange.Cause.REMAPPED)
    job.cursor, job.done = {**job.cursor, "after": shipment_ids[-1]}, job.done + len(shipment_ids)
    job.save(update_fields=["cursor", "done", "total"])
