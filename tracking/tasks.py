"""What the task queue rings. Each function reads the clock and makes one call; the tables know what is due."""

from tracking import clock
from tracking.models import WorkerHeartbeat


def beat(cluster: str) -> None:
    """Prove that the cluster of this name runs tasks; its watchdog and /readyz read the row."""
    WorkerHeartbeat.objects.update_or_create(cluster=cluster, defaults={"beat_at": clock.now()})
