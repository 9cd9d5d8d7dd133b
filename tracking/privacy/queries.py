"""Whose personal data a reader has just revealed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from tracking.models import RevealLog

VISIBLE_FOR = timedelta(minutes=15)


def message_label(message_id: int) -> str:
    """How the log names an inbound message."""
    return f"message {message_id}"


def revealed_customers(
    user: AbstractBaseUser | AnonymousUser, customer_ids: Iterable[int | None], now: datetime
) -> frozenset[int]:
    """Return which of these customers the reader revealed within the last 15 minutes. One query."""
    ids = [each for each in customer_ids if each is not None]
    if not ids or user.pk is None:
        return frozenset()
    rows = RevealLog.objects.filter(user_id=user.pk, customer_id__in=ids, at__gt=now - VISIBLE_FOR)
    return frozenset(found for found in rows.values_list("customer_id", flat=True) if found is not None)


def is_message_revealed(user: AbstractBaseUser | AnonymousUser, message_id: int, now: datetime) -> bool:
    """Return whether the reader revealed this message's body within the last 15 minutes. One query."""
    if user.pk is None:
        return False
    rows = RevealLog.objects.filter(user_id=user.pk, where=message_label(message_id), at__gt=now - VISIBLE_FOR)
    return rows.exists()
