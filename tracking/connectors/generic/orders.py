"""Orders and fulfilments of the generic source. Pure."""

from tracking.connectors.contract import FulfilmentUpdate, OrderLine, OrderUpdate, Place
from tracking.connectors.parsing import Node

ID, NAME = 128, 200  # characters kept of an id, and of a name
STATUSES = ("success", "pending", "cancelled", "error", "failure")


def read_order(node: Node) -> OrderUpdate | None:
    """Read one order with its fulfilments; None (and a note) when it has neither `external_id` nor `number`."""
    number = node.text("number", ID)
    own_id = node.text("external_id", ID) or number
    if not own_id:
        node.note("external_id", "The order has neither an external_id nor a number.")
        return None
    currency = node.text("currency", 3).upper()
    fulfilments = [read_fulfilment(part, own_id) for part in node.nodes("fulfilments")]
    return OrderUpdate(
        external_id=own_id,
        number=number,
        version_at=node.instant("updated_at"),
        created_at=node.instant("created_at"),
        currency=currency,
        total_minor=node.money("total", currency),
        email=node.text("email", NAME),
        customer_name=node.text("customer_name", NAME),
        phone=node.text("phone", 64),
        locale=node.text("locale", 16),
        is_test=node.flag("test") is True,
        cancelled_at=node.instant("cancelled_at"),
        ship_to=read_place(node.node("ship_to")),
        shipping_method=node.text("shipping_method", NAME),
        tags=node.texts("tags"),
        promised_date=node.day("promised_date"),
        lines=_lines(node),
        fulfilments=tuple(one for one in fulfilments if one),
    )


def read_fulfilment(node: Node, order_id: str = "") -> FulfilmentUpdate | None:
    """Read one fulfilment; `order_id` when it stands inside its order. None (and a note) without its two ids."""
    own_id, order_id = node.text("external_id", ID), order_id or node.text("order_external_id", ID)
    if not own_id or not order_id:
        missing = "order_external_id" if own_id else "external_id"
        node.note(missing, f"The fulfilment needs {missing}.")
        return None
    lines = _lines(node)
    return FulfilmentUpdate(
        external_id=own_id,
        order_external_id=order_id,
        version_at=node.instant("updated_at"),
        created_at=node.instant("created_at"),
        status=_status(node),
        tracking_numbers=tuple(dict.fromkeys(node.texts("tracking_numbers"))),
        carrier_name=node.text("carrier", NAME),
        tracking_urls=node.texts("tracking_urls"),
        service=node.text("service", NAME),
        location_id=node.text("warehouse", ID),
        requires_shipping=_requires_shipping(node, lines),
        lines=lines,
        ship_to=read_place(node.node("ship_to")),
    )


def _status(node: Node) -> str:
    """A fulfilment that does not say is one that happened."""
    told = node.text("status").lower()
    if told and told not in STATUSES:
        node.note("status", f"The status must be one of {', '.join(STATUSES)}; it is taken as pending.")
        return "pending"
    return told or "success"


def _requires_shipping(node: Node, lines: tuple[OrderLine, ...]) -> bool:
    told = node.flag("requires_shipping")
    if told is not None:
        return told
    return not lines or any(line.requires_shipping for line in lines)


def _lines(node: Node) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            external_id=line.text("external_id", ID),
            sku=line.text("sku", ID),
            title=line.text("title", NAME),
            quantity=line.integer("quantity") or 0,
            requires_shipping=line.flag("requires_shipping") is not False,
        )
        for line in node.nodes("lines")
    )


def read_place(node: Node) -> Place | None:
    """Read an address; None when nothing of it is filled. A country that is no two letters is noted and left out."""
    country = node.text("country", 64)
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        node.note("country", "The country must be two letters (ISO 3166).")
        country = ""
    place = Place(
        city=node.text("city", NAME),
        region=node.text("region", 64),
        postcode=node.text("postcode", 32),
        country=country.upper(),
    )
    return place if place != Place() else None
