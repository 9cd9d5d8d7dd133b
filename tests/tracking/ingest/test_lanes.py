"""Several lanes: each source's messages in one of them, and one truth per parcel whatever lanes tell of it."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from threading import Event, Thread, current_thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection

from tests.tracking.ingest.making import NUMBER, drained, fedex_body, scan, source_of, stored
from tracking.connectors.contract import ShipmentUpdate
from tracking.ingest import drain, schedule
from tracking.ingest.lanes import Lane, lane_of, lanes
from tracking.ingest.operations import replay
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Shipment, Source, TrackingEvent, TrackingNumber
from tracking.shipments import carrier_facts
from tracking.shipments.carrier_facts import ToldShipment
from tracking.shipments.directory import Directory
from tracking.shipments.store import Carriers, Parcels
from tracking.transactions import alone, flag_is_up, whole
from tracking.vocabulary import InboundState

committing = pytest.mark.django_db(transaction=True)
EVENING, MORNING = "2026-11-17T20:00:00-05:00", "2026-11-16T08:00:00-05:00"


@pytest.fixture
def two(db: None, now: datetime, settings: Any) -> list[Source]:
    """Two accounts of one carrier, each in a lane of its own."""
    settings.DRAIN_LANES = 2
    values = {"webhook_secret": "s3cret"}
    found: list[Source] = []
    while {lane_of(source.pk).index for source in found} != {0, 1}:
        slug = f"fedex-{len(found)}"
        found.append(add_source(kind="fedex", slug=slug, store="Mugs", values=values, now=now)[0])
    return sorted((found[0], found[-1]), key=lambda source: lane_of(source.pk).index)


def in_thread(name: str, work: Callable[[], object]) -> Thread:
    def closing() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=closing, name=name)
    thread.start()
    return thread


def wait_until_blocked() -> None:
    """Let another connection come to where it has to wait for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(2000):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.01) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits for a lock")


def test_each_source_has_one_lane_and_one_lane_is_the_usual_one(settings: Any) -> None:
    assert lanes() == (Lane(0, 1),)
    assert {lane_of(source).flag for source in range(9)} == {"inbound"}
    settings.DRAIN_LANES = 3
    assert [lane_of(source).index for source in (3, 4, 5, 6)] == [0, 1, 2, 0]
    assert len({lane.lock for lane in lanes()}) == len({lane.flag for lane in lanes()}) == 3


@pytest.mark.django_db
def test_every_door_raises_the_flags_of_the_lanes_it_filled(two: list[Source], now: datetime) -> None:
    message = stored(two[1], fedex_body(NUMBER, scan(EVENING)), now)
    assert (flag_is_up("inbound"), flag_is_up("inbound:1")) == (False, True)
    other = stored(two[0], fedex_body(NUMBER, scan(MORNING)), now)
    assert flag_is_up("inbound")
    assert drained(now).processed == 2
    assert not flag_is_up("inbound")
    assert not flag_is_up("inbound:1")
    replay(message_ids=[message.pk, other.pk], actor=None, now=now)
    assert flag_is_up("inbound")
    assert flag_is_up("inbound:1")


@committing
def test_a_drain_works_the_lanes_that_are_free_and_leaves_the_others(two: list[Source], now: datetime) -> None:
    for source in two:
        stored(source, fedex_body(NUMBER, scan(EVENING)), now)
    with alone(Lane(0, 2).lock) as is_ours:
        assert is_ours
        thread = in_thread("worker", lambda: drained(now))
        thread.join(30)
    states = dict(InboundMessage.objects.values_list("source_id", "state"))
    assert states == {two[0].pk: InboundState.PENDING, two[1].pk: InboundState.PROCESSED}
    assert flag_is_up("inbound")
    assert drained(now).processed == 1


def overlapping(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Let `first` do all its work, and wait for `second` to need what it holds before it commits."""
    ready, go_on = Event(), Event()
    planned = schedule.plan_polls

    def waiting(**options: Any) -> None:
        planned(**options)
        if current_thread().name == "first":
            ready.set()
            assert go_on.wait(30)

    with patch.object(drain, "plan_polls", waiting):
        one = in_thread("first", first)
        assert ready.wait(30)
        two = in_thread("second", second)
        wait_until_blocked()
        go_on.set()
        one.join(30)
        two.join(30)


@committing
def test_two_lanes_that_tell_of_one_new_parcel_at_once_make_one(two: list[Source], now: datetime) -> None:
    stored(two[0], fedex_body(NUMBER, scan(EVENING)), now)
    overlapping(
        lambda: drained(now),
        lambda: (stored(two[1], fedex_body(NUMBER, scan(MORNING)), now), drained(now)),
    )
    assert set(InboundMessage.objects.values_list("state", "attempts")) == {(InboundState.PROCESSED, 1)}
    parcel = Shipment.objects.get()
    assert set(parcel.events.values_list("source_id", flat=True)) == {source.pk for source in two}
    assert parcel.last_event_at == parcel.events.latest("occurred_at").occurred_at


@committing
def test_two_lanes_that_tell_of_one_known_parcel_at_once_lose_nothing(two: list[Source], now: datetime) -> None:
    stored(two[0], fedex_body(NUMBER, scan(MORNING, "PU", "Picked up")), now)
    drained(now)
    stored(two[0], fedex_body(NUMBER, scan(EVENING, "OD", "On FedEx vehicle for delivery")), now)
    overlapping(
        lambda: drained(now),
        lambda: (stored(two[1], fedex_body(NUMBER, scan("2026-11-18T10:00:00-05:00", "DL", "Delivered")), now),
                 drained(now)),
    )  # fmt: skip
    assert set(InboundMessage.objects.values_list("state", "attempts")) == {(InboundState.PROCESSED, 1)}
    parcel = Shipment.objects.get()
    assert parcel.events.count() == 3
    changes = list(parcel.status_changes.order_by("id").values_list("from_status", "to_status"))
    assert all(before[1] == after[0] for before, after in pairwise(changes))


@whole
def hand_over(source: Source, now: datetime, number: str, partner: str) -> None:
    """Say that a parcel goes on under another carrier's number: their two rows become one."""
    directory = Directory(Parcels())
    directory.load([number, partner])
    shipment = directory.find(number, at=now)
    assert shipment is not None
    update = ShipmentUpdate(number, "fedex", partner_numbers=((partner, "usps"),))
    carrier_facts.tell([ToldShipment(shipment, update, source.pk, now)], directory, Carriers(), now=now)
    directory.parcels.save()
    directory.save()
    vars(drain)["plan_polls"](shipment_ids=[], now=now)  # where the other is waited for


@committing
def test_an_event_of_a_parcel_that_is_joined_meanwhile_reaches_the_one_that_stays(
    two: list[Source], now: datetime
) -> None:
    usps = source_of("usps", now)
    for number in (NUMBER, "794600000099"):
        stored(two[0], fedex_body(number, scan(MORNING)), now)
        drained(now)
    survivor, loser = Shipment.objects.order_by("id")
    overlapping(
        lambda: hand_over(usps, now, survivor.number, loser.number),
        lambda: (stored(two[1], fedex_body(loser.number, scan(EVENING)), now), drained(now)),
    )
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {InboundState.PROCESSED}
    assert set(TrackingNumber.objects.values_list("shipment_id", flat=True)) == {survivor.pk}
    assert set(TrackingEvent.objects.values_list("shipment_id", flat=True)) == {survivor.pk}
    survivor.refresh_from_db()
    assert survivor.last_event_at == TrackingEvent.objects.latest("occurred_at").occurred_at
