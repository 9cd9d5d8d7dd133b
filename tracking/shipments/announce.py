"""Parcels as fulfilments announce them: with a number, without one, with another one, or no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tracking.connectors.numbers import detect, normalize
from tracking.models import FulfilmentParcel, Order, Shipment, TrackingEvent
from tracking.orders.operations import Accepted
from tracking.shipments import joining
from tracking.shipments.directory import Directory
from tracking.shipments.order_facts import Terms
from tracking.shipments.parcels import Held, plan
from tracking.shipments.store import Carriers, new_shipment
from tracking.vocabulary import Direction, NumberRole

NO_PARCEL = frozenset({"error", "failure", "cancelled"})


@dataclass(slots=True)
class Announced:
    """What a batch of fulfilments changed: shipments to refresh, and parcels withdrawn (shipment, at, source id)."""

    shipments: list[Shipment] = field(default_factory=list)
    withdrawn: list[tuple[Shipment, datetime, int]] = field(default_factory=list)
    survivors: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Desk:
    """What the functions below share while they work through one batch."""

    directory: Directory
    carriers: Carriers
    terms: Terms
    now: datetime
    result: Announced
    new_links: list[FulfilmentParcel]
    old_links: list[FulfilmentParcel]


def announce(
    accepted: Sequence[Accepted], directory: Directory, carriers: Carriers, terms: Terms, *, now: datetime
) -> Announced:
    """Create, name, rename or withdraw the parcels that fulfilments speak of. Runs inside the caller's transaction.

    The caller has locked the orders.
    """
    desk = _Desk(directory, carriers, terms, now, Announced(), [], [])
    directory.load(number for item in accepted for number in _numbers(item))
    links = _open_links(accepted, directory)
    for item in accepted:
        _work(desk, item, links.get(item.fulfilment.pk, []))
    _write(desk)
    return desk.result


def _numbers(item: Accepted) -> list[str]:
    normalized = (normalize(number) for number in item.told.update.tracking_numbers)
    return list(dict.fromkeys(number for number in normalized if number))


def _open_links(accepted: Sequence[Accepted], directory: Directory) -> dict[int, list[FulfilmentParcel]]:
    links: dict[int, list[FulfilmentParcel]] = {}
    found = FulfilmentParcel.objects.filter(fulfilment__in=[item.fulfilment.pk for item in accepted], ended_at=None)
    rows = list(found.order_by("parcel_index"))
    directory.parcels.load(link.shipment_id for link in rows)
    directory.load(directory.parcels[link.shipment_id].number for link in rows)
    for link in rows:
        link.shipment = directory.parcels[link.shipment_id]
        links.setdefault(link.fulfilment_id, []).append(link)
    return links


def _work(desk: _Desk, item: Accepted, links: list[FulfilmentParcel]) -> None:
    update, at = item.told.update, item.told.version
    if update.status in NO_PARCEL:
        desk.result.withdrawn += [(link.shipment, at, item.told.source.pk) for link in links]
        return
    if not update.requires_shipping:
        return
    by_index = {link.parcel_index: link for link in links}
    todo = plan([Held(link.parcel_index, link.shipment.number) for link in links], _numbers(item))
    for index, number in todo.fill.items():
        _name(desk, item, by_index[index], number)
    for index, number in todo.replace.items():
        _replace(desk, item, by_index[index], number)
    for index in todo.clear:
        _clear(desk, item, by_index[index].shipment)
    for index in todo.drop:
        _drop(desk, item, by_index[index])
    for index, number in todo.add:
        _add(desk, item, index, number)
    for link in links:
        _tell(desk, item, link.shipment)


def _add(desk: _Desk, item: Accepted, index: int, number: str) -> None:
    shipment = _claimed(desk, item, number) if number else None
    if shipment is None:
        shipment = new_shipment(now=desk.now, direction=Direction.OUTBOUND)
        if number:
            desk.directory.free(number, at=item.told.version)
            _give_number(desk, item, shipment, number)
    _link(desk, item, index, shipment)
    _tell(desk, item, shipment)


def _link(desk: _Desk, item: Accepted, index: int, shipment: Shipment) -> None:
    desk.new_links.append(FulfilmentParcel(fulfilment=item.fulfilment, shipment=shipment, parcel_index=index))


def _claimed(desk: _Desk, item: Accepted, number: str) -> Shipment | None:
    """The parcel this fulfilment's number names already, if it may share it: nobody's parcel, or one of the same store
    that goes to the same place. Anyone else's number is flagged as claimed twice and makes its own parcel."""
    other = desk.directory.find(number, at=item.told.version, carrier=_carrier_code(desk, item, number))
    if other is None:
        return None
    if other.order_id is None or other.order_id == item.order.pk or _same_destination(other, item.order):
        return other
    other.claimed_twice = True
    desk.result.shipments.append(other)
    return None


def _same_destination(shipment: Shipment, order: Order) -> bool:
    place = (shipment.ship_to_postcode, shipment.ship_to_city.casefold(), shipment.ship_to_country)
    return shipment.store_id == order.store_id and place == (
        order.ship_to_postcode,
        order.ship_to_city.casefold(),
        order.ship_to_country,
    )


def _carrier_code(desk: _Desk, item: Accepted, number: str) -> str:
    named = desk.carriers.by_name(item.told.update.carrier_name)
    if named:
        return named.code
    guesses = detect(number)
    return next(iter(guesses)) if len(guesses) == 1 else ""


def _give_number(desk: _Desk, item: Accepted, shipment: Shipment, number: str) -> None:
    code = _carrier_code(desk, item, number)
    row = desk.directory.add(
        shipment, number, role=NumberRole.PRIMARY, at=item.told.version, source_id=item.told.source.pk, carrier=code
    )
    shipment.claimed_twice = shipment.claimed_twice or row.claim > 0 or _has_rival(desk, shipment, number)
    shipment.number = number
    shipment.number_at = item.told.version
    shipment.carrier = desk.carriers.by_code(code) or shipment.carrier


def _has_rival(desk: _Desk, shipment: Shipment, number: str) -> bool:
    return any(
        row.shipment is not shipment and row.valid_to is None and row.shipment.order_id is not None
        for row in desk.directory.rows.get(number, ())
    )


def _name(desk: _Desk, item: Accepted, link: FulfilmentParcel, number: str) -> None:
    """The number of a parcel that had none: fill it, or join with the parcel that carries it already."""
    other = _claimed(desk, item, number)
    if other is None or other is link.shipment:
        _give_number(desk, item, link.shipment, number)
        return
    link.shipment = _joined(desk, link.shipment, other)
    if link.pk:
        desk.old_links.append(link)


def _joined(desk: _Desk, one: Shipment, two: Shipment) -> Shipment:
    if one.pk is None or two.pk is None:
        return two if two.pk else one
    survivor, loser = (one, two) if one.pk < two.pk else (two, one)
    joining.join(survivor, loser, desk.directory, now=desk.now)
    desk.result.survivors[loser.pk] = survivor.pk
    desk.result.shipments.append(survivor)
    return survivor


def _replace(desk: _Desk, item: Accepted, link: FulfilmentParcel, number: str) -> None:
    """Another number before any physical scan renames the parcel; after one it is another parcel."""
    shipment, at = link.shipment, item.told.version
    if _was_scanned(shipment):
        link.ended_at = at
        desk.old_links.append(link)
        desk.result.shipments.append(shipment)
        _add(desk, item, link.parcel_index, number)
        return
    old = desk.directory.current(shipment, shipment.number)
    if old:
        desk.directory.close(old, at=at, role=NumberRole.SUPERSEDED)
    shipment.number = ""
    _name(desk, item, link, number)


def _was_scanned(shipment: Shipment) -> bool:
    if shipment.first_scan_at:
        return True
    events = TrackingEvent.objects.filter(shipment_id=shipment.pk, code__evidence="item_scanned")
    return bool(shipment.pk) and events.exists()


def _clear(desk: _Desk, item: Accepted, shipment: Shipment) -> None:
    row = desk.directory.current(shipment, shipment.number)
    if row:
        desk.directory.close(row, at=item.told.version, role=NumberRole.SUPERSEDED)
    shipment.number = ""
    shipment.number_at = None
    desk.result.shipments.append(shipment)


def _drop(desk: _Desk, item: Accepted, link: FulfilmentParcel) -> None:
    link.ended_at = item.told.version
    desk.old_links.append(link)
    if not _was_scanned(link.shipment):
        desk.result.withdrawn.append((link.shipment, item.told.version, item.told.source.pk))


def _tell(desk: _Desk, item: Accepted, shipment: Shipment) -> None:
    """Fill what the fulfilment and its order say of the parcel; the first order stays the primary one."""
    update, fulfilment = item.told.update, item.fulfilment
    if shipment.order_id in (None, item.order.pk):
        shipment.order = item.order
    if update.status == "success":
        shipment.fulfilled_at = shipment.fulfilled_at or fulfilment.created_at
    shipment.warehouse_id = shipment.warehouse_id or fulfilment.warehouse_id
    shipment.carrier = shipment.carrier or desk.carriers.by_name(update.carrier_name)
    shipment.service = shipment.service or desk.carriers.service(shipment.carrier, update.service)
    if shipment.order is item.order:
        desk.terms.apply(shipment, item.order)
    desk.result.shipments.append(shipment)


def _write(desk: _Desk) -> None:
    for shipment in desk.result.shipments:
        desk.directory.parcels.touch(shipment)
    desk.directory.parcels.save()
    desk.directory.save()
    for link in desk.new_links:
        link.shipment_id = link.shipment.pk
    if desk.old_links:
        FulfilmentParcel.objects.bulk_create(
            sorted(desk.old_links, key=lambda link: link.pk),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["ended_at", "shipment"],
        )
    FulfilmentParcel.objects.bulk_create(desk.new_links)
