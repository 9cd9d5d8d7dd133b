"""What carriers and platforms say of parcels: carrier, service, direction, partner and return numbers, voids."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.contract import ShipmentUpdate
from tracking.connectors.numbers import normalize
from tracking.models import Shipment, TrackingEvent
from tracking.shipments import joining
from tracking.shipments.directory import Directory
from tracking.shipments.store import Carriers, new_shipment
from tracking.status.identity import event_identity
from tracking.vocabulary import Direction, NumberRole, Precision


@dataclass(frozen=True, slots=True)
class ToldShipment:
    """One shipment update with its parcel, who told it and when (aware UTC)."""

    shipment: Shipment
    update: ShipmentUpdate
    source_id: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A label voided or a fulfilment cancelled: which parcel, when (aware UTC), by whom."""

    shipment: Shipment
    at: datetime
    source_id: int


def tell(told: Iterable[ToldShipment], directory: Directory, carriers: Carriers, *, now: datetime) -> list[Withdrawn]:
    """Fill the parcels' facts (in memory) and their further numbers; return the voided ones."""
    voided = []
    for item in told:
        shipment, update = item.shipment, item.update
        _fill(shipment, update, item, carriers)
        for number, carrier in update.partner_numbers:
            _partner(item, number, carrier, directory, now)
        if update.master_number and normalize(update.master_number) != shipment.number:
            _name(item, update.master_number, update.carrier, NumberRole.MASTER, directory)
        if update.return_number:
            _return_leg(item, directory, now)
        if update.voided:
            voided.append(Withdrawn(shipment, item.received_at, item.source_id))
        directory.parcels.touch(shipment)
    return voided


def _fill(shipment: Shipment, update: ShipmentUpdate, item: ToldShipment, carriers: Carriers) -> None:
    shipment.carrier = carriers.by_code(update.carrier) or shipment.carrier
    shipment.service = carriers.service(shipment.carrier, update.service) or shipment.service
    if update.direction == Direction.RETURN:
        shipment.direction = Direction.RETURN
    if update.ship_to and shipment.order_id is None:
        shipment.ship_to_city = shipment.ship_to_city or update.ship_to.city[:120]
        shipment.ship_to_region = shipment.ship_to_region or update.ship_to.region[:64]
        shipment.ship_to_postcode = shipment.ship_to_postcode or update.ship_to.postcode[:32]
        shipment.ship_to_country = shipment.ship_to_country or update.ship_to.country[:2]
    if update.ship_from and not shipment.ship_from_country:
        shipment.ship_from_country = update.ship_from.country[:2]
    countries = {shipment.ship_from_country, shipment.ship_to_country} - {""}
    shipment.is_international = len(countries) == 2
    told_at = update.label_created_at
    if told_at and told_at.precision == Precision.INSTANT and shipment.label_told_at is None:
        shipment.label_told_at = told_at.value  # type: ignore[assignment]


def _name(item: ToldShipment, number: str, carrier: str, role: str, directory: Directory) -> None:
    normalized = normalize(number)
    if normalized:
        directory.load([normalized])
        directory.add(
            item.shipment, normalized, role=role, at=item.received_at, source_id=item.source_id, carrier=carrier
        )


def _partner(item: ToldShipment, number: str, carrier: str, directory: Directory, now: datetime) -> None:
    """A hand-over to another carrier: its number names the same parcel; a parcel known by it alone is joined."""
    normalized = normalize(number)
    if not normalized:
        return
    directory.load([normalized])
    other = directory.find(normalized, at=item.received_at, carrier=carrier)
    if other is not None and other is not item.shipment and other.order_id is None and other.pk and item.shipment.pk:
        keeper, gone = (item.shipment, other) if item.shipment.order_id else _older(item.shipment, other)
        joining.join(keeper, gone, directory, now=now)
        return
    _name(item, number, carrier, NumberRole.PARTNER, directory)


def _older(one: Shipment, two: Shipment) -> tuple[Shipment, Shipment]:
    return (one, two) if one.pk < two.pk else (two, one)


def _return_leg(item: ToldShipment, directory: Directory, now: datetime) -> None:
    """The carrier names the number of the way back: a parcel of its own, direction return, of the same order."""
    number = normalize(item.update.return_number)
    directory.load([number])
    leg = directory.find(number, at=item.received_at)
    if leg is None:
        leg = new_shipment(now=now, carrier=item.shipment.carrier, number=number, number_at=item.received_at)
        directory.add(leg, number, role=NumberRole.RETURN, at=item.received_at, source_id=item.source_id)
    leg.direction = Direction.RETURN
    leg.order_id, leg.store_id = item.shipment.order_id, item.shipment.store_id
    directory.parcels.touch(leg)


def void(withdrawn: Iterable[Withdrawn]) -> list[int]:
    """Write a void event for each parcel, once per source; return the parcels' ids. Their numbers stay valid, so that
    a later physical scan re-opens them."""
    rows = {}
    for item in withdrawn:
        identity = event_identity(item.source_id, "void", (), "void")
        item.shipment.voided_at = item.shipment.voided_at or item.at
        rows[(item.shipment.pk, identity)] = TrackingEvent(
            shipment_id=item.shipment.pk,
            identity=identity,
            source_id=item.source_id,
            kind=TrackingEvent.Kind.VOID,
            occurred_at=item.at,
            received_at=item.at,
            text="Label voided",
        )
    TrackingEvent.objects.bulk_create([rows[key] for key in sorted(rows)], ignore_conflicts=True)
    return sorted({key[0] for key in rows})
