"""Messages in: stored exactly as they came, before anything is thought about them; replayed when a person asks."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser
from django.db import connection, transaction
from django.db.models import F

from tracking.connectors.contract import PolledPart, Verification
from tracking.ingest.doorbell import ring
from tracking.ingest.lanes import wake
from tracking.models import InboundMessage, Source
from tracking.vocabulary import InboundState, Transport

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
        topic=storable(verified.topic)[:80],
        headers=kept_headers(headers, verified.secret_headers),
        body=body,
        body_hash=hashlib.sha256(body).digest(),
        delivery_id=bounded(verified.delivery_id, 200),
        received_at=now,
        last_seen_at=now,
        timestamp_is_old=bool(verified.sent_at and now - verified.sent_at > OLD_AFTER),
    )
    with transaction.atomic():
        stored = _insert(row)
        if stored is not None and wake([source_id]):
            ring()
    return Receipt(stored is not None, stored)


def kept_headers(headers: Mapping[str, str], secret: Set[str] = frozenset()) -> dict[str, str]:
    """Return the headers worth keeping: lower-case names, no credentials (nor those in `secret`), no NUL, bounded."""
    kept = {}
    for name, value in list(headers.items())[:KEPT_HEADERS]:
        if name.lower() not in SECRET_HEADERS | secret:
            kept[storable(name).lower()[:100]] = storable(str(value))[:1000]
    return kept


def storable(text: str) -> str:
    """Return a text as the database can hold it: without NUL and without halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def bounded(text: str, most: int) -> str:
    """Return a storable name of at most `most` characters; a longer one ends in its hash, so that two stay two."""
    text = storable(text)
    return text if len(text) <= most else text[: most - 64] + hashlib.sha256(text.encode()).hexdigest()


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


def store_polled(
    *, source_id: int, parts: Iterable[PolledPart], now: datetime, fetched_for: int | None = None
) -> tuple[int, int]:
    """Store each parcel's part of a poll answer; a part equal to the last one of that parcel only counts up.

    `fetched_for` is the pushed message that named what was fetched. Returns (stored, repeated). Wakes the drain when
    something is new.
    """
    told = [_polled(source_id, part, now, fetched_for) for part in parts]
    with transaction.atomic():
        last = _last_parts(source_id, {row.about for row in told})
        fresh, seen, repeated = [], [], 0
        for row in told:
            known = last.get(row.about)
            if known is None or bytes(known.body_hash) != row.body_hash:
                fresh.append(row)
                last[row.about] = row
                continue
            repeated += 1
            if known.pk:  # else it stands twice in this very answer
                seen.append(known.pk)
        InboundMessage.objects.bulk_create(fresh)
        InboundMessage.objects.filter(pk__in=seen).update(seen_count=F("seen_count") + 1, last_seen_at=now)
        if fresh and wake([source_id]):
            ring()
    return len(fresh), repeated


def _last_parts(source_id: int, about: set[str]) -> dict[str, InboundMessage]:
    rows = InboundMessage.objects.filter(source_id=source_id, about__in=about, transport=Transport.POLL)
    newest = rows.order_by("about", "-id").distinct("about").only("pk", "about", "body_hash")
    return {row.about: row for row in newest}


def _polled(source_id: int, part: PolledPart, now: datetime, fetched_for: int | None) -> InboundMessage:
    return InboundMessage(
        source_id=source_id,
        fetched_for_id=fetched_for,
        transport=Transport.POLL,
        topic=storable(part.topic)[:80],
        about=bounded(part.about, 128),
        body=part.body,
        body_hash=hashlib.sha256(part.body).digest(),
        received_at=now,
        last_seen_at=now,
    )


def note_bad_signature(*, source_id: int, now: datetime) -> None:
    """Count a message whose signature was wrong; its bytes are not kept."""
    Source.objects.filter(pk=source_id).update(
        signature_failures=F("signature_failures") + 1, last_signature_failure_at=now
    )


class ReplayRefused(Exception):
    """The messages cannot be read again; the text is a sentence for people."""


def replay(*, message_ids: Iterable[int], actor: AbstractUser | None, now: datetime) -> int:
    """Let messages be read again from their stored bytes; return how many. Known events are not recorded twice.

    Raises ReplayRefused, and changes nothing, when the body of one of them has been removed.
    """
    with transaction.atomic():
        rows = InboundMessage.objects.filter(pk__in=list(message_ids))
        pruned = rows.exclude(pruned_at=None).count()
        if pruned:
            raise ReplayRefused(
                f"{pruned} of these messages cannot be read again: their bodies have been removed after 30 days."
            )
        count = rows.update(
            state=InboundState.PENDING, attempts=0, next_try_at=None, error="", notes=[], is_replay=True
        )
        for _ in range(wake(rows.values_list("source_id", flat=True).order_by("source_id").distinct())):
            ring()
    return count
