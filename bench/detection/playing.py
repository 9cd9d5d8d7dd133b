"""Plays the messages of all lives against the product: through the door's checks, the drain and the sweep, minute by
minute where something is due."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.db.models import Min

from bench import ground
from bench.detection.telling import SHOP, Told, rounded
from tracking import clock
from tracking.connectors.contract import RawMessage
from tracking.connectors.registry import get
from tracking.exception_queue.sweep import sweep
from tracking.ingest.drain import drain
from tracking.ingest.operations import receive
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Shipment, Signal, Source

MINUTE = timedelta(minutes=1)  # how often the product looks at its clock
Say = Callable[[str], None]


def silently(words: str) -> None:
    """Say nothing of how far a run has come."""


def lay(now: datetime) -> None:
    """Connect the own system and USPS; warehouse, calendar and windows are those of a new installation."""
    for kind, slug in (("generic", SHOP), ("usps", "usps")):
        add_source(kind=kind, slug=slug, store=ground.STORE, values={"webhook_secret": ground.SECRET}, now=now)


def play(messages: Iterable[Told], until: datetime, say: Say = silently) -> None:
    """Take in every message at its moment, and sweep in each minute in which a parcel is due, up to `until` (aware).

    `say` is told each day that begins.
    """
    days: set[date] = set()
    sources = {source.slug: source for source in Source.objects.all()}
    for at, arriving in groupby(sorted(messages, key=lambda each: each.at), key=lambda each: each.at):
        if at.date() not in days:
            days.add(at.date())
            say(f"{at.date()}: {Signal.objects.count()} alarms so far")
        _pass_time(at)
        with clock.at(at):
            for message in arriving:
                _take(sources[message.source], message)
            drain(clock=clock.now)
    _pass_time(until.astimezone(UTC))
    left = InboundMessage.objects.exclude(state="processed").first()
    assert left is None, f"message {left} was not processed: {left.error if left else ''}"


def _take(source: Source, message: Told) -> None:
    headers = {name.lower(): value for name, value in message.headers.items()}
    raw = RawMessage(message.body, headers)
    verified = get(source.kind).verify(raw, source.all_settings(), f"/hooks/{source.slug}/")
    assert verified.ok, verified.why_not
    receive(source_id=source.pk, body=message.body, headers=headers, verified=verified, now=clock.now())


def _pass_time(until: datetime) -> None:
    """Sweep at the full minute after each moment at which a parcel is due."""
    while True:
        due = Shipment.objects.aggregate(at=Min("next_check_at"))["at"]
        if due is None or (at := rounded(due, MINUTE)) > until:
            return
        with clock.at(at):
            sweep(clock=clock.now)
