"""Long work with progress: a row says how far it is."""

from datetime import datetime

from tracking.models import Job


def begin(*, kind: str, total: int, now: datetime) -> Job:
    """Note that long work has begun; an earlier run of the kind that never ended has failed."""
    Job.objects.filter(kind=kind, state=Job.State.RUNNING).update(
        state=Job.State.FAILED, ended_at=now, error="It was interrupted."
    )
    return Job.objects.create(kind=kind, total=total, started_at=now)


def advance(job: Job, *, done: int) -> None:
    """Note how far the work is."""
    job.done = done
    job.save(update_fields=["done"])


def end(job: Job, *, now: datetime, error: str = "") -> None:
    """Note that the work is over."""
    job.state = Job.State.FAILED if error else Job.State.DONE
    job.ended_at, job.error = now, error[:500]
    job.save(update_fields=["state", "ended_at", "error"])
