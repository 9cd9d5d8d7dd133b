"""Answers of ShipStation taken apart: one part for each object."""

from collections.abc import Iterator

from tracking.connectors.contract import Account, PolledPart, Unreadable
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.shipstation import hosts, reading
from tracking.connectors.shipstation.hosts import V1, V2

_SORTS = {
    (V1, "orders"): (reading.V1_ORDER, "order", "orderId"),
    (V1, "shipments"): (reading.V1_SHIPMENT, "shipment", "shipmentId"),
    (V1, "fulfillments"): (reading.V1_FULFILMENT, "fulfillment", "fulfillmentId"),
    (V2, "shipments"): (reading.V2_ORDER, "v2 shipment", "shipment_id"),
    (V2, "labels"): (reading.V2_LABEL, "label", "label_id"),
    (V2, "fulfillments"): (reading.V2_FULFILMENT, "v2 fulfillment", "fulfillment_id"),
}
_SINGLE = {
    reading.V1_ORDER: "orders",
    reading.V1_SHIPMENT: "shipments",
    reading.V1_FULFILMENT: "fulfillments",
    reading.V2_ORDER: "shipments",
    reading.V2_LABEL: "labels",
    reading.V2_FULFILMENT: "fulfillments",
}


def parts_of(account: Account, answer: Node, version: str, errors: list[Unreadable]) -> Iterator[PolledPart]:
    """Yield one part for each object of an answer: of its list, or the answer itself."""
    listed = next((key for key in reading.LISTS if isinstance(answer.value.get(key), list)), "")
    if listed:
        for node in Node(answer.value, errors).nodes(listed):
            yield from _part(account, node, version, listed, errors)
        return
    sort = reading.sort_of(answer)
    if sort == reading.TRACKING:
        number = answer.text("tracking_number", 128)
        yield PolledPart(about=f"tracking {number}", body=canonical(answer.value), topic=sort)
    elif sort:
        yield from _part(account, answer, version, _SINGLE[sort], errors)
    else:
        raise CallFailed("temporary", "ShipStation answered without any list we know.")


def _part(account: Account, node: Node, version: str, listed: str, errors: list[Unreadable]) -> Iterator[PolledPart]:
    found = _SORTS.get((version, listed))
    own_id = node.text(found[2], 64) if found else ""
    if found is None or not own_id:
        errors.append(Unreadable(node.where, "This object has no id of the sort that was asked for."))
        return
    sort, word, _ = found
    if version == V2 and hosts.has_keys(account.settings, V1):
        if sort == reading.V2_ORDER:
            return  # the same order comes from V1 under another id
    elif sort == reading.V2_LABEL:
        sort = reading.V2_LABEL_ALONE
    yield PolledPart(about=f"{word} {own_id}", body=canonical(node.value), topic=sort)
