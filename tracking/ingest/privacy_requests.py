"""Legal requests that shops pass on: queued as tasks, with the time the law leaves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracking.ingest.reading import Item
from tracking.models import PrivacyTask
from tracking.models.parties import email_hash

ANSWER_WITHIN = timedelta(days=30)  # Shopify's compliance webhooks leave 30 days


def queue_requests(items: Iterable[Item], *, now: datetime) -> int:
    """Write one task per request, once per message; return how many requests there were."""
    tasks = [
        PrivacyTask(
            source_id=item.source.pk,
            message_id=item.message.pk,
            kind=request.kind,
            customer_external_id=request.customer_external_id[:64],
            email_key=email_hash(request.email),
            order_external_ids=list(request.order_external_ids),
            received_at=item.message.received_at,
            due_at=item.message.received_at + ANSWER_WITHIN,
        )
        for item in items
        for request in item.reading.privacy
    ]
    PrivacyTask.objects.bulk_create(tasks, ignore_conflicts=True)
    return len(tasks)
