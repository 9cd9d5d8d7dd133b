"""Orders, as a webhook (REST spelling) or a poll answer (GraphQL spelling) tells them. Pure."""

import re
from collections.abc import Iterable
from datetime import date

from tracking.connectors.contract import FulfilmentUpdate, OrderLine, OrderUpdate
from tracking.connectors.parsing import Node, read_day
from tracking.connectors.shopify.fulfilments import line
from tracking.connectors.shopify.shapes import id_of, instant_of, items_of, key_of, place_of, text_of

# Names under which delivery-date apps keep the day a customer chose, letters and digits only.
_PROMISE_NAMES = frozenset({"deliverydate", "promiseddate", "promiseddeliverydate", "requesteddeliverydate"})


def order(node: Node, fulfilments: Iterable[FulfilmentUpdate]) -> OrderUpdate:
    """Read one order that has an id, with its fulfilments."""
    customer, address = node.node("customer"), _address(node)
    currency = text_of(node, "currency", "currencyCode").upper()
    return OrderUpdate(
        external_id=id_of(node, "id"),
        number=text_of(node, "name", "order_number"),
        version_at=instant_of(node, "updated_at", "updatedAt"),
        created_at=instant_of(node, "created_at", "createdAt"),
        currency=currency,
        total_minor=_total(node, currency),
        email=text_of(node, "email", "contact_email") or customer.text("email"),
        customer_name=_customer_name(customer) or _person(address),
        phone=node.text("phone") or address.text("phone") or customer.text("phone"),
        locale=text_of(node, "customer_locale", "customerLocale"),
        is_test=node.flag("test") is True,
        cancelled_at=instant_of(node, "cancelled_at", "cancelledAt"),
        ship_to=place_of(address),
        shipping_method=_shipping_method(node),
        tags=_tags(node),
        promised_date=_promised(node),
        lines=_lines(node),
        fulfilments=tuple(fulfilments),
    )


def _address(node: Node) -> Node:
    return node.node(key_of(node, "shipping_address", "shippingAddress"))


def _total(node: Node, currency: str) -> int | None:
    if node.has("totalPriceSet"):
        return node.node("totalPriceSet").node("shopMoney").money("amount", currency)
    return node.money("total_price", currency)


def _person(node: Node) -> str:
    return node.text("name") or f"{node.text('first_name')} {node.text('last_name')}".strip()


def _customer_name(customer: Node) -> str:
    return customer.text("displayName") or f"{customer.text('first_name')} {customer.text('last_name')}".strip()


def _shipping_method(node: Node) -> str:
    if node.has("shippingLine"):
        return node.node("shippingLine").text("title")
    return next((part.text("title") for part in node.nodes("shipping_lines")), "")


def _tags(node: Node) -> tuple[str, ...]:
    """Return the tags; webhooks write them as one text with commas."""
    parts = (part.strip() for text in node.texts("tags") for part in text.split(","))
    return tuple(part for part in parts if part)


def _lines(node: Node) -> tuple[OrderLine, ...]:
    return tuple(
        line(part, part.integer(key_of(part, "current_quantity", "currentQuantity", "quantity")))
        for part in items_of(node, "line_items", "lineItems")
    )


def _promised(node: Node) -> date | None:
    """Return the delivery day the shop promised, kept by delivery-date apps as an attribute of the order.

    Only year-first dates are taken; 03/04 could be either day.
    """
    for part in node.nodes(key_of(node, "note_attributes", "customAttributes")):
        name = re.sub(r"[^a-z]", "", text_of(part, "name", "key").lower())
        if name in _PROMISE_NAMES:
            return _year_first(part.text("value"))
    return None


def _year_first(text: str) -> date | None:
    try:
        return read_day(text.replace("/", "-"))
    except ValueError:
        return None
