"""Ringing the workers. The bell only saves waiting: what is due stands in our own rows."""

from django.db import connection, transaction
from django_q.tasks import async_task


def ring(task: str = "tracking.tasks.drain", cluster: str = "core") -> None:
    """Ask a worker cluster to run a task soon; inside a transaction the bell rings at its commit.

    Always inside a transaction: outside of one the queue's broker closes connections that are older than
    `CONN_MAX_AGE` before it writes, and with them goes every advisory lock that the caller holds.
    """
    if connection.in_atomic_block:
        async_task(task, cluster=cluster, save=False)
        return
    with transaction.atomic():
        async_task(task, cluster=cluster, save=False)
