"""Orders and what was sent of them, as V1 tells it: orders, shipments (labels) and fulfilments. Pure.

V1 knows no carrier scans. A label is printed long before a parcel moves, and says no more than that it exists.
"""

from tracking.connectors.carriers import code_for
from tracking.connectors.contract import (
    FulfilmentUpdate,
    LookupKey,
    ObservedEvent,
    OrderLine,
    OrderUpdate,
    Place,
    Reading,
    ShipmentUpdate,
)
from tracking.connectors.parsing import Node
from tracking.connectors.shipstation.times import pacific_moment, told
from tracking.vocabulary import Direction

ID, NAME, NUMBER = 64, 120, 128  # characters kept
CANCELLED = "cancelled"
LABEL_CREATED = "created"


def read_order(node: Node) -> Reading:
    """Read one order. Amounts have two digits and no currency in V1."""
    order_id = node.text("orderId", ID)
    if not order_id:
        node.note("orderId", "The order has no id.")
        return Reading()
    address = node.node("shipTo")
    changed = pacific_moment(node, "modifyDate")
    created = pacific_moment(node, "orderDate") or pacific_moment(node, "createDate")
    is_cancelled = node.text("orderStatus", NAME).lower() == CANCELLED
    order = OrderUpdate(
        external_id=order_id,
        number=node.text("orderNumber", ID),
        version_at=changed,
        created_at=created,
        total_minor=node.money("orderTotal", ""),
        email=node.text("customerEmail"),
        customer_name=address.text("name", NAME) or node.node("billTo").text("name", NAME),
        phone=address.text("phone", NAME),
        cancelled_at=(changed or created) if is_cancelled else None,
        ship_to=_place(address),
        shipping_method=node.text("requestedShippingService", NAME),
        lines=_lines(node, "items"),
    )
    return Reading(orders=(order,))


def read_shipment(node: Node) -> Reading:
    """Read one label. A voided one withdraws its fulfilment at the moment of the void; a return label is no part of it.

    A void that comes after the carrier's scan changes nothing about a parcel that moves.
    """
    shipment_id = node.text("shipmentId", ID)
    if not shipment_id:
        node.note("shipmentId", "The shipment has no id.")
        return Reading()
    if node.flag("isReturnLabel"):
        return _return_label(node, shipment_id)
    update = _fulfilment(node, shipment_id)
    number = node.text("trackingNumber", NUMBER)
    if update is None or not number or update.status == CANCELLED:
        return Reading(fulfilments=(update,) if update else ())
    return Reading(
        fulfilments=(update,),
        shipments=(_label(node, shipment_id, Direction.OUTBOUND),),
        events=_label_event(node, number),
    )


def read_fulfilment(node: Node) -> Reading:
    """Read one fulfilment: a parcel sent outside ShipStation, told to it by hand or by a fulfilment provider."""
    fulfilment_id = node.text("fulfillmentId", ID)
    if not fulfilment_id:
        node.note("fulfillmentId", "The fulfilment has no id.")
        return Reading()
    update = _fulfilment(node, f"fulfillment-{fulfilment_id}")
    if update is None or not update.tracking_numbers or update.status == CANCELLED:
        return Reading(fulfilments=(update,) if update else ())
    facts = ShipmentUpdate(
        update.tracking_numbers[0],
        code_for(update.carrier_name),
        service=update.service,
        order_number=node.text("orderNumber", ID),
        ship_to=update.ship_to,
        ship_date=node.day("shipDate"),
    )
    return Reading(fulfilments=(update,), shipments=(facts,))


def _fulfilment(node: Node, external_id: str) -> FulfilmentUpdate | None:
    """Return what was sent; None (and a note) when it names no order. Its version is the void, else its making."""
    order_id = node.text("orderId", ID)
    if not order_id:
        node.note("orderId", "What was sent names no order.")
        return None
    created, voided = pacific_moment(node, "createDate"), pacific_moment(node, "voidDate")
    is_void = node.flag("voided") is True or voided is not None
    number = node.text("trackingNumber", NUMBER)
    return FulfilmentUpdate(
        external_id=external_id,
        order_external_id=order_id,
        version_at=voided or created,
        created_at=created,
        status=CANCELLED if is_void else "success",
        tracking_numbers=(number,) if number else (),
        carrier_name=node.text("carrierCode", NAME),
        service=node.text("serviceCode", NAME),
        location_id=node.text("warehouseId", ID),
        lines=_lines(node, "shipmentItems"),
        ship_to=_place(node.node("shipTo")),
    )


def _return_label(node: Node, shipment_id: str) -> Reading:
    if not node.text("trackingNumber", NUMBER):
        return Reading(ignored="The return label has no tracking number.")
    return Reading(shipments=(_label(node, shipment_id, Direction.RETURN),))


def _label(node: Node, shipment_id: str, direction: Direction) -> ShipmentUpdate:
    return ShipmentUpdate(
        tracking_number=node.text("trackingNumber", NUMBER),
        carrier=code_for(node.text("carrierCode", NAME)),
        service=node.text("serviceCode", NAME),
        order_number=node.text("orderNumber", ID),
        label_created_at=told(pacific_moment(node, "createDate")),
        voided=node.flag("voided") is True,
        direction=direction.value,
        ship_to=_place(node.node("shipTo")) if direction == Direction.OUTBOUND else None,
        unique_id=shipment_id,
        ship_date=node.day("shipDate"),
    )


def _label_event(node: Node, number: str) -> tuple[ObservedEvent, ...]:
    """Return the making of the label as an event; none when its time is not told."""
    when = told(pacific_moment(node, "createDate"))
    if when is None:
        return ()
    carrier = code_for(node.text("carrierCode", NAME))
    keys = (LookupKey("label", LABEL_CREATED),)
    return (ObservedEvent(number, carrier, when, keys, raw_code=LABEL_CREATED, description="Label created"),)


def _lines(node: Node, key: str) -> tuple[OrderLine, ...]:
    """Return the lines; discounts stand among them as `adjustment` and are no goods."""
    return tuple(
        OrderLine(
            external_id=line.text("orderItemId", ID),
            sku=line.text("sku", NAME),
            title=line.text("name", NAME),
            quantity=line.integer("quantity") or 0,
        )
        for line in node.nodes(key)
        if line.flag("adjustment") is not True
    )


def _place(node: Node) -> Place | None:
    country = node.text("country", NAME).upper()
    place = Place(
        city=node.text("city", NAME),
        region=node.text("state", ID),
        postcode=node.text("postalCode", 32),
        country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
    )
    return place if place != Place() else None
