"""Spoilt messages through the drain of a real database, beside parcels of other numbers that must not change.

What is checked of each batch, before it is rolled back:
- every message was worked, or refused with a sentence of ours: none broke the drain;
- a parcel is at an end only by an event, or a void, that the intact samples have too;
- no row of the bystanders differs, down to the byte: their orders, parcels, numbers, events, states, signals and cases.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from itertools import islice

from django.db import connection, transaction

from bench.fuzz import TRANSPORTS, Judge, Outcome
from bench.fuzz_inputs import inputs
from tracking.ingest.drain import drain
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Shipment, Source, TrackingEvent
from tracking.vocabulary import TERMINAL_STATUSES, InboundState, Milestone

BATCH = 250
STORE = "Fuzz"
BYSTANDERS = ("in_transit", "delivered", "label_created", "out_for_delivery", "exception")
BY_PARCEL = ("trackingnumber", "trackingevent", "observation", "statuschange", "signal", "exceptioncase", "pollstate")
_EXCEPTION = re.compile(r"[A-Z]\w*(Error|Exception|Exists)\b")


class Ground:
    """A store whose source of one kind is spoilt, and five bystanders that another source of it told of."""

    def __init__(self, kind: str, now: datetime) -> None:
        self.kind, self.now = kind, now
        values = {"webhook_secret": "x"}
        self.source = add_source(kind=kind, slug=f"spoilt-{kind}", store=STORE, values=values, now=now)[0]
        teller = add_source(kind="generic", slug=f"beside-{kind}", store=STORE, values=values, now=now)[0]
        _store([(teller, "webhook", _bystander(number, code, now)) for number, code in enumerate(BYSTANDERS)], now)
        drain(clock=lambda: now)
        self.others = list(Shipment.objects.values_list("pk", flat=True))
        self.orders = list(Shipment.objects.values_list("order_id", flat=True))
        if len(self.others) < len(BYSTANDERS):
            raise AssertionError("the bystanders were not understood")

    def rows(self) -> list[str]:
        """Every row of the bystanders, as text."""
        asked = [("shipment", "id", self.others), ("order", "id", self.orders), ("fulfilment", "order_id", self.orders)]
        asked += [(table, "shipment_id", self.others) for table in BY_PARCEL]
        return [row for table, column, ids in asked for row in _rows(table, column, ids)]


def fuzz_rows(kind: str, count: int, seed: int, now: datetime) -> Outcome:
    """Work so many spoilt messages of one kind in the current database; each batch is rolled back afterwards."""
    outcome, judge = Outcome(kind), Judge(kind)
    with transaction.atomic():
        ground = Ground(kind, now)
        before, began = ground.rows(), time.monotonic()
        spoilt = iter(inputs(kind, count, seed))
        while batch := list(islice(spoilt, BATCH)):
            with transaction.atomic():
                _work(ground, judge, [body for _, body in batch], outcome)
                if ground.rows() != before:
                    outcome.faults["a bystander was touched"] += 1
                transaction.set_rollback(True)
        outcome.seconds = time.monotonic() - began
        transaction.set_rollback(True)
    return outcome


def _work(ground: Ground, judge: Judge, bodies: list[bytes], outcome: Outcome) -> None:
    told = [(ground.source, TRANSPORTS[at % len(TRANSPORTS)], body) for at, body in enumerate(bodies)]
    _store(told, ground.now)
    drain(clock=lambda: ground.now)
    rows = InboundMessage.objects.filter(source=ground.source)
    outcome.inputs += len(bodies)
    outcome.read += rows.filter(state=InboundState.PROCESSED).count()
    outcome.faults.update(_broken(rows.values_list("state", "error")))
    outcome.faults.update(_false_ends(ground, judge))


def _broken(rows: Iterable[tuple[str, str]]) -> Counter[str]:
    faults: Counter[str] = Counter()
    for state, error in rows:
        if state == InboundState.PENDING:
            faults["left unworked"] += 1
        elif _EXCEPTION.match(error):
            faults[f"broke the drain: {error[:120]}"] += 1
        elif state == InboundState.FAILED and not error:
            faults["refused without a sentence"] += 1
    return faults


def _false_ends(ground: Ground, judge: Judge) -> Counter[str]:
    faults: Counter[str] = Counter()
    ended = Shipment.objects.filter(status__in=TERMINAL_STATUSES).exclude(pk__in=ground.others)
    for parcel in ended:
        ends = TrackingEvent.objects.filter(
            shipment=parcel, code__milestone__in=set(TERMINAL_STATUSES) & set(Milestone)
        )
        words = {word.casefold() for event in ends.select_related("code") for word in _words(event)}
        is_void = judge.has_voids and (parcel.voided_at or parcel.order_cancelled_at)
        if not (words & judge.ends or is_void):
            faults[f"garbage means {parcel.status}"] += 1
    return faults


def _words(event: TrackingEvent) -> list[str]:
    code = event.code
    return [word for word in (event.text, code.raw_code if code else "", code.raw_subcode if code else "") if word]


def _store(told: list[tuple[Source, str, bytes]], now: datetime) -> None:
    """Store messages as the door does once a signature was found right."""
    InboundMessage.objects.bulk_create(
        InboundMessage(
            source=source, transport=transport, body=body, body_hash=sha256(body).digest(), delivery_id=str(at),
            received_at=now, last_seen_at=now,
        )
        for at, (source, transport, body) in enumerate(told)
    )  # fmt: skip


def _bystander(number: int, code: str, now: datetime) -> bytes:
    name, at = f"BYSTANDER{number:04}", now.isoformat()
    sent = f'{{"external_id": "F{number}", "tracking_numbers": ["{name}"], "carrier": "UPS", "created_at": "{at}"}}'
    order = f'{{"external_id": "B{number}", "number": "#B{number}", "created_at": "{at}", "fulfilments": [{sent}]}}'
    event = f'{{"tracking_number": "{name}", "occurred_at": "{at}", "code": "{code}", "reason": "damaged"}}'
    return f'{{"orders": [{order}], "events": [{event}]}}'.encode()


def _rows(table: str, column: str, ids: list[int]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT row::text FROM "tracking_{table}" AS row WHERE {column} = ANY (%s) ORDER BY id',
            [ids],
        )
        return [f"{table} {text}" for (text,) in cursor.fetchall()]
