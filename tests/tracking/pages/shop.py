"""A small shop whose orders have pages."""

import html
import re
from typing import Any

from django.test import Client

from tests.tracking.admin.world import World
from tracking.models import Order, Shipment

DAY = {"estimate": "2026-11-21"}


def moving(world: World, order: Order, **changes: Any) -> Shipment:
    """A parcel on its way with an estimate."""
    given = {
        "status": "in_transit",
        "evidence": "item_scanned",
        "first_scan_at": world.now,
        "sentence_key": "in_transit_estimate",
        "sentence_parameters": DAY,
    }
    return world.shipment(order, **{**given, **changes})


def delivered(world: World, order: Order, **changes: Any) -> Shipment:
    """A parcel that arrived."""
    given = {
        "status": "delivered",
        "evidence": "item_scanned",
        "first_scan_at": world.now,
        "delivered_at": world.now,
        "ended_at": world.now,
        "sentence_key": "delivered",
        "sentence_parameters": {"date": "2026-11-18"},
    }
    return world.shipment(order, **{**given, **changes})


def address_of(order: Order | Shipment, tail: str = "") -> str:
    """The address of a page."""
    return f"/track/{order.public_token}/{tail}"


def words(answer: Any) -> str:
    """What stands on the page, without its markup."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(html.unescape(text).split())


def stamp(client: Client, order: Order) -> str:
    """The stamp of the form that the page hands out."""
    found = re.search(r'name="stamp" value="([^"]+)"', client.get(address_of(order, "problem/")).content.decode())
    assert found
    return html.unescape(found.group(1))
