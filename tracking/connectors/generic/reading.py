"""Reading the documented JSON of the generic source: orders, fulfilments, shipments, events. Pure."""

from tracking.connectors.contract import RawMessage, Reading, UnreadableMessage
from tracking.connectors.generic.orders import read_fulfilment, read_order
from tracking.connectors.generic.parcels import read_event, read_shipment
from tracking.connectors.parsing import Node, decode_object

PARTS = ("orders", "fulfilments", "shipments", "events")


def read(message: RawMessage) -> Reading:
    """Read one message. A bad entry becomes an entry of `errors`; the others are taken.

    Raises UnreadableMessage when it is no object or has none of the four lists.
    """
    body = Node(decode_object(message.body), [])
    if not any(part in body.value for part in PARTS):
        raise UnreadableMessage(f"The message has none of the lists {', '.join(PARTS)}.")
    for key in body.value:
        if key not in PARTS:
            body.note(key[:60], f"This part is not known; known are {', '.join(PARTS)}.")
    orders = [order for node in body.nodes("orders") if (order := read_order(node))]
    fulfilments = [one for node in body.nodes("fulfilments") if (one := read_fulfilment(node))]
    parcels = [parcel for node in body.nodes("shipments") if (parcel := read_shipment(node))]
    events = [event for node in body.nodes("events") if (event := read_event(node))]
    nothing = not (orders or fulfilments or parcels or events or body.errors)
    return Reading(
        orders=tuple(orders),
        fulfilments=tuple(fulfilments),
        shipments=tuple(update for update, _ in parcels),
        observations=tuple(seen for _, seen in parcels),
        events=tuple(events),
        errors=tuple(dict.fromkeys(body.errors)),
        ignored="The lists of the message are empty." if nothing else "",
    )
