"""The drain: stored messages become orders, events, states and cases, in batches."""

import gc
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from traceback import format_tb

from django.db import DatabaseError, DataError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Func, IntegerField, Q

from tracking import bulk
from tracking.ingest import reconciliation
from tracking.ingest.apply import Applied, apply
from tracking.ingest.hearing import first_hearings, note_heard
from tracking.ingest.lanes import Lane, lanes
from tracking.ingest.operations import bounded, storable
from tracking.ingest.reading import Failure, Item, understand
from tracking.ingest.schedule import plan_polls
from tracking.models import InboundMessage, Source
from tracking.transactions import alone, flag_is_up, is_retryable, lower_flag
from tracking.vocabulary import FeedState, InboundState, Transport

logger = logging.getLogger(__name__)

OUTCOME = ("id", "state", "next_try_at", "processed_at", "error", "notes", "result", "about")
_outcome = attrgetter(*OUTCOME)

ONLY_LANE = Lane()
BATCH = 500
BATCH_BYTES = 16 * 1024 * 1024  # of bodies in memory at once
GIVE_UP_AFTER = 8
CLOCKS_DIFFER = timedelta(seconds=5)  # between machines; what came later than now belongs to another clock (the demo)
LEASE = timedelta(seconds=60)  # how long a claimed message rests when its worker died
SUSPECT_FROM = 3  # tried that often without an end: it is worked alone
BACKOFF = (1, 5, 15, 60, 180, 360, 720)  # minutes until the next try
UNFIT = "A value in this message is longer or larger than anything we can keep"


@dataclass(slots=True)
class Drained:
    """Counts of one drain."""

    processed: int = 0
    failed: int = 0


def drain(*, clock: Callable[[], datetime], until: datetime | None = None) -> Drained:
    """Work all messages that are due, lane after lane; one drain at a time in each lane.

    Who cannot get a lane's lock leaves its flag alone: the holder looks for it once more before it ends. Begins no new
    batch after `until` (aware UTC).
    """
    total = Drained()
    for lane in lanes():
        _drain_lane(lane, total, clock, until)
    return total


def _drain_lane(lane: Lane, total: Drained, clock: Callable[[], datetime], until: datetime | None) -> None:
    while True:
        with alone(lane.lock) as is_ours:
            if not is_ours:
                return
            lower_flag(lane.flag)
            is_done = _work(lane, total, clock, until)
        if not is_done or not flag_is_up(lane.flag):
            return


def _work(lane: Lane, total: Drained, clock: Callable[[], datetime], until: datetime | None) -> bool:
    """Work batch after batch; False when time ran out before the queue was empty."""
    while True:
        now = clock()
        if until and now > until:
            return False
        with _collector_at_rest():
            if not _work_batch(lane, total, now):
                return True


def _work_batch(lane: Lane, total: Drained, now: datetime) -> bool:
    """Work the next batch; False when there is none."""
    claimed = claim(now=now, lane=lane)
    suspects = [message for message in claimed if message.attempts >= SUSPECT_FROM]
    others = [message for message in claimed if message.attempts < SUSPECT_FROM]
    for group in ([others] if others else []) + [[message] for message in suspects]:
        process(group, now=now, total=total)
    return bool(claimed)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking a batch's objects again and again while they are all still needed; it
    takes a fifth of the time and finds nothing. Between two batches it may."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def claim(*, now: datetime, limit: int = BATCH, lane: Lane = ONLY_LANE) -> list[InboundMessage]:
    """Take a lane's oldest due messages, counting the attempt before the work: what kills its worker is found out."""
    with transaction.atomic():
        due = InboundMessage.objects.filter(state__in=[InboundState.PENDING, InboundState.FAILED])
        due = due.exclude(next_try_at__gt=now).filter(received_at__lte=now + CLOCKS_DIFFER)
        if lane.of > 1:
            due = due.annotate(lane=F("source_id") % lane.of).filter(lane=lane.index)
        due = due.order_by("id").select_for_update(skip_locked=True)
        size = Func(F("body"), function="octet_length", output_field=IntegerField())
        ids = _within(BATCH_BYTES, due.annotate(size=size).values_list("pk", "size")[:limit])
        rows = InboundMessage.objects.filter(pk__any_of=ids)
        rows.update(attempts=F("attempts") + 1, next_try_at=now + LEASE)
        return list(rows.order_by("id"))


def _within(most: int, sized: Iterable[tuple[int, int]]) -> list[int]:
    """Return the first ids whose sizes together stay within `most`, at least one."""
    ids: list[int] = []
    total = 0
    for pk, size in sized:
        total += size
        if ids and total > most:
            break
        ids.append(pk)
    return ids


def process(messages: Sequence[InboundMessage], *, now: datetime, total: Drained) -> None:
    """Work one group of messages in one transaction; if it fails, halve it until the bad one stands alone.

    Raises DatabaseError or InterfaceError when the database itself has gone: that is no message's fault. A commit that
    fails may leave a fresh connection behind, which no longer holds our lock; that counts as gone too.
    """
    link = connection.connection
    try:
        _apply_group(messages, now, total)
    except Exception as error:
        is_gone = connection.connection is not link or not connection.is_usable()
        if is_gone and isinstance(error, DatabaseError | InterfaceError):
            raise
        _divide(messages, error, now, total)


def _divide(messages: Sequence[InboundMessage], error: Exception, now: datetime, total: Drained) -> None:
    if len(messages) == 1:
        where = "".join(format_tb(error.__traceback__))  # without the error's own text, which may quote the message
        logger.error("message %s failed: %s\n%s", messages[0].pk, _sentence(error), where)
        _fail([Failure(messages[0].pk, _sentence(error))], {messages[0].pk: messages[0]}, now)
        total.failed += 1
        return
    middle = len(messages) // 2
    process(messages[:middle], now=now, total=total)
    process(messages[middle:], now=now, total=total)


def _sentence(error: Exception) -> str:
    """Say what went wrong; of a database's error only its first line, the others quote the message's content."""
    words = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"{UNFIT} ({words})." if isinstance(error, DataError) else words


def _apply_group(messages: Sequence[InboundMessage], now: datetime, total: Drained) -> None:
    rows = Source.objects.filter(pk__in={message.source_id for message in messages})
    sources = {row.pk: row for row in rows.defer("secrets", "token")}  # reading needs none of them
    understood = [understand(message, sources[message.source_id]) for message in messages]
    items = [each for each in understood if isinstance(each, Item)]
    failures = [each for each in understood if isinstance(each, Failure)]
    for attempt in (1, 2, 3):
        try:
            with transaction.atomic():
                applied = _apply(items, failures, messages, now)
            break
        except OperationalError as error:
            if attempt == 3 or not is_retryable(error):
                raise
    total.processed += len(messages) - len(failures) - len(applied.failures)
    total.failed += len(failures) + len(applied.failures)


def _apply(items: list[Item], failures: list[Failure], messages: Sequence[InboundMessage], now: datetime) -> Applied:
    _lock(messages)
    known = reconciliation.versions_before(items)
    applied = apply(items, stores=_stores(items), now=now)
    reconciliation.note_gaps((item for item in items if item.message.pk not in applied.failures), known)
    rows = {message.pk: message for message in messages}
    _fail([*failures, *applied.failures.values()], rows, now)
    done = [item for item in items if item.message.pk not in applied.failures]
    _finish(done, applied, now)
    _release_waiting(applied, now)
    _note_sources(messages)
    plan_polls(shipment_ids=applied.shipment_ids, now=now, shipments=applied.shipments)
    return applied


def _lock(messages: Sequence[InboundMessage]) -> None:
    rows = InboundMessage.objects.filter(pk__any_of=[message.pk for message in messages])
    list(rows.select_for_update().order_by("id").values_list("pk"))


def _stores(items: Sequence[Item]) -> dict[int, int]:
    links = Source.stores.through.objects.filter(source_id__in={item.source.pk for item in items})
    return dict(links.order_by("-pk").values_list("source_id", "store_id"))


def _fail(failures: Sequence[Failure], rows: dict[int, InboundMessage], now: datetime) -> None:
    """Keep what could not be read, with the reason, and try again later; after many tries a person has to look."""
    changed = []
    for failure in failures:
        row = rows[failure.message_id]
        gives_up = row.attempts >= GIVE_UP_AFTER
        minutes = BACKOFF[min(row.attempts, len(BACKOFF)) - 1]
        row.state = InboundState.GAVE_UP if gives_up else InboundState.FAILED
        row.next_try_at = None if gives_up else now + timedelta(minutes=minutes)
        row.error, row.processed_at = storable(failure.sentence)[:2000], now
        row.about = bounded(failure.waits_for, 128) or row.about
        changed.append(row)
    _write(changed)


def _finish(done: Sequence[Item], applied: Applied, now: datetime) -> None:
    rows = []
    for item in done:
        row, reading = item.message, item.reading
        row.state = InboundState.NOTHING if reading.is_empty else InboundState.PROCESSED
        row.processed_at, row.next_try_at, row.error = now, None, ""
        row.notes = [
            {"where": storable(each.where)[:200], "message": storable(each.message)[:500]}
            for each in reading.errors[:100]
        ]
        row.result = storable(applied.results.get(row.pk, ""))[:300]
        rows.append(row)
    _write(rows)


def _write(rows: Sequence[InboundMessage]) -> None:
    """Set the outcome columns of messages; the bodies are not sent again."""
    bulk.update(InboundMessage, OUTCOME, map(_outcome, rows))


def _release_waiting(applied: Applied, now: datetime) -> None:
    """Messages that waited for what has just arrived are due at once, also those that had been given up."""
    if not applied.arrived:
        return
    waiting = InboundMessage.objects.filter(
        state__in=[InboundState.FAILED, InboundState.GAVE_UP],
        transport=Transport.WEBHOOK,
        source_id__in={source_id for source_id, _ in applied.arrived},
        about__in={bounded(what, 128) for _, what in applied.arrived},
    )
    waiting.update(state=InboundState.FAILED, next_try_at=now)


def _note_sources(messages: Sequence[InboundMessage]) -> None:
    """Note when each source was last heard; reading an old message again says nothing about that."""
    newest: dict[int, datetime] = {}
    for message in messages:
        at = message.received_at
        newest[message.source_id] = max(at, newest.get(message.source_id, at))
    note_heard(first_hearings(messages))
    for source_id, at in sorted(newest.items()):
        rows = Source.objects.filter(pk=source_id)
        rows.filter(Q(last_message_at=None) | Q(last_message_at__lt=at)).update(last_message_at=at)
        rows.filter(feed_state=FeedState.SETUP).update(feed_state=FeedState.OK)
