"""Reading Shopify's messages by topic. Pure."""

from collections.abc import Callable, Iterator

from tracking.connectors.contract import (
    Observation,
    OrderUpdate,
    PrivacyRequest,
    RawMessage,
    Reading,
    ShipmentUpdate,
    Unreadable,
    UnreadableMessage,
)
from tracking.connectors.parsing import Node, decode_object
from tracking.connectors.shopify import fulfilments, orders, pushes
from tracking.connectors.shopify.shapes import id_of, items_of, plain_id

_EDITED = "An edited order names only what was added or removed; the order itself comes with orders/updated."


def read(message: RawMessage) -> Reading:
    """Read one webhook body, one polled order, or a whole poll answer.

    Bad parts become entries of `errors`. Raises UnreadableMessage when the body is no JSON object, or lacks the id
    without which nothing of it can be used.
    """
    body = Node(decode_object(message.body), [])
    topic = pushes.topic_of(message, body.value)
    if not topic:
        raise UnreadableMessage("No topic was given, and no Shopify message looks like this.")
    if topic in _IGNORED:
        return Reading(ignored=_IGNORED[topic])
    reader = _READERS.get(topic)
    if reader is None:
        return Reading(ignored=f'The topic "{topic[:60]}" is not used.')
    return reader(body, message)


def _read_orders(body: Node, message: RawMessage) -> Reading:
    nodes = list(_orders(body))
    found = [_read_order(node) for node in nodes if _has_id(node)]
    if len(nodes) == 1 and not found:
        raise UnreadableMessage("The order has no id.")
    return _joined(found, body.errors)


def _orders(body: Node) -> Iterator[Node]:
    """Yield the orders of a body: itself, or those of a whole answer."""
    if "data" in body.value:
        yield from items_of(body.node("data"), "orders")
    elif "orders" in body.value:
        yield from items_of(body, "orders")
    else:
        yield body


def _has_id(node: Node) -> bool:
    if id_of(node, "id"):
        return True
    node.note("id", "The order has no id.")
    return False


def _read_order(node: Node) -> Reading:
    order_id = id_of(node, "id")
    parts = list(node.nodes("fulfillments"))
    known = [update for part in parts if (update := fulfilments.fulfilment(part, order_id))]
    snapshots = [snapshot for part in parts for snapshot in fulfilments.snapshots(part)]
    return Reading(
        orders=(orders.order(node, known),),
        shipments=tuple(s for s in snapshots if isinstance(s, ShipmentUpdate)),
        observations=tuple(s for s in snapshots if isinstance(s, Observation)),
        events=tuple(event for part in parts if id_of(part, "id") for event in fulfilments.events(part)),
    )


def _joined(readings: list[Reading], errors: list[Unreadable]) -> Reading:
    return Reading(
        orders=tuple(x for r in readings for x in r.orders),
        shipments=tuple(x for r in readings for x in r.shipments),
        observations=tuple(x for r in readings for x in r.observations),
        events=tuple(x for r in readings for x in r.events),
        errors=tuple(dict.fromkeys(errors)),
        ignored="" if readings or errors else "The answer holds no order.",
    )


def _read_deletion(body: Node, message: RawMessage) -> Reading:
    """A deleted order is one cancelled at the moment of the deletion, which only the headers tell."""
    order_id = id_of(body, "id")
    if not order_id:
        raise UnreadableMessage("The deleted order has no id.")
    headers = Node({"at": pushes.header(message, "triggered-at")}, body.errors, "X-Shopify-Triggered-At")
    at = headers.instant("at")
    stub = OrderUpdate(order_id, "", version_at=at, created_at=None, cancelled_at=at, is_partial=True)
    return Reading(orders=(stub,), errors=tuple(body.errors))


def _read_fulfilment(body: Node, message: RawMessage) -> Reading:
    found = fulfilments.fulfilment(body)
    if found is None:
        raise UnreadableMessage("The fulfilment has no id, or does not name its order.")
    return Reading(fulfilments=(found,), errors=tuple(dict.fromkeys(body.errors)))


def _read_event(body: Node, message: RawMessage) -> Reading:
    found = fulfilments.event(body)
    if found is None:
        raise UnreadableMessage("The tracking event lacks its fulfilment, its status or its time.")
    return Reading(events=(found,), errors=tuple(dict.fromkeys(body.errors)))


def _privacy(kind: str, orders_key: str) -> Callable[[Node, RawMessage], Reading]:
    """Return the reader of one of the three legal topics."""

    def reader(body: Node, message: RawMessage) -> Reading:
        customer = body.node("customer")
        request = PrivacyRequest(
            kind=kind,
            customer_external_id=id_of(customer, "id"),
            email=customer.text("email"),
            phone=customer.text("phone"),
            order_external_ids=tuple(plain_id(text) for text in body.texts(orders_key)) if orders_key else (),
            shop=body.text("shop_domain") or pushes.header(message, "shop-domain"),
        )
        if kind != "shop_redact" and not (request.customer_external_id or request.email or request.order_external_ids):
            raise UnreadableMessage("The request names neither a customer nor an order.")
        return Reading(privacy=(request,), errors=tuple(dict.fromkeys(body.errors)))

    return reader


_ORDER_TOPICS = ("create", "updated", "cancelled", "paid", "fulfilled", "partially_fulfilled", "poll")
_READERS: dict[str, Callable[[Node, RawMessage], Reading]] = {
    **{f"orders/{word}": _read_orders for word in _ORDER_TOPICS},
    "orders/delete": _read_deletion,
    "fulfillments/create": _read_fulfilment,
    "fulfillments/update": _read_fulfilment,
    "fulfillment_events/create": _read_event,
    "customers/data_request": _privacy("data_request", "orders_requested"),
    "customers/redact": _privacy("customer_redact", "orders_to_redact"),
    "shop/redact": _privacy("shop_redact", ""),
}
_IGNORED = {
    "orders/edited": _EDITED,
    "fulfillment_events/delete": "A withdrawn tracking event stays in the history; what came later decides.",
}
