"""Reads what the customer's page rests on: an order by its token and everything around it, in three queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tracking.customer_page.story import Change, Happened, OpenCase, Packed, Reported, read
from tracking.models import Order, Shipment, Store
from tracking.models.tokens import TOKEN_LENGTH
from tracking.orders.queries import parcel_ids
from tracking.vocabulary import Direction, ShipmentStatus

MOST_PARCELS = 30
_OF_ORDER = (
    "number", "cancelled_at", "store__brand", "store__brand_colour", "store__name", "store__time_zone",
    "store__default_language",
    "customer__locale",
)  # fmt: skip
_OF_PARCEL = (
    "order_id", "direction", "status", "reason", "sentence_key", "sentence_parameters", "sentence_version",
    "first_scan_at", "ended_at", "promise_at", "number", "ship_to_country", "ship_to_region", "delivered_city",
    "delivered_region", "delivered_to", "signed_by", "carrier__name", "carrier__tracking_url",
)  # fmt: skip
"""What the page and its form read: rows of these tables are wide."""


@dataclass(slots=True)
class Found:
    """An order, or a parcel without order, with all that its page shows. Parcels: those that go to the customer."""

    order: Order | None
    store: Store | None
    parcels: list[Shipment]
    links: list[Packed] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)  # quantity and title, where no fulfilment tells its own
    events: dict[int, list[Happened]] = field(default_factory=dict)  # newest first
    changes: dict[int, list[Change]] = field(default_factory=dict)  # oldest first
    cases: dict[int, OpenCase] = field(default_factory=dict)
    reports: list[Reported] = field(default_factory=list)  # newest first


def find(token: str) -> Found | None:
    """Return what a token opens: its order with the parcels, or a parcel that has no order. None for an unknown token.

    A parcel's own token, which earlier messages name, opens the page of its order.
    """
    if not token or len(token) > TOKEN_LENGTH or not (token.isascii() and token.isprintable()):
        return None
    orders = Order.objects.select_related("store", "customer").only(*_OF_ORDER)
    order = orders.filter(public_token=token).first()
    if order is not None:
        return _of_order(order)
    parcels = Shipment.objects.select_related("store", "carrier", "merged_into")
    parcel = parcels.filter(public_token=token).first()
    while parcel is not None and parcel.merged_into is not None:
        parcel = parcels.get(pk=parcel.merged_into.pk)
    if parcel is None:
        return None
    if parcel.order_id:
        return _of_order(orders.get(pk=parcel.order_id))
    return Found(None, parcel.store, [parcel] if parcel.direction == Direction.OUTBOUND else [])


def _of_order(order: Order) -> Found:
    rows = Shipment.objects.filter(pk__in=parcel_ids(order.pk), merged_into=None, direction=Direction.OUTBOUND)
    rows = rows.select_related("carrier").only(*_OF_PARCEL)
    return Found(order, order.store, _shown(rows.order_by("id")[:MOST_PARCELS]))


def _shown(rows: Iterable[Shipment]) -> list[Shipment]:
    """Voided labels are left out while there is another parcel."""
    parcels = list(rows)
    alive = [each for each in parcels if each.status != ShipmentStatus.CANCELLED]
    return alive or parcels


def fill(found: Found, now: datetime) -> None:
    """Read what happened to the parcels until `now` (aware UTC), their open cases, and what was reported."""
    story = read(order_id=found.order.pk if found.order else None, ids=[each.pk for each in found.parcels], now=now)
    found.links, found.reports = story.links, story.reports
    found.lines = [] if any(link.lines for link in story.links) else story.lines
    found.events, found.changes, found.cases = story.events, story.changes, story.cases
