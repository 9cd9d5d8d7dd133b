"""Sends what is due. Each message is marked before the call and settled after it; no call is inside a transaction.

Whoever dies between the two leaves a row that says "sending". When its lease is over it becomes `unknown`: nobody can
say whether it left, so a person does.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import F

from notifications.channels.contract import (
    Channel,
    ChannelBroken,
    ManyAtOnce,
    NotNeeded,
    Outcome,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)
from notifications.channels.tickets import TicketGone
from notifications.models import ChannelState, DeliveryAttempt, OutboxRow
from notifications.outbox.claiming import LEASE, Claimed, claim, knowledge_of, release
from notifications.vocabulary import WAITING, AttemptResult, OutboxState
from tracking.customer_knowledge.operations import record
from tracking.tickets.operations import note_case_ticket, note_deleted
from tracking.transactions import whole
from tracking.vocabulary import KnowledgeState

logger = logging.getLogger(__name__)

BACKOFF = (1, 5, 15, 60, 180, 360)  # minutes until the next try
GIVE_UP_AFTER = 7
JITTER = 0.2
CLOSES_AFTER = 5  # temporary failures in a row
CLOSED_FOR = (1, 2, 5, 15, 30)  # minutes, longer with every further failure
HOLD = timedelta(seconds=20)  # how long taken messages may wait for their turn before they are given back
NOBODY_KNOWS = "The sender stopped in the middle: perhaps it left, perhaps not."


@dataclass(slots=True)
class Delivered:
    """Counts of one run."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    unknown: int = 0
    withdrawn: int = 0


def deliver(
    *, clock: Callable[[], datetime], channels: Mapping[str, Channel], until: datetime | None = None
) -> Delivered:
    """Send all due messages of these channels; several senders may run at once. Begins nothing new after `until`."""
    total = Delivered()
    total.unknown += sweep(now=clock())
    for kind in sorted(channels):
        while (until is None or clock() <= until) and _one_batch(channels[kind], clock, total, until):
            pass
    return total


def _one_batch(channel: Channel, clock: Callable[[], datetime], total: Delivered, until: datetime | None) -> bool:
    batch = claim(channel=channel, now=clock())
    total.withdrawn += batch.settled
    if isinstance(channel, ManyAtOnce):
        begun_ones = [message for message in batch.messages if begin(message=message, now=clock())]
        outcomes = channel.send_many([message.envelope for message in begun_ones]) if begun_ones else []
        for message, outcome in zip(begun_ones, outcomes, strict=True):
            _settle(channel, message, outcome, clock, total)
        return bool(batch.messages) or batch.settled > 0
    begun = clock()
    for at, message in enumerate(batch.messages):
        now = clock()
        if now - begun > HOLD or (until and now > until):
            release(batch.messages[at:])
            return False
        if begin(message=message, now=now):
            _send(channel, message, clock, total)
    return bool(batch.messages) or batch.settled > 0


def _send(channel: Channel, message: Claimed, clock: Callable[[], datetime], total: Delivered) -> None:
    try:
        outcome: Outcome = channel.send(message.envelope)
    except (ChannelBroken, NotNeeded, PermanentFailure, TemporaryFailure) as failure:
        outcome = failure
    _settle(channel, message, outcome, clock, total)


def _settle(
    channel: Channel, message: Claimed, outcome: Outcome, clock: Callable[[], datetime], total: Delivered
) -> None:
    now = clock()
    if isinstance(outcome, Receipt):
        settle_sent(message=message, receipt=outcome, now=now)
        note_success(channel=channel.kind)
        total.sent += 1
    elif isinstance(outcome, NotNeeded):
        settle_not_needed(message=message, sentence=str(outcome), now=now)
        total.withdrawn += 1
    elif isinstance(outcome, ChannelBroken):
        settle_waiting(message=message, sentence=str(outcome), now=now)
        close_broken(channel=channel.kind, sentence=str(outcome), now=now)
        total.retried += 1
    elif isinstance(outcome, TemporaryFailure) and outcome.may_have_arrived and not channel.is_idempotent():
        settle_unknown(message=message, sentence=str(outcome), now=now)
        total.unknown += 1
    elif isinstance(outcome, TemporaryFailure):
        settle_later(message=message, failure=outcome, now=now)
        note_fault(channel=channel.kind, now=now)
        total.retried += 1
    elif isinstance(outcome, PermanentFailure):
        if isinstance(outcome, TicketGone):
            note_deleted(desk=channel.kind, external_id=message.envelope.reference, now=now)
        settle_failed(message=message, sentence=str(outcome), now=now)
        total.failed += 1
    else:
        raise outcome


@whole
def begin(*, message: Claimed, now: datetime) -> bool:
    """Mark a message as being sent and count the attempt; False when somebody withdrew it meanwhile."""
    mine = OutboxRow.objects.filter(pk=message.row_id, lease_token=message.token, state__in=WAITING)
    if not mine.update(state=OutboxState.SENDING, attempts=F("attempts") + 1, lease_until=now + LEASE, changed_at=now):
        return False
    number = OutboxRow.objects.values_list("attempts", flat=True).get(pk=message.row_id)
    DeliveryAttempt.objects.create(row_id=message.row_id, number=number, at=now)
    return True


@whole
def settle_sent(*, message: Claimed, receipt: Receipt, now: datetime) -> None:
    """The other side took it; also when the row was given up as unknown while the answer was on its way."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    row.state, row.sent_at, row.provider_id, row.reason = OutboxState.SENT, now, receipt.provider_id, ""
    _finish(row, AttemptResult.SENT, "", now)
    if receipt.ticket and row.case_id:
        link = receipt.ticket
        note_case_ticket(
            case_id=row.case_id, desk=link.desk, external_id=link.external_id, url=link.url, state=link.state, now=now
        )
    record(entries=knowledge_of(row, KnowledgeState.TOLD, now))


@whole
def settle_failed(*, message: Claimed, sentence: str, now: datetime) -> None:
    """It will never work as it is."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    row.state, row.reason = OutboxState.FAILED, sentence[:300]
    _finish(row, AttemptResult.PERMANENT, sentence, now)
    record(entries=knowledge_of(row, KnowledgeState.FAILED, now, "refused"))


@whole
def settle_later(*, message: Claimed, failure: TemporaryFailure, now: datetime) -> None:
    """Try again after a while; after many tries it has failed."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    gives_up = row.attempts >= GIVE_UP_AFTER
    row.state, row.reason = OutboxState.FAILED if gives_up else OutboxState.SCHEDULED, str(failure)[:300]
    row.due_at = (
        None if gives_up else now + max(failure.wait or timedelta(0), backoff(row.idempotency_key, row.attempts))
    )
    _finish(row, AttemptResult.TEMPORARY, str(failure), now)
    if gives_up:
        record(entries=knowledge_of(row, KnowledgeState.FAILED, now, "gave_up"))


@whole
def settle_waiting(*, message: Claimed, sentence: str, now: datetime) -> None:
    """The channel is broken, not the message: it waits until the channel works again, and the try does not count."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    row.state, row.reason, row.due_at = OutboxState.SCHEDULED, sentence[:300], now
    _finish(row, AttemptResult.TEMPORARY, sentence, now)
    OutboxRow.objects.filter(pk=row.pk).update(attempts=max(row.attempts - 1, 0))


@whole
def settle_not_needed(*, message: Claimed, sentence: str, now: datetime) -> None:
    """The other side knows already, or has no place for it."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    row.state, row.reason = OutboxState.SUPERSEDED, sentence[:300]
    _finish(row, AttemptResult.NOT_NEEDED, sentence, now)


@whole
def settle_unknown(*, message: Claimed, sentence: str, now: datetime) -> None:
    """The answer was lost and the other side does not drop repetitions: a person has to find out."""
    row = _mine(message.row_id, message.token)
    if row is None:
        return
    row.state, row.reason = OutboxState.UNKNOWN, sentence[:300]
    _finish(row, AttemptResult.UNKNOWN, sentence, now)
    record(entries=knowledge_of(row, KnowledgeState.UNKNOWN, now))


@whole
def sweep(*, now: datetime) -> int:
    """Turn messages whose sender died into `unknown`; return how many."""
    stuck = OutboxRow.objects.filter(state=OutboxState.SENDING, lease_until__lt=now).order_by("pk")
    rows = list(stuck.select_for_update(skip_locked=True, no_key=True))
    ids = [row.pk for row in rows]
    if not ids:
        return 0
    OutboxRow.objects.filter(pk__in=ids).update(state=OutboxState.UNKNOWN, reason=NOBODY_KNOWS, changed_at=now)
    attempts = DeliveryAttempt.objects.filter(row_id__in=ids, result=AttemptResult.STARTED)
    attempts.update(result=AttemptResult.UNKNOWN, ended_at=now, detail=NOBODY_KNOWS)
    record(entries=[known for row in rows for known in knowledge_of(row, KnowledgeState.UNKNOWN, now)])
    logger.error("%s messages: nobody knows whether they were sent", len(ids))
    return len(ids)


def backoff(key: uuid.UUID, attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: growing, and spread by a share that the key decides."""
    minutes = BACKOFF[min(attempts, len(BACKOFF)) - 1] if attempts else BACKOFF[0]
    share = int.from_bytes(sha256(key.bytes + bytes([attempts % 256])).digest()[:4], "big") / 2**32
    return timedelta(minutes=minutes * (1 + JITTER * (2 * share - 1)))


def _mine(row_id: int, token: uuid.UUID) -> OutboxRow | None:
    rows = OutboxRow.objects.filter(pk=row_id, lease_token=token, state__in=[OutboxState.SENDING, OutboxState.UNKNOWN])
    return rows.select_for_update(no_key=True).first()


def _finish(row: OutboxRow, result: str, detail: str, now: datetime) -> None:
    row.changed_at, row.lease_until = now, None
    if row.state != OutboxState.UNKNOWN:
        row.lease_token = None
    if row.state != OutboxState.SCHEDULED:
        row.due_at = None
    row.save(
        update_fields=[
            "state",
            "reason",
            "sent_at",
            "provider_id",
            "due_at",
            "changed_at",
            "lease_until",
            "lease_token",
        ]
    )
    last = DeliveryAttempt.objects.filter(row=row, number=row.attempts)
    last.update(result=result, ended_at=now, detail=detail[:500])


@whole
def note_fault(*, channel: str, now: datetime) -> None:
    """Count a temporary failure; many in a row close the channel for a while.

    Apart from settling the message, because claims lock the channel before the rows.
    """
    state = ChannelState.objects.select_for_update().get(channel=channel)
    state.faults = min(state.faults + 1, 32_000)
    if state.faults >= CLOSES_AFTER:
        step = min(state.faults - CLOSES_AFTER, len(CLOSED_FOR) - 1)
        state.closed_until = now + timedelta(minutes=CLOSED_FOR[step])
    state.save(update_fields=["faults", "closed_until"])


def note_success(*, channel: str) -> None:
    """The channel works: open it again."""
    ChannelState.objects.filter(channel=channel).exclude(faults=0).update(faults=0, closed_until=None)


@whole
def close_broken(*, channel: str, sentence: str, now: datetime) -> None:
    """Pause a channel that cannot work until a person mends it; the reason is kept for them."""
    state = ChannelState.objects.select_for_update().get(channel=channel)
    if state.paused_at is None:
        state.paused_at, state.paused_by, state.note = now, None, sentence[:300]
        state.save(update_fields=["paused_at", "paused_by", "note"])
        logger.error("the channel %s is paused: %s", channel, sentence)
