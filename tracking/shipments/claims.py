"""Who may carry a tracking number that a fulfilment names: a new parcel, a known one, or two that claim it."""

from tracking.connectors.contract import Place
from tracking.connectors.numbers import detect
from tracking.models import Shipment
from tracking.orders.told import Accepted
from tracking.shipments.directory import Directory
from tracking.shipments.store import Carriers
from tracking.vocabulary import NumberRole

Destination = tuple[str, str, str]  # postcode, city, country; comparable


def claimed(item: Accepted, number: str, directory: Directory, carriers: Carriers) -> tuple[Shipment | None, bool]:
    """Return (the parcel that carries the number already, whether this fulfilment may share it).

    It may share nobody's parcel, one of its own order, and one of the same store that goes to the same place.
    """
    carrier = carrier_code(item, number, carriers)
    other = directory.holder(number, at=item.told.version, carrier=carrier)
    if other is None:
        return None, False
    return other, other.order_id is None or other.order_id == item.order.pk or _goes_along(other, item)


def _goes_along(shipment: Shipment, item: Accepted) -> bool:
    ours, theirs = (
        _destination_of(item),
        _destination(shipment.ship_to_postcode, shipment.ship_to_city, shipment.ship_to_country),
    )
    is_known = any(ours) and any(theirs)
    return shipment.store_id == item.told.store_id and (ours == theirs or not is_known)


def _destination_of(item: Accepted) -> Destination:
    """Where the fulfilment goes; of an order known by its id alone the fulfilment itself may say it."""
    order, place = item.order, item.told.update.ship_to or Place()
    if order.is_stub:
        return _destination(place.postcode, place.city, place.country)
    return _destination(order.ship_to_postcode, order.ship_to_city, order.ship_to_country)


def _destination(postcode: str, city: str, country: str) -> Destination:
    return postcode.replace(" ", "").casefold(), city.strip().casefold(), country.upper()


def carrier_code(item: Accepted, number: str, carriers: Carriers) -> str:
    """Return the carrier the fulfilment names, else the only one whose numbers look like this, else ""."""
    named = carriers.by_name(item.told.update.carrier_name)
    if named:
        return named.code
    guesses = detect(number)
    return next(iter(guesses)) if len(guesses) == 1 else ""


def give_number(item: Accepted, shipment: Shipment, number: str, directory: Directory, carriers: Carriers) -> None:
    """Make `number` the current number of the parcel (in memory)."""
    at, code = item.told.version, carrier_code(item, number, carriers)
    directory.free(number, at=at)
    directory.add(shipment, number, role=NumberRole.PRIMARY, at=at, source_id=item.told.source.pk, carrier=code)
    shipment.claimed_twice = shipment.claimed_twice or _has_rival(shipment, number, directory)
    shipment.number, shipment.number_at = number, at
    shipment.carrier = carriers.by_code(code) or shipment.carrier


def _has_rival(shipment: Shipment, number: str, directory: Directory) -> bool:
    rows = directory.rows.get(number, ())
    return any(row.shipment is not shipment and row.valid_to is None and row.shipment.order_id for row in rows)
