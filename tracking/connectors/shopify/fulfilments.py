"""Fulfilments and their tracking events, in either spelling. Pure.

`shipment_status` of a fulfilment is not read: it repeats the last tracking event without its time, late or never, and
the events themselves come as `fulfillment_events/create` and with every poll.
"""

import re
from collections.abc import Iterator

from tracking.connectors.contract import (
    FulfilmentUpdate,
    LookupKey,
    Observation,
    ObservedEvent,
    OrderLine,
    Place,
    ShipmentUpdate,
)
from tracking.connectors.parsing import Node
from tracking.connectors.shopify.shapes import id_of, instant_of, items_of, moment, place_of, text_of

_STATUSES = {
    "success": "success",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "error": "error",
    "failure": "failure",
    "pending": "pending",
    "open": "pending",
}
_BETWEEN_NUMBERS = re.compile(r"[,;\n]+")  # people paste several numbers into one field


def fulfilment(node: Node, order_id: str = "") -> FulfilmentUpdate | None:
    """Read one fulfilment; `order_id` when the parent order is known. None (and a note) without id or order."""
    own_id, order_id = id_of(node, "id"), order_id or id_of(node, "order_id")
    if not own_id or not order_id:
        node.note("id" if not own_id else "order_id", "The fulfilment cannot be told without this id.")
        return None
    lines = _lines(node)
    named = _numbers(node)
    return FulfilmentUpdate(
        external_id=own_id,
        order_external_id=order_id,
        version_at=instant_of(node, "updated_at", "updatedAt"),
        created_at=instant_of(node, "created_at", "createdAt"),
        status=_status(node),
        tracking_numbers=tuple(number for number, _ in named),
        carrier_name=_company(node),
        tracking_urls=tuple(url for _, url in named),
        location_id=id_of(node, "location_id") or id_of(node.node("location"), "id"),
        requires_shipping=_requires_shipping(node, lines),
        lines=lines,
        ship_to=place_of(node.node("destination")),
    )


def line(node: Node, quantity: int | None) -> OrderLine:
    """Read a line item; `quantity` as the order or the fulfilment counts it."""
    needs = node.flag("requires_shipping" if node.has("requires_shipping") else "requiresShipping")
    return OrderLine(
        external_id=id_of(node, "id"),
        sku=node.text("sku"),
        title=text_of(node, "title", "name"),
        quantity=quantity or 0,
        requires_shipping=needs is not False,
    )


def event(node: Node, fulfilment_id: str = "") -> ObservedEvent | None:
    """Read one tracking event. It names a fulfilment, not a number. None (and a note) when it cannot be placed."""
    fulfilment_id = fulfilment_id or id_of(node, "fulfillment_id")
    status, when = node.text("status"), moment(node, "happened_at", "happenedAt")
    for key, told in (("fulfillment_id", fulfilment_id), ("status", status), ("happened_at", when)):
        if not told and not node.has(key):
            node.note(key, "The event cannot be used without this.")
    if not fulfilment_id or not status or when is None:
        return None
    return ObservedEvent(
        tracking_number="",
        carrier="",
        when=when,
        keys=(LookupKey("status", status.upper()),),
        raw_code=status,
        description=node.text("message"),
        place=place_of(node) or Place(),
        fulfilment_id=fulfilment_id,
    )


def events(node: Node) -> Iterator[ObservedEvent]:
    """Yield the tracking events inside a polled fulfilment."""
    fulfilment_id = id_of(node, "id")
    for part in items_of(node, "events"):
        found = event(part, fulfilment_id)
        if found:
            yield found


def snapshots(node: Node) -> Iterator[Observation | ShipmentUpdate]:
    """Yield what a polled fulfilment says of each of its parcels: the estimate, and that the label was voided."""
    estimate = moment(node, "estimatedDeliveryAt")
    is_voided = node.text("displayStatus") == "LABEL_VOIDED"
    for number, _ in _numbers(node):
        if estimate:
            yield Observation(number, "", estimate_at=estimate)
        if is_voided:
            yield ShipmentUpdate(number, "", voided=True)


def _status(node: Node) -> str:
    told = node.text("status").lower()
    if told not in _STATUSES:
        node.note("status", "This status of a fulfilment is not known; it is taken as pending.")
    return _STATUSES.get(told, "pending")


def _numbers(node: Node) -> list[tuple[str, str]]:
    """Return (number, link) of each parcel, in order, each number once."""
    if node.has("trackingInfo"):
        pairs = [(info.text("number"), info.text("url")) for info in node.nodes("trackingInfo")]
    else:
        numbers = node.texts("tracking_numbers") or node.texts("tracking_number")
        links = node.texts("tracking_urls") or node.texts("tracking_url")
        pairs = [(number, links[i] if i < len(links) else "") for i, number in enumerate(numbers)]
    found: dict[str, str] = {}
    for text, link in pairs:
        for number in _BETWEEN_NUMBERS.split(text):
            if number.strip():
                found.setdefault(number.strip(), link)
    return list(found.items())


def _company(node: Node) -> str:
    """Return the carrier's name as typed into the shop; one name holds for all parcels of a fulfilment."""
    named = (info.text("company") for info in node.nodes("trackingInfo"))
    return node.text("tracking_company") or next((name for name in named if name), "")


def _lines(node: Node) -> tuple[OrderLine, ...]:
    if node.has("fulfillmentLineItems"):
        parts = items_of(node, "fulfillmentLineItems")
        return tuple(line(part.node("lineItem"), part.integer("quantity")) for part in parts)
    return tuple(line(part, part.integer("quantity")) for part in node.nodes("line_items"))


def _requires_shipping(node: Node, lines: tuple[OrderLine, ...]) -> bool:
    told = node.flag("requiresShipping")
    if told is not None:
        return told
    return not lines or any(part.requires_shipping for part in lines)
