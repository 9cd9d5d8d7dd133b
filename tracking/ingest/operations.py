"""Messages in: stored exactly as they came, before anything is thought about them; replayed when a person asks."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import connection, transaction
from django.db.models import F

from tracking.connectors.contract import PolledPart, Verification
from tracking.ingest.doorbell import ring
from tracking.models import InboundMessage, Source
from tracking.transactions import raise_flag
from tracking.vocabulary import InboundState, Transport

LANE = "inbound"
OLD_AFTER = timedelta(minutes=5)
KEPT_HEADERS = 40
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-csrftoken"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a pushed message; `is_new` False = we had it already."""

    is_new: bool
    message_id: int | None = None


def receive(
    *, source_id: int, body: bytes, headers: Mapping[str, str], verified: Verification, now: datetime
) -> Receipt:
    """Store a pushed message whose signature is right and wake the drain, in one transaction.

    The same delivery id of this source, or the same bytes where the vendor sends none, is stored once.
    Raises OperationalError when the database is away: then nothing was promised.
    """
    row = InboundMessage(
        source_id=source_id,
        transport=Transport.WEBHOOK,
        topic=verified.topic[:80],
        headers=kept_headers(headers),
        body=body,
        body_hash=hashlib.sha256(body).digest(),
        delivery_id=verified.delivery_id[:200],
        received_at=now,
        last_seen_at=now,
        timestamp_is_old=bool(verified.sent_at and now - verified.sent_at > OLD_AFTER),
    )
    with transaction.atomic():
        stored = _insert(row)
        if stored is not None and raise_flag(LANE):
            ring()
    return Receipt(stored is not None, stored)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers worth keeping: lower-case names, no credentials, no NUL, bounded."""
    kept = {}
    for name, value in list(headers.items())[:KEPT_HEADERS]:
        if name.lower() not in SECRET_HEADERS:
            kept[name.lower()[:100]] = str(value).replace("\x00", "")[:1000]
    return kept


def _insert(row: InboundMessage) -> int | None:
    """Insert unless it is there already; return its id, None for a repetition."""
    columns = [field for field in InboundMessage._meta.concrete_fields if field.name not in ("id", "inserted_at")]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns]
    names = ", ".join(f'"{field.column}"' for field in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO tracking_inboundmessage ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING id",  # noqa: S608
            values,
        )
        found = cursor.fetchone()
    return found[0] if found else None


def store_polled(*, source_id: int, parts: Iterable[PolledPart], now: datetime) -> tuple[int, int]:
    """Store each parcel's part of a poll answer; a part equal to the last one of that parcel only counts up.

    Returns (stored, repeated). Wakes the drain when something is new.
    """
    parts = list(parts)
    with transaction.atomic():
        last = _last_parts(source_id, {part.about for part in parts})
        fresh, seen = [], []
        for part in parts:
            digest = hashlib.sha256(part.body).digest()
            known = last.get(part.about)
            if known and bytes(known.body_hash) == digest:
                seen.append(known.pk)
                continue
            fresh.append(_polled(source_id, part, digest, now))
        InboundMessage.objects.bulk_create(fresh)
        InboundMessage.objects.filter(pk__in=seen).update(seen_count=F("seen_count") + 1, last_seen_at=now)
        if fresh and raise_flag(LANE):
            ring()
    return len(fresh), len(seen)


def _last_parts(source_id: int, about: set[str]) -> dict[str, InboundMessage]:
    rows = InboundMessage.objects.filter(source_id=source_id, about__in=about, transport=Transport.POLL)
    newest = rows.order_by("about", "-id").distinct("about").only("pk", "about", "body_hash")
    return {row.about: row for row in newest}


def _polled(source_id: int, part: PolledPart, digest: bytes, now: datetime) -> InboundMessage:
    return InboundMessage(
        source_id=source_id,
        transport=Transport.POLL,
        topic=part.topic[:80],
        about=part.about[:128],
        body=part.body,
        body_hash=digest,
        received_at=now,
        last_seen_at=now,
    )


def note_bad_signature(*, source_id: int, now: datetime) -> None:
    """Count a message whose signature was wrong; its bytes are not kept."""
    Source.objects.filter(pk=source_id).update(
        signature_failures=F("signature_failures") + 1, last_signature_failure_at=now
    )


def replay(*, message_ids: Iterable[int], actor: AbstractUser | None, now: datetime) -> int:
    """Let messages be read again from their stored bytes; return how many. Known events are not recorded twice."""
    with transaction.atomic():
        rows = InboundMessage.objects.filter(pk__in=list(message_ids))
        count = rows.update(
            state=InboundState.PENDING, attempts=0, next_try_at=None, error="", notes=[], is_replay=True
        )
        if count and raise_flag(LANE):
            ring()
    return count
