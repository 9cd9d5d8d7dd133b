"""What a batch of messages changes: orders, parcels, events, observations, then states and cases. Set-based."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache

from tracking.connectors.contract import Observation, ObservedEvent
from tracking.connectors.numbers import normalize
from tracking.events import observations, operations
from tracking.events.own_reports import echo_of, known_again
from tracking.exception_queue.refresh import refresh
from tracking.ingest import fetching_back
from tracking.ingest.earlier_parcels import leave_out
from tracking.ingest.privacy_requests import queue_requests
from tracking.ingest.reading import Failure, Item
from tracking.models import Fulfilment, FulfilmentParcel, Order, Shipment, StatusChange, Warehouse
from tracking.orders.operations import OrderKey, ToldFulfilment, ToldOrder, upsert_fulfilments, upsert_orders
from tracking.shipments import carrier_facts
from tracking.shipments.announce import announce
from tracking.shipments.carrier_facts import ToldShipment, Withdrawn
from tracking.shipments.desk import Unseen
from tracking.shipments.directory import Directory
from tracking.shipments.order_facts import Terms, follow_orders
from tracking.shipments.projection import destination_zone
from tracking.shipments.store import Carriers, Parcels, living, new_shipment
from tracking.vocabulary import NumberRole

Named = tuple[Item, ObservedEvent, str]
NOON = time(12)
OWN_REPORT = "What we told the shop ourselves, come back."
NO_STORE = "The source belongs to no store, so its orders have nowhere to go. Choose its store and replay."


@dataclass(slots=True)
class Applied:
    """What became of a batch: failures by message id, a few words per message, and the parcels touched."""

    failures: dict[int, Failure] = field(default_factory=dict)
    results: dict[int, str] = field(default_factory=dict)
    shipment_ids: frozenset[int] = frozenset()
    shipments: dict[int, Shipment] = field(default_factory=dict)  # those of them that live on, as they are now
    arrived: list[tuple[int, str]] = field(default_factory=list)  # (source id, what others may wait for)


@dataclass(slots=True)
class _Batch:
    """The tools and the gathered work of one batch."""

    items: list[Item]
    now: datetime
    stores: dict[int, int]
    parcels: Parcels = field(default_factory=Parcels)
    carriers: Carriers = field(default_factory=Carriers)
    terms: Terms = field(default_factory=Terms)
    touched: set[int] = field(default_factory=set)
    applied: Applied = field(default_factory=Applied)
    directory: Directory = field(init=False)

    def __post_init__(self) -> None:
        self.directory = Directory(self.parcels)


def apply(items: Sequence[Item], *, stores: dict[int, int], now: datetime) -> Applied:
    """Apply readings inside the caller's transaction. `stores`: source id -> its store id.

    Lock order: orders, then shipments, then cases.
    """
    batch = _Batch(_usable(items, stores), now, stores)
    usable = {item.message.pk for item in batch.items}
    batch.applied.failures = {
        item.message.pk: Failure(item.message.pk, NO_STORE) for item in items if item.message.pk not in usable
    }
    orders = _orders(batch)
    batch.touched |= set(follow_orders(orders.values(), batch.parcels, batch.terms))
    batch.parcels.save()
    batch.directory.load(_numbers(batch.items))
    batch.applied.results |= leave_out(batch.items, batch.directory)
    later = _events(batch, _named(batch.items), is_first_look=True)
    _announce(batch, orders, later)
    batch.applied.results |= leave_out(batch.items, batch.directory)
    _events(batch, [each for each in later if each[1] in each[0].reading.events], is_first_look=False)
    _fulfilment_events(batch)
    _facts(batch)
    queue_requests((item for item in batch.items if item.reading.privacy), now=now)
    fetching_back.queue(item for item in batch.items if item.reading.fetch_back)
    refresh(shipment_ids=batch.touched, now=now, cause=StatusChange.Cause.EVENT, parcels=batch.parcels)
    batch.applied.shipment_ids = frozenset(batch.touched)
    batch.applied.shipments = batch.parcels.alive(batch.touched)
    for item in batch.items:
        batch.applied.results.setdefault(item.message.pk, summary(item))
    return batch.applied


def _usable(items: Sequence[Item], stores: dict[int, int]) -> list[Item]:
    return [item for item in items if item.source.pk in stores or not (item.reading.orders or item.reading.fulfilments)]


def _orders(batch: _Batch) -> dict[OrderKey, Order]:
    told = [
        ToldOrder(update, item.source, batch.stores[item.source.pk], item.message.received_at)
        for item in batch.items
        for update in item.reading.orders
    ]
    return upsert_orders(told, now=batch.now)


def _announce(batch: _Batch, orders: dict[OrderKey, Order], later: Sequence[Named]) -> None:
    told = [
        ToldFulfilment(update, item.source, batch.stores[item.source.pk], item.message.received_at)
        for item in batch.items
        for update in (*item.reading.fulfilments, *(f for order in item.reading.orders for f in order.fulfilments))
    ]
    accepted = upsert_fulfilments(told, orders, now=batch.now)
    announced = announce(accepted, batch.directory, batch.carriers, batch.terms, now=batch.now, unseen=_unseen(later))
    batch.touched |= {shipment.pk for shipment in announced.shipments}
    batch.touched |= set(carrier_facts.void(Withdrawn(*each) for each in announced.withdrawn))
    batch.applied.arrived = [(item.source.pk, f"fulfilment:{item.update.external_id}") for item in told]


def _unseen(later: Sequence[Named]) -> Unseen:
    """Tells when a number that names no parcel yet was first scanned, by the events that wait for the announcements;
    worked out for all of them when first asked."""

    @cache
    def first() -> dict[str, datetime]:
        return operations.first_scans(
            [
                (named, operations.Told(0, item.source.pk, item.source.kind, event, item.message.received_at))
                for item, event, named in later
            ]
        )

    return lambda number: first().get(number)


def _numbers(items: Iterable[Item]) -> set[str]:
    found: set[str] = set()
    for item in items:
        reading = item.reading
        found |= {each.tracking_number for each in reading.events}
        found |= {each.tracking_number for each in reading.shipments}
        found |= {each.tracking_number for each in reading.observations}
    return {normalize(number) for number in found} - {""}


def _named(items: Iterable[Item]) -> list[Named]:
    return [
        (item, event, number)
        for item in items
        for event in item.reading.events
        if (number := normalize(event.tracking_number))
    ]


def _events(batch: _Batch, named: Sequence[Named], *, is_first_look: bool) -> list[Named]:
    """Record the events whose parcels are known; at the first look the others are left for after the announcements,
    then their parcels are made. Events come before announcements, because a scan decides what a new number means."""
    found: list[tuple[Item, ObservedEvent, Shipment]] = []
    left: list[Named] = []
    for item, event, number in named:
        shipment = _parcel(batch, number, event, item)
        if shipment is None and is_first_look:
            left.append((item, event, number))
            continue
        if shipment is None:
            shipment = _unannounced(batch, number, event.carrier, item)
        found.append((item, event, shipment))
    batch.parcels.save()
    batch.directory.save()
    _record(batch, found)
    return left


def _parcel(batch: _Batch, number: str, event: ObservedEvent, item: Item) -> Shipment | None:
    return batch.directory.find(number, at=_about_when(event, item.message.received_at), carrier=event.carrier)


def _about_when(event: ObservedEvent, received_at: datetime) -> datetime:
    """The event's moment, near enough to know which parcel a number named then; never later than its receipt, because
    nothing has happened in the future."""
    value = event.when.value
    if not isinstance(value, datetime):
        value = datetime.combine(value, NOON)
    return min(value if value.tzinfo else value.replace(tzinfo=UTC), received_at)


def _unannounced(batch: _Batch, number: str, carrier: str, item: Item) -> Shipment:
    """A parcel nobody announced: known by its number, without order until one names it."""
    shipment = new_shipment(now=batch.now, number=number, number_at=item.message.received_at)
    shipment.carrier = batch.carriers.by_code(carrier)
    batch.directory.free(number, at=item.message.received_at)
    batch.directory.add(
        shipment,
        number,
        role=NumberRole.PRIMARY,
        at=item.message.received_at,
        source_id=item.source.pk,
        carrier=carrier,
    )
    batch.parcels.touch(shipment)
    return shipment


def _record(batch: _Batch, found: Sequence[tuple[Item, ObservedEvent, Shipment]]) -> None:
    zones = _Zones()
    told = [_told(item, event, shipment, zones) for item, event, shipment in found]
    recorded = operations.record(told)
    batch.touched |= recorded.touched
    snapshots: dict[tuple[int, int, int], list[operations.Told]] = defaultdict(list)
    for (item, event, shipment), each in zip(found, told, strict=True):
        if event.tracking_number in item.reading.complete_for:
            snapshots[(shipment.pk, item.source.pk, item.message.pk)].append(each)
    marked = operations.mark_not_repeated(
        [(key[0], key[1], events) for key, events in snapshots.items()], now=batch.now
    )
    batch.touched |= marked


class _Zones:
    """Zones of warehouses, read once."""

    def __init__(self) -> None:
        self._zones: dict[int, str] | None = None

    def origin(self, shipment: Shipment) -> str:
        if self._zones is None:
            self._zones = dict(Warehouse.objects.values_list("pk", "time_zone"))
        return self._zones.get(shipment.warehouse_id or 0, "")


def _told(item: Item, event: ObservedEvent, shipment: Shipment, zones: _Zones) -> operations.Told:
    return operations.Told(
        shipment_id=shipment.pk,
        source_id=item.source.pk,
        source_kind=item.source.kind,
        event=event,
        received_at=item.message.received_at,
        message_id=item.message.pk,
        origin_zone=zones.origin(shipment),
        destination_zone=destination_zone(shipment),
    )


def _fulfilment_events(batch: _Batch) -> None:
    """Events that name a fulfilment and no number: its only parcel is meant; of several, nobody can say which."""
    named = [
        (item, event) for item in batch.items for event in item.reading.events if event.fulfilment_id
        and not normalize(event.tracking_number)
    ]  # fmt: skip
    if not named:
        return
    echoes = known_again((item.source.pk, event) for item, event in named)
    for item in {item.message.pk: item for item, event in named if echo_of(item.source.pk, event) in echoes}.values():
        if not item.reading.orders:
            batch.applied.results[item.message.pk] = OWN_REPORT
    named = [(item, event) for item, event in named if echo_of(item.source.pk, event) not in echoes]
    ids = {event.fulfilment_id for _, event in named}
    links, known = _links(ids), set(_known(ids))
    batch.parcels.load(parcels[0] for parcels in links.values())
    found = []
    for item, event in named:
        parcels = links.get((item.source.pk, event.fulfilment_id), [])
        if len(parcels) == 1:
            found.append((item, event, batch.parcels[parcels[0]]))
        elif parcels:
            batch.applied.results[item.message.pk] = f"The fulfilment has {len(parcels)} parcels; nobody says which."
        elif (item.source.pk, event.fulfilment_id) in known:
            batch.applied.results[item.message.pk] = "The fulfilment has no parcel (cancelled, or nothing to ship)."
        else:
            what = f"fulfilment:{event.fulfilment_id}"
            sentence = f"The fulfilment {event.fulfilment_id} is not known yet."
            batch.applied.failures[item.message.pk] = Failure(item.message.pk, sentence, waits_for=what)
    _record(batch, found)


def _known(fulfilment_ids: set[str]) -> Iterable[tuple[int, str]]:
    rows = Fulfilment.objects.filter(external_id__in=fulfilment_ids)
    return rows.values_list("source_id", "external_id")


def _links(fulfilment_ids: set[str]) -> dict[tuple[int, str], list[int]]:
    rows = FulfilmentParcel.objects.filter(fulfilment__external_id__in=fulfilment_ids, ended_at=None)
    links: dict[tuple[int, str], list[int]] = defaultdict(list)
    for source_id, external_id, shipment_id in rows.values_list(
        "fulfilment__source_id", "fulfilment__external_id", "shipment_id"
    ):
        links[(source_id, external_id)].append(shipment_id)
    return links


def _facts(batch: _Batch) -> None:
    """Carrier facts and observations. A "not found" makes no parcel; other facts of an unknown number do."""
    told: list[ToldShipment] = []
    said: list[tuple[Item, Observation, Shipment, datetime | None]] = []
    for item in batch.items:
        at, newest = item.message.received_at, _newest(item)
        for update in item.reading.shipments:
            number = normalize(update.tracking_number)
            if not number:
                continue
            shipment = batch.directory.find(number, at=newest.get(number, at), carrier=update.carrier)
            shipment = shipment or _unannounced(batch, number, update.carrier, item)
            told.append(ToldShipment(shipment, update, item.source.pk, at))
        for observation in item.reading.observations:
            number = normalize(observation.tracking_number)
            shipment = batch.directory.find(number, at=newest.get(number, at), carrier=observation.carrier)
            if shipment is None and number and not observation.not_found:
                shipment = _unannounced(batch, number, observation.carrier, item)
            if shipment is not None:
                said.append((item, observation, shipment, newest.get(number)))
    batch.parcels.save()
    batch.directory.save()
    voided = carrier_facts.tell(told, batch.directory, batch.carriers, now=batch.now)
    batch.parcels.save()
    batch.directory.save()
    batch.touched |= set(carrier_facts.void(voided)) | {item.shipment.pk for item in told}
    batch.touched |= observations.observe(
        observations.Said(
            living(shipment).pk,
            item.source.pk,
            observation,
            item.message.received_at,
            destination_zone(living(shipment)),
            about_at,
        )
        for item, observation, shipment, about_at in said
    )


def _newest(item: Item) -> dict[str, datetime]:
    """The moment of each number's newest event in a message: of what time its snapshot speaks."""
    newest: dict[str, datetime] = {}
    for event in item.reading.events:
        number, at = normalize(event.tracking_number), _about_when(event, item.message.received_at)
        newest[number] = max(at, newest.get(number, at))
    return newest


def summary(item: Item) -> str:
    """Say in a few words what a message carried."""
    reading = item.reading
    counts = (
        (len(reading.orders), "order"),
        (len(reading.fulfilments), "fulfilment"),
        (len(reading.events), "event"),
        (len(reading.observations), "observation"),
        (len(reading.privacy), "privacy request"),
        (len(reading.fetch_back), "fetch-back"),
    )
    words = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count]
    return ", ".join(words) or reading.ignored or "Nothing in it for us."
