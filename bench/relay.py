"""`relay.vs_per_object`: how fast news from the ledger becomes decisions and messages."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from bench import databases, inbox, ingest
from bench.relay_per_object import SlowRelay
from bench.results import Result
from bench.same_rows import assert_same
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds, spread
from bench.traffic import CHUNK, Message, Traffic
from notifications import configuration
from notifications.models import Decision, OutboxRow
from notifications.relay import relay
from tracking import clock
from tracking.ingest.drain import drain
from tracking.models import DomainEvent

MESSAGES = 1_500  # of carriers, in one round; not half of them are news
ONE_BY_ONE = 60  # parcels of a round whose news the slow way decides on too
PARK = "UPDATE tracking_domainevent SET relayed_at = %s WHERE relayed_at IS NULL"
WAKE = "UPDATE tracking_domainevent SET relayed_at = NULL WHERE id = ANY(%s)"
SENT = """
UPDATE notifications_outboxrow SET state = 'sent', sent_at = changed_at, due_at = NULL
WHERE state = 'scheduled' AND mod(id, 2) = 0
"""
OWN = "shipment_id = ANY(%s)"
SAME = {
    "notifications_decision": (OWN, frozenset({"id", "row_id"})),
    "notifications_outboxrow": ("covers && %s::bigint[]", frozenset({"id", "idempotency_key"})),
    "tracking_customerknowledge": (OWN, frozenset({"id", "at"})),
    "tracking_domainevent": (OWN, frozenset[str]()),
}
"""Tables in which both ways must leave the same rows. A batch orders what customers know by microseconds of `at`."""


def vs_per_object(scale: Scale) -> Iterator[Result]:
    """The relay, against one transaction a piece of news and one statement a row, which must leave the same rows.

    The slow way decides on the news of the first parcels of each round only; rates are compared.
    """
    now = clock.now()
    fast_one, slow_one = "bench_relay", "bench_relay_slow"
    rounds = _prepared(scale, fast_one, now)
    databases.copy(fast_one, slow_one)
    firsts = [_of_first_parcels(each) for each in rounds]
    slow_path: list[SlowRelay] = []

    def batches(number: int) -> float:
        databases.use(fast_one)
        _wake(rounds[number])
        return len(rounds[number]) / seconds(lambda: relay(clock=lambda: now))

    def one_by_one(number: int) -> float:
        databases.use(slow_one)
        slow_path.append(slow_path[0] if slow_path else SlowRelay(now))
        ids = [pk for pk, _ in firsts[number]]
        _wake(firsts[number])
        return len(ids) / seconds(lambda: slow_path[0].work(ids))

    fast, slow = interleaved(scale.rounds, batches, one_by_one)
    parcels = sorted({parcel for each in firsts for _, parcel in each})
    databases.use(fast_one)
    news = sum(len(each) for each in rounds)
    messages, decisions = (model.objects.filter(**{when: now}).count() for model, when in DECIDED)
    rows = assert_same(fast_one, slow_one, parcels, SAME)
    note = (
        f"Relay {spread(fast)} news/s, one by one {spread(slow)}. {news:,} news led to {decisions:,} decisions, "
        f"{messages:,} of them messages. {rows:,} rows of {len(parcels)} parcels in {len(SAME)} tables are the same "
        "both ways."
    )
    yield Result("relay.vs_per_object", ratio(fast, slow), "", ">= 20", ingest.size(scale), note)
    databases.drop(fast_one)
    databases.drop(slow_one)


DECIDED = ((OutboxRow, "created_at"), (Decision, "decided_at"))
News = list[tuple[int, int]]
"""Ids of rows of the ledger, each with its parcel."""


def _prepared(scale: Scale, name: str, now: datetime) -> list[News]:
    """Copy the filled database and let carriers' messages write rounds of news that nobody has decided on.

    What was to be said of the parcels before is decided, and half of it sent.
    """
    databases.use(databases.copy(ingest.filled(scale), name))
    configuration.load_presets(now=now)
    traffic, count = Traffic(scale.many, now), _messages(scale)
    rounds = [traffic.round(count) for _ in range(scale.rounds + 1)]
    inbox.bring_up_to_date((each.parcel for chunks in rounds for chunk in chunks for each in chunk), now)
    relay(clock=lambda: now)
    with connection.cursor() as cursor:
        cursor.execute(SENT)
    news = [_told([each for chunk in chunks for each in chunk], now) for chunks in rounds]
    databases.settle()
    return news


def _messages(scale: Scale) -> int:
    """As many messages a round as the parcels on their way allow."""
    return min(MESSAGES, scale.many // 5 // (scale.rounds + 1) // CHUNK * CHUNK)


def _told(messages: list[Message], now: datetime) -> News:
    """Work messages; return the news they led to, which is then put aside."""
    inbox.store(messages, now)
    drain(clock=lambda: now)
    rows = DomainEvent.objects.filter(relayed_at=None).exclude(shipment_id=None).order_by("id")
    found = [(pk, int(parcel or 0)) for pk, parcel in rows.values_list("pk", "shipment_id")]
    with connection.cursor() as cursor:
        cursor.execute(PARK, [now])
    return found


def _of_first_parcels(news: News) -> News:
    first = set(list(dict.fromkeys(parcel for _, parcel in news))[:ONE_BY_ONE])
    return [(pk, parcel) for pk, parcel in news if parcel in first]


def _wake(news: News) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WAKE, [[pk for pk, _ in news]])
