"""Parcels as fulfilments announce them: with a number, without one, with another one, or no more."""

from collections.abc import Sequence
from datetime import datetime

from tracking.models import FulfilmentParcel, Shipment
from tracking.orders.told import Accepted
from tracking.shipments.claims import claimed, give_number
from tracking.shipments.desk import Announced, Desk, Unseen, numbers_of
from tracking.shipments.directory import Directory
from tracking.shipments.former_numbers import name_formerly
from tracking.shipments.order_facts import Terms
from tracking.shipments.parcels import Held, plan
from tracking.shipments.store import Carriers, living, new_shipment
from tracking.vocabulary import Direction, NumberRole

NO_PARCEL = frozenset({"error", "failure", "cancelled"})


def announce(
    accepted: Sequence[Accepted],
    directory: Directory,
    carriers: Carriers,
    terms: Terms,
    *,
    now: datetime,
    unseen: Unseen,
) -> Announced:
    """Create, name, rename or withdraw the parcels that fulfilments speak of. Runs inside the caller's transaction.

    The caller has locked the orders. `unseen` tells when a number was first scanned whose events wait for its parcel.
    """
    if not accepted:
        return Announced()
    desk = Desk(directory, carriers, terms, now, unseen)
    desk.load(accepted)
    for item in accepted:
        _work(desk, item)
    desk.write()
    result = desk.result
    result.withdrawn = [(living(shipment), at, source_id) for shipment, at, source_id in result.withdrawn]
    return result


def _work(desk: Desk, item: Accepted) -> None:
    links = desk.links_of(item)
    if item.told.update.status in NO_PARCEL:
        for link in [] if item.is_late else links:
            _drop(desk, item, link, item.told.version)
        return
    if not item.told.update.requires_shipping:
        return
    if item.is_late:
        _work_late(desk, item, links)
    else:
        _follow(desk, item, links)


def _follow(desk: Desk, item: Accepted, links: Sequence[FulfilmentParcel]) -> None:
    by_index = {link.parcel_index: link for link in links}
    todo = plan([_held(desk, item, link) for link in links], numbers_of(item))
    for index, number in todo.fill.items():
        _name(desk, item, by_index[index].shipment, number)
    for index, number in todo.replace.items():
        _replace(desk, item, by_index[index], number)
    for index in todo.clear:
        _clear(desk, item, by_index[index].shipment)
    for index in todo.drop:
        _drop(desk, item, by_index[index], item.told.version)
    for index, number in todo.add:
        _add(desk, item, index, number)
    for link in desk.links_of(item):
        desk.tell(item, link.shipment)


def _work_late(desk: Desk, item: Accepted, links: Sequence[FulfilmentParcel]) -> None:
    """A version that comes after a newer one leaves what it would have left before it: a parcel that was withdrawn
    since, or the former number of the only parcel. Of several parcels nobody can say which one a number named."""
    numbers = numbers_of(item)
    if item.fulfilment.status in NO_PARCEL and item.fulfilment.version_at and not desk.had_parcels(item):
        for index, number in plan([], numbers).add:
            _add(desk, item, index, number)
        for link in desk.links_of(item):
            desk.tell(item, link.shipment)
            _drop(desk, item, link, item.fulfilment.version_at)
    elif len(links) == len(numbers) == 1 and numbers[0] != links[0].shipment.number:
        name_formerly(desk, item, links[0], numbers[0])


def _held(desk: Desk, item: Accepted, link: FulfilmentParcel) -> Held:
    """The number by which the fulfilment knows its parcel. A number that another source has replaced meanwhile is still
    the same parcel's: a source that was not told goes on naming it."""
    shipment = link.shipment
    row = desk.directory.current(shipment, shipment.number)
    if row and row.told_by_id not in (None, item.told.source.pk):
        former = (number for number in numbers_of(item) if desk.directory.was_named(shipment, number))
        return Held(link.parcel_index, next(former, shipment.number))
    return Held(link.parcel_index, shipment.number)


def _add(desk: Desk, item: Accepted, index: int, number: str) -> None:
    shipment = _shared(desk, item, number) if number else None
    if shipment is None:
        shipment = new_shipment(now=desk.now, direction=Direction.OUTBOUND)
        if number:
            give_number(item, shipment, number, desk.directory, desk.carriers)
    desk.link(item, index, shipment)


def _shared(desk: Desk, item: Accepted, number: str) -> Shipment | None:
    """The parcel that carries the number already and that this fulfilment may share. Anyone else's parcel is flagged:
    its number is claimed twice."""
    other, may_share = claimed(item, number, desk.directory, desk.carriers)
    if other is None or may_share:
        return other
    other.claimed_twice = True
    desk.result.shipments.append(other)
    return None


def _name(desk: Desk, item: Accepted, shipment: Shipment, number: str) -> None:
    """The number of a parcel that had none: fill it, or join with the parcel that carries it already."""
    other = _shared(desk, item, number)
    if other is None or other is shipment:
        give_number(item, shipment, number, desk.directory, desk.carriers)
    else:
        desk.join(shipment, other)


def _replace(desk: Desk, item: Accepted, link: FulfilmentParcel, number: str) -> None:
    """Another number before any physical scan renames the parcel; after one, or when the parcel carries another order
    too, it is another parcel."""
    shipment, at = link.shipment, item.told.version
    is_anothers = any(other.fulfilment.order_id != item.order.pk for other in desk.others(link))
    if is_anothers or desk.was_scanned(shipment, at):
        desk.end_link(link, at)
        desk.result.shipments.append(shipment)
        _add(desk, item, link.parcel_index, number)
        return
    _forget_number(desk, shipment, at)
    _name(desk, item, shipment, number)


def _forget_number(desk: Desk, shipment: Shipment, at: datetime) -> None:
    row = desk.directory.current(shipment, shipment.number)
    if row:
        desk.directory.close(row, at=at, role=NumberRole.SUPERSEDED)
    shipment.number, shipment.number_at = "", None


def _clear(desk: Desk, item: Accepted, shipment: Shipment) -> None:
    _forget_number(desk, shipment, item.told.version)
    desk.result.shipments.append(shipment)


def _drop(desk: Desk, item: Accepted, link: FulfilmentParcel, at: datetime) -> None:
    """The fulfilment names a parcel no more. Nobody else does and it was not scanned by then: it will not be sent."""
    shipment = link.shipment
    others = desk.others(link)
    desk.end_link(link, at)
    desk.result.shipments.append(shipment)
    if others:
        _hand_over(desk, shipment, item, others)
    elif not desk.was_scanned(shipment, at):
        desk.directory.withdraw(shipment, at=at)
        shipment.voided_at = shipment.voided_at or at
        desk.result.withdrawn.append((shipment, at, item.told.source.pk))


def _hand_over(desk: Desk, shipment: Shipment, item: Accepted, others: Sequence[FulfilmentParcel]) -> None:
    """The next order becomes the primary one when the first no longer names the parcel."""
    orders = {other.fulfilment.order_id: other.fulfilment.order for other in others}
    if shipment.order_id == item.order.pk and item.order.pk not in orders:
        shipment.order = orders[min(orders)]
        desk.terms.apply(shipment, shipment.order)
