"""What the doorbells ring. Tasks hold nothing: each looks at the rows for what is due, and may run at any time.

A task begins nothing new after 20 s and rings again, so that it always ends long before the watchdog's 40 s.
"""

from datetime import datetime, timedelta

from tracking import clock
from tracking.exception_queue.sweep import sweep as sweep_due
from tracking.ingest.doorbell import ring
from tracking.ingest.drain import drain as drain_due
from tracking.ingest.polling import poll_all
from tracking.ingest.queries import has_due_messages
from tracking.ingest.retention import prune as prune_due
from tracking.ingest.silence import watch_feeds as watch_all_feeds
from tracking.jobs.queries import demo_loading
from tracking.models import WorkerHeartbeat

TIME_FOR_NEW_WORK = timedelta(seconds=20)


def _until() -> datetime:
    return clock.now() + TIME_FOR_NEW_WORK


def beat(cluster: str) -> None:
    """Prove that the cluster runs tasks."""
    WorkerHeartbeat.objects.update_or_create(cluster=cluster, defaults={"beat_at": clock.now()})


def drain() -> str:
    """Work inbound messages."""
    until = _until()
    done = drain_due(clock=clock.now, until=until)
    if clock.now() > until:
        ring("tracking.tasks.drain")
    return f"{done.processed} processed, {done.failed} failed"


def look_for_messages() -> str:
    """Every minute: start the drain when messages are due, whatever became of their bell."""
    return drain() if has_due_messages(now=clock.now()) else "inbound: nothing due"


def sweep() -> str:
    """Look again at parcels whose next check is due."""
    until = _until()
    done = sweep_due(clock=clock.now, until=until)
    if clock.now() > until:
        ring("tracking.tasks.sweep")
    return (
        f"{done.looked_at} looked at, {done.opened} cases opened, {done.resolved} resolved, {done.escalated} escalated"
    )


def watch_feeds() -> str:
    """Look for sources that fell silent or spoke again; not while the demo plays its past: its messages are old."""
    if demo_loading():
        return "waiting for the demo"
    done = watch_all_feeds(now=clock.now())
    return f"{done.opened} incidents opened, {done.closed} closed"


def poll() -> str:
    """Ask sources about what is due; not while the demo plays its vendors with a clock of its own."""
    if demo_loading():
        return "waiting for the demo"
    until = _until()
    done = poll_all(clock=clock.now, until=until)
    if clock.now() > until:
        ring("tracking.tasks.poll", cluster="net")
    return f"{done.calls} calls, {done.stored} stored, {done.failures} failed"


def prune() -> str:
    """Remove content whose time of keeping is over."""
    done = prune_due(clock=clock.now, until=_until())
    if not done.is_complete:
        ring("tracking.tasks.prune")
    return f"{done.count} messages emptied"
