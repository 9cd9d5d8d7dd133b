"""Numbers that a fulfilment named before its present ones, told by a version that comes after a newer one."""

from datetime import datetime

from tracking.models import FulfilmentParcel, Shipment
from tracking.orders.told import Accepted
from tracking.shipments.claims import carrier_code, give_number
from tracking.shipments.desk import Desk
from tracking.shipments.store import new_shipment
from tracking.vocabulary import Direction, NumberRole


def name_formerly(desk: Desk, item: Accepted, link: FulfilmentParcel, number: str) -> None:
    """Give a parcel the number that it had before its present one (in memory).

    What is known by that number alone is the same parcel, unless it was scanned before it was renamed: then it is
    another one of the same order.
    """
    shipment = link.shipment
    row = desk.directory.current(shipment, shipment.number)
    at = row.valid_from if row else item.fulfilment.version_at or item.told.version
    other = desk.directory.holder(number, at=item.told.version)
    if other is None and desk.directory.is_known(number):
        return  # of a parcel that is no more
    if other is None and desk.number_was_scanned(number, at):
        other = new_shipment(now=desk.now, direction=Direction.OUTBOUND)
        give_number(item, other, number, desk.directory, desk.carriers)
        _own(desk, item, link, other, at)
    elif other is None:
        _add(desk, item, shipment, number, at)
    elif other.order_id is None and desk.was_scanned(other, at):
        _own(desk, item, link, other, at)
    elif other.order_id is None:
        _join_formerly(desk, shipment, other, number, at)


def _own(desk: Desk, item: Accepted, link: FulfilmentParcel, other: Shipment, until: datetime) -> None:
    desk.end_link(desk.link(item, link.parcel_index, other), until)
    desk.tell(item, other)


def _join_formerly(desk: Desk, shipment: Shipment, other: Shipment, number: str, at: datetime) -> None:
    own = (shipment.number, shipment.number_at, shipment.carrier)
    survivor = desk.join(shipment, other)
    survivor.number, survivor.number_at, survivor.carrier = own
    row = desk.directory.current(survivor, number)
    if row:
        desk.directory.close(row, at=at, role=NumberRole.SUPERSEDED)


def _add(desk: Desk, item: Accepted, shipment: Shipment, number: str, until: datetime) -> None:
    carrier, version = carrier_code(item, number, desk.carriers), item.told.version
    role, source_id = NumberRole.SUPERSEDED, item.told.source.pk
    row = desk.directory.add(shipment, number, role=role, at=version, source_id=source_id, carrier=carrier)
    desk.directory.close(row, at=until)
    desk.result.shipments.append(shipment)
