"""Labels, fulfilments and orders as V2 tells them; there an order is called a shipment. Pure.

Where V1 is connected as well, the same orders come from there under other ids. So a label of V2 tells facts of its
parcel only, unless the poll that fetched it says (by its topic) that V2 is all there is.
"""

from dataclasses import replace

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
from tracking.connectors.shipstation.orders import CANCELLED, ID, LABEL_CREATED, NAME, NUMBER
from tracking.connectors.shipstation.times import moment, told
from tracking.vocabulary import Direction

UNFINISHED = frozenset({"processing", "error"})  # statuses of a label that does not exist


def read_label(node: Node, *, with_order: bool) -> Reading:
    """Read one label: its parcels' facts; `with_order`: also what was sent of its order."""
    if not node.text("label_id", ID):
        node.note("label_id", "The label has no id.")
        return Reading()
    if node.text("status", NAME).lower() in UNFINISHED:
        return Reading(ignored="The label is not made.")
    numbers, is_return = _numbers(node), node.flag("is_return_label") is True
    if with_order and not is_return and node.text("shipment_id", ID):
        update = _fulfilment(node, numbers)
        if update.status == CANCELLED:
            return Reading(fulfilments=(update,))
        return replace(_facts(node, numbers, is_return), fulfilments=(update,))
    if not numbers:
        return Reading(ignored="The label has no tracking number.")
    return _facts(node, numbers, is_return)


def _numbers(node: Node) -> tuple[str, ...]:
    """Return the parcels' numbers: those of the packages, else the label's own."""
    told_by_package = (part.text("tracking_number", NUMBER) for part in node.nodes("packages"))
    found = tuple(dict.fromkeys(number for number in told_by_package if number))
    own = node.text("tracking_number", NUMBER)
    return found or ((own,) if own else ())


def _facts(node: Node, numbers: tuple[str, ...], is_return: bool) -> Reading:
    carrier, created = code_for(node.text("carrier_code", NAME)), told(moment(node, "created_at"))
    is_void, own = _is_void(node), node.text("tracking_number", NUMBER)
    updates = tuple(
        ShipmentUpdate(
            tracking_number=number,
            carrier=carrier,
            service=node.text("service_code", NAME),
            label_created_at=created,
            voided=is_void,
            direction=(Direction.RETURN if is_return else Direction.OUTBOUND).value,
            master_number=own if len(numbers) > 1 and own != number else "",
            ship_to=place(node.node("ship_to")) if not is_return else None,
            unique_id=node.text("label_id", ID),
            ship_date=node.day("ship_date"),
        )
        for number in numbers
    )
    has_event = created is not None and not is_void and not is_return
    events = tuple(
        ObservedEvent(
            number,
            carrier,
            created,
            (LookupKey("label", LABEL_CREATED),),
            raw_code=LABEL_CREATED,
            description="Label created",
        )
        for number in numbers
        if has_event and created is not None
    )
    return Reading(shipments=updates, events=events)


def _fulfilment(node: Node, numbers: tuple[str, ...]) -> FulfilmentUpdate:
    created, voided = moment(node, "created_at"), moment(node, "voided_at")
    return FulfilmentUpdate(
        external_id=node.text("label_id", ID),
        order_external_id=node.text("shipment_id", ID),
        version_at=voided or created,
        created_at=created,
        status=CANCELLED if _is_void(node) else "success",
        tracking_numbers=numbers,
        carrier_name=node.text("carrier_code", NAME),
        service=node.text("service_code", NAME),
        location_id=node.text("warehouse_id", ID),
        ship_to=place(node.node("ship_to")),
    )


def _is_void(node: Node) -> bool:
    return node.flag("voided") is True or node.text("status", NAME).lower() == "voided" or node.has("voided_at")


def read_fulfilment(node: Node) -> Reading:
    """Read one fulfilment of V2: the number of a parcel sent by other means."""
    number = node.text("tracking_number", NUMBER)
    if not number:
        return Reading(ignored="The fulfilment has no tracking number.")
    update = ShipmentUpdate(
        tracking_number=number,
        carrier=code_for(node.text("fulfillment_carrier_friendly_name", NAME) or node.text("carrier_code", NAME)),
        service=node.text("fulfillment_service_code", NAME),
        order_number=node.text("shipment_number", ID),
        voided=node.flag("voided") is True or node.has("void_requested_at"),
        ship_to=place(node.node("ship_to")),
        unique_id=node.text("fulfillment_id", ID),
        ship_date=node.day("ship_date"),
    )
    return Reading(shipments=(update,))


def read_order(node: Node) -> Reading:
    """Read one V2 shipment, which is an order; its number in the shop is `shipment_number`."""
    order_id = node.text("shipment_id", ID)
    if not order_id:
        node.note("shipment_id", "The shipment has no id.")
        return Reading()
    changed, address = moment(node, "modified_at"), node.node("ship_to")
    paid = node.node("amount_paid")
    currency = paid.text("currency", 3).upper()
    order = OrderUpdate(
        external_id=order_id,
        number=node.text("shipment_number", ID) or node.text("external_order_id", ID),
        version_at=changed,
        created_at=moment(node, "created_at"),
        currency=currency,
        total_minor=paid.money("amount", currency) if currency else None,
        email=address.text("email"),
        customer_name=address.text("name", NAME),
        phone=address.text("phone", NAME),
        cancelled_at=changed if node.text("shipment_status", NAME).lower() == CANCELLED else None,
        ship_to=place(address),
        shipping_method=node.text("requested_shipment_service", NAME),
        lines=tuple(
            OrderLine(
                external_id=line.text("sales_order_item_id", ID) or line.text("external_order_item_id", ID),
                sku=line.text("sku", NAME),
                title=line.text("name", NAME),
                quantity=line.integer("quantity") or 0,
            )
            for line in node.nodes("items")
        ),
    )
    return Reading(orders=(order,))


def place(node: Node) -> Place | None:
    """Read an address or the place of an event in V2's spelling; None when nothing is filled."""
    country = node.text("country_code", NAME).upper()
    found = Place(
        city=node.text("city_locality", NAME),
        region=node.text("state_province", ID),
        postcode=node.text("postal_code", 32),
        country=country if len(country) == 2 and country.isascii() and country.isalpha() else "",
    )
    return found if found != Place() else None
