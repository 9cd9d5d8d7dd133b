"""Asks about the outbox."""

from datetime import datetime

from django.db.models import QuerySet

from notifications.models import OutboxRow
from notifications.vocabulary import WAITING, OutboxState


def has_due(*, now: datetime) -> bool:
    """Return whether a message waits to be sent, or was left in the middle."""
    waiting = OutboxRow.objects.filter(state__in=WAITING, due_at__lte=now)
    stuck = OutboxRow.objects.filter(state=OutboxState.SENDING, lease_until__lt=now)
    return waiting.exists() or stuck.exists()


def needs_person() -> QuerySet[OutboxRow]:
    """Return the messages that a person has to decide about: unknown fate, failed, waiting for approval."""
    return OutboxRow.objects.filter(
        state__in=[OutboxState.UNKNOWN, OutboxState.FAILED, OutboxState.AWAITING_APPROVAL]
    ).order_by("pk")
