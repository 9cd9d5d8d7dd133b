"""Asking sources: one round after the other, call by call. No call is made inside a transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from tracking.connectors.contract import Connector, ParcelAsk
from tracking.connectors.http import CallFailed, Transport
from tracking.connectors.registry import get
from tracking.ingest.allowance import note_failure
from tracking.ingest.calling import Caller, Polled
from tracking.ingest.fetching_back import fetch_next
from tracking.ingest.outgoing import UNREADABLE_SECRETS
from tracking.ingest.schedule import Intervals
from tracking.models import PollState, Shipment, Source
from tracking.models.encryption import UndecipherableSecret
from tracking.transactions import alone

CURSOR_EVERY = timedelta(minutes=30)
LEASE = timedelta(minutes=5)
RETRY = timedelta(minutes=10)
MOST_PAGES = 20


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
    caller = Caller(source, connector, transport, Polled())
    with alone(f"poll:{source.pk}") as is_ours:
        for _ in range(MOST_PAGES if is_ours else 0):
            now = clock()
            if (until and now > until) or not (fetch_next(caller, now) or one_call(caller, now)):
                break
    return caller.total


def missing_for_polling(source: Source, connector: Connector) -> list[str]:
    """Return the labels of settings without which the source cannot be asked."""
    told = source.all_settings()
    return [
        field.label
        for field in connector.setting_fields
        if field.needed_for == "poll" and not (told.get(field.key) or field.default)
    ]


def _ask_numbers(caller: Caller, now: datetime) -> bool:
    """One call about the parcels that are due; False when there is nothing to do or the call failed."""
    source, connector = caller.source, caller.connector
    states = _claim(source, connector, now)
    if not states:
        return False
    if not caller.may_call(now):
        _put_off(states, caller.callable_at(now))
        return False
    asks = [ParcelAsk(number=row.number, carrier=connector.carrier) for row in states]
    answer = caller.call(lambda account: connector.fetch(account, asks, ""), now)
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


def _ask_cursor(caller: Caller, now: datetime) -> bool:
    """One page of what changed since the cursor; True when there is another page to fetch at once."""
    source, connector = caller.source, caller.connector
    source.refresh_from_db()
    if source.next_poll_at and source.next_poll_at > now:
        return False
    if not caller.may_call(now):
        return False
    answer = caller.call(lambda account: connector.fetch(account, (), source.cursor), now)
    if answer is None:
        Source.objects.filter(pk=source.pk).update(next_poll_at=now + RETRY)
        return False
    more = answer.more and answer.cursor not in ("", source.cursor)  # a cursor that stands still would turn for ever
    Source.objects.filter(pk=source.pk).update(
        cursor=answer.cursor or source.cursor, next_poll_at=None if more else now + CURSOR_EVERY
    )
    return more
