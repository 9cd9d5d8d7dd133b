"""Reading what ShipStation sends: a webhook, one object of an answer, or a whole answer. Pure."""

from collections.abc import Callable, Iterable

from tracking.connectors.contract import RawMessage, Reading, Unreadable, UnreadableMessage
from tracking.connectors.parsing import Node, decode_object
from tracking.connectors.shipstation import labels, orders, parcels
from tracking.connectors.shipstation.hosts import LONGEST
from tracking.vocabulary import Transport

# Our own words for the objects of an answer.
V1_ORDER, V1_SHIPMENT, V1_FULFILMENT = "v1.order", "v1.shipment", "v1.fulfillment"
V2_ORDER, V2_LABEL, V2_LABEL_ALONE, V2_FULFILMENT = "v2.shipment", "v2.label", "v2.label.alone", "v2.fulfillment"
TRACKING = "v2.tracking"

_NOTIFICATIONS = frozenset({
    "ORDER_NOTIFY", "ITEM_ORDER_NOTIFY", "SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED",
    "FULFILLMENT_REJECTED", "SHIPMENT_CREATED_V2", "LABEL_CREATED_V2", "FULFILLMENT_CREATED_V2",
    "FULFILLMENT_SHIPPED_V2", "FULFILLMENT_REJECTED_V2", "FULFILLMENT_CANCELED_V2", "FULFILLMENT_UPDATED_V2",
    "TRACK_EVENT_V2", "API_TRACK",
})  # fmt: skip

# What only an object of that sort holds; the first that fits wins.
_SHAPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (V1_SHIPMENT, ("shipmentId",)),
    (V1_FULFILMENT, ("fulfillmentId",)),
    (V1_ORDER, ("orderId",)),
    (V1_ORDER, ("orderStatus",)),
    (V2_LABEL, ("label_id", "status")),
    (V2_LABEL, ("label_id", "tracking_status")),
    (TRACKING, ("tracking_number", "events")),
    (TRACKING, ("tracking_number", "status_code")),
    (TRACKING, (parcels.LABEL_NUMBER,)),
    (V2_FULFILMENT, ("fulfillment_id",)),
    (V2_LABEL, ("label_id",)),
    (V2_ORDER, ("shipment_id",)),
)
LISTS = ("orders", "shipments", "fulfillments", "labels")
_LISTED = {
    ("orders", True): V1_ORDER,
    ("shipments", True): V1_SHIPMENT,
    ("fulfillments", True): V1_FULFILMENT,
    ("shipments", False): V2_ORDER,
    ("fulfillments", False): V2_FULFILMENT,
    ("labels", False): V2_LABEL,
}


def read(message: RawMessage) -> Reading:
    """Understand one message. A webhook that only names an address asks for it to be fetched.

    Bad parts become entries of `errors`. Raises UnreadableMessage when the whole makes no sense.
    """
    body = Node(decode_object(message.body), [])
    if body.has("resource_type") or body.has("resource_url"):
        return _read_webhook(body, message)
    listed = next((key for key in LISTS if isinstance(body.value.get(key), list)), "")
    if listed:
        parts = list(body.nodes(listed))
        return _joined([_read_object(part, sort_in(listed, part), message) for part in parts], body.errors)
    sort = message.topic if message.topic in _READERS else sort_of(body)
    if not sort:
        raise UnreadableMessage("No message of ShipStation looks like this.")
    return _joined([_read_object(body, sort, message)], body.errors)


def _read_webhook(body: Node, message: RawMessage) -> Reading:
    what = body.text("resource_type", 80).upper()
    if what and what not in _NOTIFICATIONS:
        return Reading(ignored=f'The notification "{what}" is not used.')
    data = body.node("data")
    if data.value:
        sort = sort_of(data)
        if sort:
            return _joined([_read_object(data, sort, message)], body.errors)
    address = body.text("resource_url", LONGEST + 1)
    if not address:
        raise UnreadableMessage("The notification names no address to fetch, and holds no data.")
    if len(address) > LONGEST:
        raise UnreadableMessage("The address to fetch is longer than any of ShipStation's.")
    return Reading(fetch_back=(address,), errors=tuple(body.errors))


def sort_in(listed: str, node: Node) -> str:
    """Return what an object of a list must be: both versions name their lists alike, and their keys differently."""
    is_v1 = any(key in node.value for key in ("orderId", "orderNumber", "shipmentId", "fulfillmentId"))
    return _LISTED.get((listed, is_v1), "")


def sort_of(node: Node) -> str:
    """Return what an object must be by what it holds; "" when nothing fits."""
    return next((sort for sort, keys in _SHAPES if all(key in node.value for key in keys)), "")


def _read_object(node: Node, sort: str, message: RawMessage) -> Reading:
    reader = _READERS.get(sort)
    if reader is None:
        node.note("", "This is no object of ShipStation that we know.")
        return Reading()
    return reader(node, message)


def _joined(readings: Iterable[Reading], errors: list[Unreadable]) -> Reading:
    found = list(readings)
    nothing = "The answer is empty." if not found else next((r.ignored for r in found if r.ignored), "")
    whole = Reading(
        orders=tuple(x for r in found for x in r.orders),
        fulfilments=tuple(x for r in found for x in r.fulfilments),
        shipments=tuple(x for r in found for x in r.shipments),
        events=tuple(x for r in found for x in r.events),
        observations=tuple(x for r in found for x in r.observations),
        errors=tuple(dict.fromkeys(errors)),
        complete_for=frozenset().union(*(r.complete_for for r in found)),
        ignored=nothing,
    )
    if whole.is_empty and not whole.errors and not whole.ignored:
        raise UnreadableMessage("The message says nothing that can be used.")
    return whole


_READERS: dict[str, Callable[[Node, RawMessage], Reading]] = {
    V1_ORDER: lambda node, _: orders.read_order(node),
    V1_SHIPMENT: lambda node, _: orders.read_shipment(node),
    V1_FULFILMENT: lambda node, _: orders.read_fulfilment(node),
    V2_ORDER: lambda node, _: labels.read_order(node),
    V2_LABEL: lambda node, _: labels.read_label(node, with_order=False),
    V2_LABEL_ALONE: lambda node, _: labels.read_label(node, with_order=True),
    V2_FULFILMENT: lambda node, _: labels.read_fulfilment(node),
    TRACKING: lambda node, message: parcels.read_tracking(node, is_newest=message.transport == Transport.POLL),
}
