"""Parcels and events of the generic source. Pure."""

from urllib.parse import urlsplit

from tracking.connectors.carriers import code_for
from tracking.connectors.contract import LookupKey, Observation, ObservedEvent, Place, ShipmentUpdate
from tracking.connectors.generic.orders import ID, NAME, read_place
from tracking.connectors.parsing import Node
from tracking.vocabulary import Direction

CODE = 60  # characters of a code


def read_shipment(node: Node) -> tuple[ShipmentUpdate, Observation] | None:
    """Read what is told of one parcel: its facts, and what is known of its delivery. None (and a note) without number.

    Times without offset are local to the place, dates are days.
    """
    number, carrier = node.text("tracking_number", ID), code_for(node.text("carrier", NAME))
    if not number:
        node.note("tracking_number", "The shipment names no tracking number.")
        return None
    update = ShipmentUpdate(
        number,
        carrier,
        service=node.text("service", NAME),
        order_number=node.text("order_number", ID),
        label_created_at=node.when("label_created_at"),
        voided=node.flag("voided") is True,
        direction=_direction(node),
        partner_numbers=_partners(node),
        master_number=node.text("master_number", ID),
        return_number=node.text("return_number", ID),
        ship_from=read_place(node.node("ship_from")),
        ship_to=read_place(node.node("ship_to")),
        ship_date=node.day("ship_date"),
    )
    seen = Observation(
        number,
        carrier,
        estimate_at=node.when("estimate"),
        estimate_until=node.when("estimate_until"),
        return_by=node.day("return_by"),
        signed_by=node.text("signed_by", NAME),
        delivered_to=node.text("delivered_to", NAME),
        proof_url=_link(node, "proof_url"),
    )
    return update, seen


def read_event(node: Node) -> ObservedEvent | None:
    """Read one event; None (and a note) without code, time, or the parcel it is about."""
    number, fulfilment_id = node.text("tracking_number", ID), node.text("fulfilment_external_id", ID)
    code, when = node.text("code", CODE), node.when("occurred_at")
    if not number and not fulfilment_id:
        node.note("tracking_number", "The event names neither a tracking_number nor a fulfilment_external_id.")
    if not code:
        node.note("code", "The event has no code.")
    if when is None and not node.has("occurred_at"):
        node.note("occurred_at", "The event has no time.")
    if when is None or not code or not (number or fulfilment_id):
        return None
    subcode = node.text("subcode", CODE)
    return ObservedEvent(
        tracking_number=number,
        carrier=code_for(node.text("carrier", NAME)),
        when=when,
        keys=(LookupKey("code", code.lower(), subcode.lower()),),
        raw_code=code,
        raw_subcode=subcode,
        description=node.text("text", 500),
        place=read_place(node) or Place(),
        signed_by=node.text("signed_by", NAME),
        fulfilment_id="" if number else fulfilment_id,
    )


def _direction(node: Node) -> str:
    told = node.text("direction").lower()
    if told and told not in Direction.values:
        node.note("direction", "The direction must be outbound or return.")
        told = ""
    return told or Direction.OUTBOUND.value


def _partners(node: Node) -> tuple[tuple[str, str], ...]:
    pairs = [(p.text("number", ID), code_for(p.text("carrier", NAME))) for p in node.nodes("partner_numbers")]
    return tuple((number, carrier) for number, carrier in pairs if number)


def _link(node: Node, key: str) -> str:
    """Return a web address; people click on it, so nothing but https and http is taken."""
    told = node.text(key, 500)
    if told and _scheme(told) not in ("https", "http"):
        node.note(key, "This is not a web address.")
        return ""
    return told


def _scheme(text: str) -> str:
    """Return the scheme of an address, "" when it is none."""
    try:
        return urlsplit(text).scheme
    except ValueError:
        return ""
