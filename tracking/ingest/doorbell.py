"""Ringing the workers. The bell only saves waiting: what is due stands in our own rows."""

from django_q.tasks import async_task


def ring(task: str = "tracking.tasks.drain", cluster: str = "core") -> None:
    """Ask a worker cluster to run a task soon; inside a transaction the bell rings at its commit."""
    async_task(task, cluster=cluster, save=False)
