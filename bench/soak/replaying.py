"""The same messages once more, in a database where nothing ever died; and all that is comparable of the two.

Each message is worked at the moment at which it was worked before, because the desk has a clock: a customer's earlier
cases count by when they were opened, and care is not lowered while a case is open. How messages were batched, and what
a sweep looked at in between, must not matter.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, connections

from bench import databases
from tracking.exception_queue.sweep import look_at_all_again, sweep
from tracking.ingest.drain import drain
from tracking.models import ExceptionCase, InboundMessage
from tracking.vocabulary import InboundState

MESSAGE = "source_id transport topic about headers body body_hash delivery_id received_at timestamp_is_old last_seen_at"
STATE = """status status_at status_precision reason evidence label_at first_scan_at first_scan_precision last_scan_at
last_event_at delivered_at ended_at is_returning estimate_at estimate_precision original_estimate_at return_by
moved_after_end_at holds_messages attempts signed_by delivered_to delivered_city delivered_postcode direction
promise_at claimed_twice care_level unmapped_events sentence_key sentence_parameters"""
PAGE = 2000
Facts = dict[str, Counter[tuple[Any, ...]]]

# A parcel is known by its numbers and its order: ids depend on who came first.
NAMED = """WITH parcel AS (SELECT s.*, o.external_id AS order_key, (SELECT string_agg(n.number, ' ' ORDER BY n.number)
FROM tracking_trackingnumber n WHERE n.shipment_id = s.id) AS names
FROM tracking_shipment s LEFT JOIN tracking_order o ON o.id = s.order_id WHERE s.merged_into_id IS NULL) """
COMPARED = {
    "parcels": NAMED + f"SELECT names, order_key, {', '.join(STATE.split())}::text FROM parcel",
    "events": NAMED
    + """SELECT names, order_key, e.source_id, e.time_text, c.identity, e.occurred_at, e.precision, e.kind
    FROM tracking_trackingevent e JOIN parcel ON parcel.id = e.shipment_id
    LEFT JOIN tracking_trackingcode c ON c.id = e.code_id""",
    "open signals": NAMED
    + """SELECT names, order_key, g.kind, g.severity, g.cause, g.count
    FROM tracking_signal g JOIN parcel ON parcel.id = g.shipment_id WHERE g.state = 'open'""",
    "open cases": NAMED
    + """SELECT names, order_key, c.kind, c.severity, c.cause
    FROM tracking_exceptioncase c JOIN parcel ON parcel.id = c.shipment_id WHERE c.state <> 'resolved'""",
    "orders": """SELECT o.store_id, o.external_id, o.number, o.total_minor, o.cancelled_at, c.email
    FROM tracking_order o LEFT JOIN tracking_customer c ON c.id = o.customer_id""",
}


def facts() -> Facts:
    """Return what the current database holds, as rows with how often each is there."""
    found: Facts = {}
    with connection.cursor() as cursor:
        for name, query in COMPARED.items():
            cursor.execute(query)
            found[name] = Counter(cursor.fetchall())
    return found


def replay(original: str, fresh: str, moment: datetime) -> None:
    """Work all messages of one database in another, at the moments at which they were worked there; leaves the other
    one in use. What was never worked is worked at `moment` (aware UTC), to which both are brought."""
    with _beside(original) as other:
        databases.use(fresh)
        messages, swept = _worked_at(other)
        for at in sorted({*messages, *swept} - {None}):
            if at in messages:
                _copy(other, messages[at])
                drain(clock=_standing(at))
            else:
                sweep(clock=_standing(at))
        _copy(other, messages.get(None, []))
    settle(moment)


def _worked_at(database: str) -> tuple[dict[Any, list[int]], set[Any]]:
    """Return which messages were worked there at which moment (None: never), and when cases were opened and ended."""
    messages: dict[Any, list[int]] = {}
    for pk, at in InboundMessage.objects.using(database).order_by("pk").values_list("pk", "processed_at"):
        messages.setdefault(at, []).append(pk)
    cases = ExceptionCase.objects.using(database).values_list("opened_at", "resolved_at")
    return messages, {at for pair in cases for at in pair}


def _copy(database: str, ids: list[int]) -> None:
    for first in range(0, len(ids), PAGE):
        rows = InboundMessage.objects.using(database).filter(pk__in=ids[first : first + PAGE]).order_by("pk")
        InboundMessage.objects.bulk_create(InboundMessage(**row) for row in rows.values(*MESSAGE.split()))


def settle(moment: datetime) -> None:
    """Work all there is, what waits for a second try too, and look at every active parcel at `moment` (aware UTC)."""
    waiting = InboundMessage.objects.exclude(state__in=[InboundState.PROCESSED, InboundState.NOTHING])
    for _ in range(2):  # what waited for another message may follow it in the second round
        waiting.update(state=InboundState.PENDING, attempts=0, next_try_at=None)
        drain(clock=_standing(moment))
    look_at_all_again(now=moment)
    sweep(clock=_standing(moment))


def _standing(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


@contextmanager
def _beside(database: str) -> Iterator[str]:
    """Open a second connection, to another database of the server; yields its alias."""
    alias = "beside"
    connections.settings[alias] = {**connection.settings_dict, "NAME": database}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


def differences(one: Facts, other: Facts) -> dict[str, list[str]]:
    """Return, for each kind of row, what only one side has, marked with whose it is."""
    found = {}
    for name in one:
        mine, theirs = one[name] - other[name], other[name] - one[name]
        found[name] = [f"here {row}" for row in mine] + [f"replay {row}" for row in theirs]
    return found
