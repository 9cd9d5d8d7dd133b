"""Questions about what came in: how long it waits, how the sources feel, and what one message says."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min
from django.db.models.functions import Now

from tracking.connectors.contract import Reading
from tracking.connectors.numbers import normalize, without_routing
from tracking.ingest.reading import Failure, understand
from tracking.models import InboundMessage, Order, Shipment, Source, TrackingNumber
from tracking.orders.numbers import normalize_order_number
from tracking.vocabulary import InboundState

FAILED_STATES = (InboundState.FAILED, InboundState.GAVE_UP)
COUNTED_TO = 1000
LAG_WINDOW = timedelta(days=7)
LAG_SAMPLE = 20_000


def queue_lag_seconds() -> float | None:
    """Return how long the oldest unprocessed message has waited since its insertion, None if none waits.

    Both times are the database's own, so a clock that tests or the demo set has no part in it.
    """
    waiting = InboundMessage.objects.filter(state=InboundState.PENDING).order_by()
    lag = waiting.aggregate(lag=Now() - Min("inserted_at"))["lag"]
    return lag.total_seconds() if lag is not None else None


def state_counts() -> dict[str, int]:
    """Return how many messages wait, failed or were given up, each counted to 1000. One query."""
    states = (InboundState.PENDING, *FAILED_STATES)
    return _capped_counts("tracking_inboundmessage", "state", "text[]", [str(state) for state in states])


@dataclass(frozen=True, slots=True)
class Lag:
    """How long after it happened we heard of an event, over `events` events."""

    median: timedelta
    p95: timedelta
    events: int


@dataclass(frozen=True, slots=True)
class Health:
    """How one source feels, beyond its own columns. Counts stop at 1000."""

    lag: Lag | None = None  # None: no event with an exact time lately
    waiting: int = 0
    failed: int = 0
    polls_due: int = 0
    polled_parcels: int = 0


def health(sources: Iterable[Source], now: datetime) -> dict[int, Health]:
    """Return the health of sources by id, in a fixed number of queries."""
    ids = [source.pk for source in sources]
    lags = _lags(ids, now)
    messages = _open_messages(ids)
    polled = _capped_counts("tracking_pollstate", "source_id", "bigint[]", ids, "next_poll_at IS NOT NULL")
    due = _capped_counts("tracking_pollstate", "source_id", "bigint[]", ids, "next_poll_at <= %s", now)
    return {
        pk: Health(
            lag=lags.get(pk),
            waiting=min(messages.get((pk, InboundState.PENDING), 0), COUNTED_TO),
            failed=min(sum(messages.get((pk, state), 0) for state in FAILED_STATES), COUNTED_TO),
            polls_due=due.get(pk, 0),
            polled_parcels=polled.get(pk, 0),
        )
        for pk in ids
    }


def _open_messages(ids: list[int]) -> dict[tuple[int, str], int]:
    states = (InboundState.PENDING, *FAILED_STATES)
    rows = InboundMessage.objects.filter(source_id__in=ids, state__in=states).order_by()
    counts = rows.values_list("source_id", "state").annotate(Count("id"))
    return {(source, state): count for source, state, count in counts}


def _lags(ids: list[int], now: datetime) -> dict[int, Lag]:
    """Lag from event to receipt over the newest events of all sources: events of exact time, heard within 7 days, that
    happened after the source was connected (the first look back is no lag). Bounded by the sample, not by history."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT recent.source_id, count(*),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.lag),
                   percentile_cont(0.95) WITHIN GROUP (ORDER BY recent.lag)
            FROM (
                SELECT source_id, occurred_at, received_at, precision, received_at - occurred_at AS lag
                FROM tracking_trackingevent ORDER BY id DESC LIMIT %s
            ) AS recent
            JOIN tracking_source AS source ON source.id = recent.source_id
            WHERE recent.source_id = ANY(%s) AND recent.precision = 'instant' AND recent.received_at > %s
              AND recent.occurred_at >= source.created_at AND recent.lag >= interval '0'
            GROUP BY recent.source_id
            """,
            [LAG_SAMPLE, ids, now - LAG_WINDOW],
        )
        return {pk: Lag(median, p95, events) for pk, events, median, p95 in cursor.fetchall()}


def _capped_counts(
    table: str, column: str, array: str, values: Iterable[Any], condition: str = "TRUE", *given: Any
) -> dict[Any, int]:
    """Count the rows of `table` for each value of `column`, each count stopping at 1000.

    At most that many rows are read a value. Table, column, type of array and condition are our own.
    """
    wanted = list(values)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT value, (SELECT count(*) FROM (
                SELECT 1 FROM {table} WHERE {column} = value AND {condition} LIMIT {COUNTED_TO}
            ) AS counted) FROM unnest(%s::{array}) AS value
            """,  # noqa: S608 (no outside text)
            [*given, wanted],
        )
        return dict(cursor.fetchall())


def last_messages(source_id: int, most: int = 20) -> list[InboundMessage]:
    """Return the newest messages of one source, without their bodies."""
    rows = InboundMessage.objects.filter(source_id=source_id).order_by("-id").defer("body", "headers", "body_hash")
    return list(rows[:most])


@dataclass(frozen=True, slots=True)
class Understood:
    """What a stored message says, as the connector reads it today. Names that we know are linked to their rows."""

    reading: Reading | None
    problem: str = ""  # why it cannot be read at all
    shipments: dict[str, Shipment] = field(default_factory=dict)  # by number as sent
    orders: dict[str, Order] = field(default_factory=dict)  # by number as sent


def understood(message: InboundMessage) -> Understood:
    """Read a stored message again, without changing anything, and look up what it speaks of. At most two queries.

    `message.source` must be selected. A body removed by retention reads as nothing.
    """
    if not bytes(message.body):
        return Understood(None, "The body has been removed after its time of keeping.")
    item = understand(message, message.source)
    if isinstance(item, Failure):
        return Understood(None, item.sentence)
    return Understood(item.reading, "", _shipments(item.reading), _orders(item.reading))


def _shipments(reading: Reading) -> dict[str, Shipment]:
    told = {update.tracking_number for update in reading.shipments}
    told |= {event.tracking_number for event in reading.events}
    told |= {seen.tracking_number for seen in reading.observations}
    fulfilments = [*reading.fulfilments, *(each for order in reading.orders for each in order.fulfilments)]
    told |= {number for each in fulfilments for number in each.tracking_numbers}
    by_number = {without_routing(normalize(number)): number for number in told if number}
    rows = TrackingNumber.objects.filter(number__in=by_number, shipment__merged_into=None).select_related("shipment")
    return {by_number[row.number]: row.shipment for row in rows.order_by("id")}


def _orders(reading: Reading) -> dict[str, Order]:
    told = {order.number for order in reading.orders} | {update.order_number for update in reading.shipments}
    by_number = {normalize_order_number(number): number for number in told if number}
    if not by_number:
        return {}
    rows = Order.objects.filter(normalized_number__in=by_number).order_by("id")
    return {by_number[row.normalized_number]: row for row in rows}


def pretty_body(message: InboundMessage) -> Any:
    """Return the decoded JSON body, or None when it is empty or no JSON."""
    try:
        return json.loads(bytes(message.body).decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None


def has_due_messages(*, now: datetime) -> bool:
    """True when a message waits to be worked at `now` (aware UTC)."""
    due = InboundMessage.objects.filter(state__in=[InboundState.PENDING, InboundState.FAILED])
    return due.exclude(next_try_at__gt=now).exists()
