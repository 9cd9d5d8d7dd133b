"""The two spellings of Shopify: REST (`created_at`, plain ids, lists), GraphQL (`createdAt`, gid ids, connections)."""

import re
from collections.abc import Iterator
from datetime import datetime

from tracking.connectors.contract import Place, When
from tracking.connectors.parsing import Node
from tracking.vocabulary import Precision

_GID = re.compile(r"gid://shopify/\w+/(\w+)(?:\?.*)?")


def key_of(node: Node, *keys: str) -> str:
    """Return the first of the keys that is filled, else the first."""
    return next((key for key in keys if node.has(key)), keys[0])


def text_of(node: Node, *keys: str) -> str:
    """Return the first non-empty text among the keys, else ""."""
    return next((text for key in keys if (text := node.text(key))), "")


def plain_id(text: str) -> str:
    """Return the number of a global id (`gid://shopify/Order/55` is `55`); other ids as they are."""
    match = _GID.fullmatch(text)
    return match[1] if match else text


def id_of(node: Node, *keys: str) -> str:
    """Return the plain id at the first filled key, else ""."""
    return plain_id(node.text(key_of(node, *keys)))


def instant_of(node: Node, *keys: str) -> datetime | None:
    """Return the moment at the first filled key, aware UTC."""
    return node.instant(key_of(node, *keys))


def items_of(node: Node, *keys: str) -> Iterator[Node]:
    """Yield the objects of a list, or of a GraphQL connection (`nodes` or `edges`)."""
    key = key_of(node, *keys)
    if not isinstance(node.value.get(key), dict):
        yield from node.nodes(key)
        return
    connection = node.node(key)
    if "edges" in connection.value:
        yield from (edge.node("node") for edge in connection.nodes("edges") if edge.has("node"))
    else:
        yield from connection.nodes("nodes")


def moment(node: Node, *keys: str) -> When | None:
    """Return a time whose text is its UTC spelling.

    A webhook tells a moment in the shop's offset, GraphQL the same moment in UTC; one spelling makes them one event.
    """
    value = instant_of(node, *keys)
    if value is None:
        return None
    return When(text=f"{value:%Y-%m-%dT%H:%M:%SZ}", precision=Precision.INSTANT.value, value=value)


def place_of(node: Node) -> Place | None:
    """Read an address or the place of an event; None when nothing is filled. Countries only as two letters."""
    place = Place(
        city=node.text("city"),
        region=text_of(node, "province_code", "provinceCode", "province"),
        postcode=node.text("zip"),
        country=_country(text_of(node, "country_code", "countryCodeV2", "countryCode", "country")),
    )
    return place if place != Place() else None


def _country(text: str) -> str:
    return text.upper() if re.fullmatch(r"[A-Za-z]{2}", text) else ""
