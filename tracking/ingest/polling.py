"""Asking sources: one round after the other, call by call. No call is made inside a transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_tb

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F

from tracking.connectors.contract import Connector, ParcelAsk, PollAnswer
from tracking.connectors.http import CallFailed, Transport
from tracking.connectors.registry import get
from tracking.ingest.allowance import note_failure, note_success, take_call
from tracking.ingest.operations import store_polled
from tracking.ingest.outgoing import UNREADABLE_SECRETS, account_for, keep_token
from tracking.ingest.schedule import Intervals
from tracking.models import PollState, Shipment, Source
from tracking.models.encryption import UndecipherableSecret
from tracking.transactions import alone

logger = logging.getLogger(__name__)

CURSOR_EVERY = timedelta(minutes=30)
LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=10)
MOST_PAGES = 20


@dataclass(slots=True)
class Polled:
    """Counts of one round of polling."""

    calls: int = 0
    stored: int = 0
    repeated: int = 0
    failures: int = 0

    def add(self, other: "Polled") -> None:
        """Add another round's counts."""
        self.calls += other.calls
        self.stored += other.stored
        self.repeated += other.repeated
        self.failures += other.failures


def poll_all(
    *, clock: Callable[[], datetime], until: datetime | None = None, transport: Transport | None = None
) -> Polled:
    """Ask every source that is due; begins no new call after `until` (aware UTC)."""
    total = Polled()
    for source_id in Source.objects.filter(is_active=True, polling_is_on=True).values_list("pk", flat=True):
        try:
            total.add(poll_source(source_id=source_id, clock=clock, until=until, transport=transport))
        except UndecipherableSecret:
            total.failures += 1
            note_failure(source_id, CallFailed("refused", UNREADABLE_SECRETS), now=clock())
    return total


def poll_source(
    *,
    source_id: int,
    clock: Callable[[], datetime],
    until: datetime | None = None,
    transport: Transport | None = None,
) -> Polled:
    """Ask one source about all that is due, call by call, as its allowance permits; one asker at a time."""
    source = Source.objects.get(pk=source_id)
    connector = get(source.kind)
    if connector.poll.style == "none" or missing_for_polling(source, connector):
        return Polled()
    one_call = _ask_numbers if connector.poll.style == "numbers" else _ask_cursor
    total = Polled()
    with alone(f"poll:{source.pk}") as is_ours:
        for _ in range(MOST_PAGES if is_ours else 0):
            now = clock()
            if (until and now > until) or not one_call(source, connector, now, transport, total):
                break
    return total


def missing_for_polling(source: Source, connector: Connector) -> list[str]:
    """Return the labels of settings without which the source cannot be asked."""
    told = source.all_settings()
    return [
        field.label
        for field in connector.setting_fields
        if field.needed_for == "poll" and not (told.get(field.key) or field.default)
    ]


def _ask_numbers(
    source: Source, connector: Connector, now: datetime, transport: Transport | None, total: Polled
) -> bool:
    """One call about the parcels that are due; False when there is nothing to do or the call failed."""
    states = _claim(source, connector, now)
    if not states:
        return False
    if not take_call(source.pk, connector, now=now):
        _put_off(states, _callable_at(source.pk, now))
        return False
    asks = [ParcelAsk(number=row.number, carrier=connector.carrier) for row in states]
    answer = _call(source, connector, now, transport, total, asks, "")
    if answer is None:
        _put_off(states, now + RETRY, failed=True)
        return False
    _reschedule(states, {part.about for part in answer.parts}, now)
    return True


def _claim(source: Source, connector: Connector, now: datetime) -> list[PollState]:
    with transaction.atomic():
        due = PollState.objects.filter(source=source, next_poll_at__lte=now).order_by("next_poll_at", "id")
        ids = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[: connector.poll.per_call])
        PollState.objects.filter(pk__in=ids).update(next_poll_at=now + LEASE)
        return list(PollState.objects.filter(pk__in=ids).order_by("id"))


def _call(
    source: Source,
    connector: Connector,
    now: datetime,
    transport: Transport | None,
    total: Polled,
    asks: Sequence[ParcelAsk],
    cursor: str,
) -> PollAnswer | None:
    """Make one call; a token the vendor no longer takes is renewed once. None when it failed.

    A connector's own fault counts as a failed call of its source: it must not stop the others.
    """
    try:
        answer = _fetch(source, connector, now, transport, asks, cursor)
    except CallFailed as caught:
        failure = caught
    except (DatabaseError, InterfaceError):
        raise
    except Exception as error:
        where = "".join(format_tb(error.__traceback__))  # without the error's own text, which may quote a secret
        logger.error("the %s connector failed while asking for source %s\n%s", source.kind, source.slug, where)
        sentence = f"The {source.kind} connector could not work with the vendor's answer ({type(error).__name__})."
        failure = CallFailed("permanent", sentence)
    else:
        return _kept(source, answer, now, total)
    total.failures += 1
    note_failure(source.pk, failure, now=now)
    return None


def _kept(source: Source, answer: PollAnswer, now: datetime, total: Polled) -> PollAnswer:
    """Store what a call brought: token, quota, parts."""
    total.calls += 1
    if answer.token is not None:
        keep_token(source, answer.token)
    note_success(source.pk, answer.quota, now=now)
    stored, repeated = store_polled(source_id=source.pk, parts=answer.parts, now=now)
    total.stored += stored
    total.repeated += repeated
    return answer


def _fetch(
    source: Source,
    connector: Connector,
    now: datetime,
    transport: Transport | None,
    asks: Sequence[ParcelAsk],
    cursor: str,
) -> PollAnswer:
    kept = source.token
    account = account_for(source, connector, now=now, transport=transport)
    is_kept = bool(kept) and source.token is kept
    try:
        return connector.fetch(account, asks, cursor)
    except CallFailed as failure:
        if failure.kind != "auth" or not is_kept:
            raise
    return connector.fetch(account_for(source, connector, now=now, transport=transport, fresh=True), asks, cursor)


def _reschedule(states: Sequence[PollState], answered: set[str], now: datetime) -> None:
    """Set when to ask next, by what the parcels are doing now: the call took time and others may have worked on them.

    A number that the vendor left out of its answer counts as a failure of that number.
    """
    intervals = Intervals()
    parcels = Shipment.objects.in_bulk([row.shipment_id for row in states])
    for row in states:
        shipment = parcels.get(row.shipment_id)
        PollState.objects.filter(pk=row.pk).update(
            last_polled_at=now,
            failures=0 if row.number in answered else F("failures") + 1,
            next_poll_at=intervals.next_for(shipment, now) if shipment else None,
        )


def _put_off(states: Sequence[PollState], until: datetime, *, failed: bool = False) -> None:
    rows = PollState.objects.filter(pk__in=[row.pk for row in states])
    rows.update(next_poll_at=until, failures=F("failures") + int(failed))


def _callable_at(source_id: int, now: datetime) -> datetime:
    """When a source that may not be called now may be: the end of its block, else in a minute."""
    until = Source.objects.values_list("blocked_until", flat=True).get(pk=source_id)
    return max(until or now, now + timedelta(minutes=1))


def _ask_cursor(
    source: Source, connector: Connector, now: datetime, transport: Transport | None, total: Polled
) -> bool:
    """One page of what changed since the cursor; True when there is another page to fetch at once."""
    source.refresh_from_db()
    if source.next_poll_at and source.next_poll_at > now:
        return False
    if not take_call(source.pk, connector, now=now):
        return False
    answer = _call(source, connector, now, transport, total, (), source.cursor)
    if answer is None:
        Source.objects.filter(pk=source.pk).update(next_poll_at=now + RETRY)
        return False
    more = answer.more and answer.cursor not in ("", source.cursor)  # a cursor that stands still would turn for ever
    Source.objects.filter(pk=source.pk).update(
        cursor=answer.cursor or source.cursor, next_poll_at=None if more else now + CURSOR_EVERY
    )
    return more
