"""Texts of messages are kept for 90 days. Then the content goes; the row with its facts stays for ever."""

from collections.abc import Callable
from datetime import datetime, timedelta

from notifications.models import OutboxRow
from notifications.vocabulary import OutboxState

KEPT_FOR = timedelta(days=90)
BATCH = 500
FINISHED = (OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.CANCELLED)


def prune(*, clock: Callable[[], datetime], until: datetime | None = None) -> int:
    """Empty texts of finished messages that are older than 90 days; return how many. Begins no batch after `until`."""
    total = 0
    while until is None or clock() <= until:
        now = clock()
        rows = OutboxRow.objects.filter(
            state__in=FINISHED, text_removed_at=None, changed_at__lt=now - KEPT_FOR
        ).exclude(body_text="")
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        total += OutboxRow.objects.filter(pk__in=ids).update(
            subject_text="", body_text="", body_html="", text_removed_at=now
        )
        if len(ids) < BATCH:
            break
    return total
