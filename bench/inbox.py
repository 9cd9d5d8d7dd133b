"""Putting messages into the inbox as the webhook door does, many at once, and counting what working them led to."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from bench.traffic import Message
from tracking.exception_queue.refresh import refresh
from tracking.ingest.lanes import wake
from tracking.models import InboundMessage, Source, StatusChange
from tracking.vocabulary import Transport


def store(messages: Iterable[Message], now: datetime) -> list[int]:
    """Store messages as pending; return their ids in order."""
    sources = dict(Source.objects.values_list("kind", "pk"))
    rows = [
        InboundMessage(
            source_id=sources[each.pushed.kind],
            transport=Transport.WEBHOOK,
            headers=each.pushed.headers,
            body=each.pushed.body,
            body_hash=hashlib.sha256(each.pushed.body).digest(),
            received_at=now,
            last_seen_at=now,
        )
        for each in messages
    ]
    with transaction.atomic():
        InboundMessage.objects.bulk_create(rows)
        wake(sources.values())
    return [row.pk for row in rows]


def bring_up_to_date(parcels: Iterable[int], now: datetime) -> None:
    """Let the product look once at filled parcels, so that a message changes only what it really tells."""
    ids = sorted(set(parcels))
    for start in range(0, len(ids), 500):
        refresh(shipment_ids=ids[start : start + 500], now=now, cause=StatusChange.Cause.OBSERVATION)


@dataclass(frozen=True, slots=True)
class Marks:
    """Highest ids of the tables that grow; the difference of two tells what happened between them."""

    messages: int
    events: int
    changes: int
    news: int
    cases: int

    @classmethod
    def now(cls) -> "Marks":
        """Read them from the current database."""
        tables = ("inboundmessage", "trackingevent", "statuschange", "domainevent", "exceptioncase")
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM tracking_{t})" for t in tables))
            return cls(*cursor.fetchone())


def shares(before: Marks, told_events: int) -> str:
    """Say what the messages since `before` were like. Counts rows, so it tells what happened, not what was meant."""
    ours = InboundMessage.objects.filter(pk__gt=before.messages)
    messages, failed = ours.count(), ours.exclude(state="processed").count()
    assert not failed, f"{failed} messages of {messages} were not processed: {ours.exclude(error='').first()}"
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT (SELECT count(*) FROM tracking_trackingevent WHERE id > %s),
                      (SELECT count(*) FROM tracking_statuschange WHERE id > %s AND from_status <> to_status),
                      (SELECT count(*) FROM tracking_domainevent WHERE id > %s),
                      (SELECT count(*) FROM tracking_exceptioncase WHERE id > %s)""",
            [before.events, before.changes, before.news, before.cases],
        )
        events, changes, news, cases = cursor.fetchone()
    return (
        f"{messages} messages, {told_events / messages:.1f} events each; "
        f"{1 - events / told_events:.0%} of the events repeated, {changes / messages:.0%} of the messages change a "
        f"status, {cases / messages:.1%} open a case; {news} ledger rows"
    )
