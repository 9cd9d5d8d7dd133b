"""Waking the relay and the senders. The bells only save waiting: what is due stands in our own rows."""

from notifications.relay import LANE
from tracking.ingest.doorbell import ring
from tracking.transactions import raise_flag


def news_has_come() -> None:
    """Called after a transaction that wrote to the ledger was committed."""
    if raise_flag(LANE):
        ring("notifications.tasks.relay")


def messages_are_due() -> None:
    """Ask the senders to look at the outbox."""
    ring("notifications.tasks.deliver", cluster="net")
