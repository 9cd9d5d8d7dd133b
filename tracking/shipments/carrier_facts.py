"""What carriers and platforms say of parcels: carrier, service, direction, partner and return numbers, voids."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.contract import ShipmentUpdate
from tracking.connectors.numbers import normalize
from tracking.models import Shipment, TrackingEvent
from tracking.shipments import joining
from tracking.shipments.directory import Directory
from tracking.shipments.store import Carriers, living, new_shipment
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
    items = list(told)
    directory.load(number for item in items for number in _further_numbers(item.update))
    voided = []
    for item in items:
        shipment = living(item.shipment)
        if not directory.was_named(shipment, normalize(item.update.tracking_number)):
            _carry(shipment, item.update, carriers)
        _fill(shipment, item)
        for number, carrier in item.update.partner_numbers:
            shipment = _partner(shipment, item, normalize(number), carrier, directory, now)
        master = normalize(item.update.master_number)
        if master and master != shipment.number:
            _name(shipment, item, master, item.update.carrier, NumberRole.MASTER, directory)
        if item.update.return_number:
            _return_leg(shipment, item, directory, now)
        if item.update.voided:
            shipment.voided_at = shipment.voided_at or item.received_at
            directory.withdraw(shipment, at=item.received_at)
            voided.append(Withdrawn(shipment, item.received_at, item.source_id))
        directory.parcels.touch(shipment)
    return [Withdrawn(living(each.shipment), each.at, each.source_id) for each in voided]


def _further_numbers(update: ShipmentUpdate) -> set[str]:
    named = (update.master_number, update.return_number, *(number for number, _ in update.partner_numbers))
    return {normalize(number) for number in named} - {""}


def _carry(shipment: Shipment, update: ShipmentUpdate, carriers: Carriers) -> None:
    """Set who carries it. The carrier of a number that was replaced speaks of a label nobody used: it is not asked."""
    shipment.carrier = carriers.by_code(update.carrier) or shipment.carrier
    shipment.service = carriers.service(shipment.carrier, update.service) or shipment.service


def _fill(shipment: Shipment, item: ToldShipment) -> None:
    update = item.update
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
        shipment.label_told_at = told_at.value


def _name(shipment: Shipment, item: ToldShipment, number: str, carrier: str, role: str, directory: Directory) -> None:
    directory.add(shipment, number, role=role, at=item.received_at, source_id=item.source_id, carrier=carrier)


def _partner(
    shipment: Shipment, item: ToldShipment, number: str, carrier: str, directory: Directory, now: datetime
) -> Shipment:
    """A hand-over to another carrier: its number names the same parcel; a parcel known by it alone is joined."""
    if not number or number == shipment.number:
        return shipment
    other = directory.holder(number, at=item.received_at, carrier=carrier)
    if other is None or other is shipment or other.order_id:
        _name(shipment, item, number, carrier, NumberRole.PARTNER, directory)
        return shipment
    own = (shipment.number, shipment.number_at, shipment.carrier)
    survivor, loser = _by_age(shipment, other, directory)
    joining.join(survivor, loser, directory, now=now)
    survivor.number, survivor.number_at, survivor.carrier = own
    directory.set_role(survivor, number, NumberRole.PARTNER)
    return survivor


def _by_age(one: Shipment, two: Shipment, directory: Directory) -> tuple[Shipment, Shipment]:
    for shipment in (one, two):
        directory.parcels.touch(shipment)
    directory.parcels.save()
    directory.save()
    return (one, two) if one.pk < two.pk else (two, one)


def _return_leg(shipment: Shipment, item: ToldShipment, directory: Directory, now: datetime) -> None:
    """The carrier names the number of the way back: a parcel of its own, direction return, of the same order."""
    number = normalize(item.update.return_number)
    leg = directory.holder(number, at=item.received_at)
    if leg is shipment:
        return
    if leg is None:
        leg = new_shipment(now=now, carrier=shipment.carrier, number=number, number_at=item.received_at)
        directory.free(number, at=item.received_at)
        directory.add(leg, number, role=NumberRole.RETURN, at=item.received_at, source_id=item.source_id)
    leg.direction = Direction.RETURN
    leg.order_id, leg.store_id = leg.order_id or shipment.order_id, leg.store_id or shipment.store_id
    directory.parcels.touch(leg)


def void(withdrawn: Iterable[Withdrawn]) -> list[int]:
    """Write a void event for each parcel, once per source; return the parcels' ids. A later physical scan re-opens them
    and their numbers."""
    rows = {}
    for item in withdrawn:
        identity = event_identity(item.source_id, "void", (), "void")
        rows[(item.shipment.pk, identity)] = TrackingEvent(
            shipment_id=item.shipment.pk,
            identity=identity,
            source_id=item.source_id,
            kind=TrackingEvent.Kind.VOID,
            occurred_at=item.at,
            received_at=item.at,
            own_text="Label voided",
        )
    TrackingEvent.objects.bulk_create([rows[key] for key in sorted(rows)], ignore_conflicts=True)
    return sorted({key[0] for key in rows})
