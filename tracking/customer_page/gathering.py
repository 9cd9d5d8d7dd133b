"""Reads what the customer's page rests on: an order by its token and everything around it, in six queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q

from tracking.models import (
    CustomerReport,
    ExceptionCase,
    FulfilmentParcel,
    Order,
    OrderLine,
    Shipment,
    StatusChange,
    Store,
    TrackingEvent,
)
from tracking.models.case import OPEN
from tracking.models.tokens import TOKEN_LENGTH
from tracking.vocabulary import SILENT_MILESTONES, Direction, ShipmentStatus

MOST_PARCELS = 30
MOST_EVENTS = 300
MOST_REPORTS = 20


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as the page sees it."""

    at: datetime
    precision: str
    local_date: date | None
    milestone: str
    reason: str
    city: str
    region: str
    country: str


@dataclass(slots=True)
class Found:
    """An order, or a parcel without order, with all that its page shows. Parcels: those that go to the customer."""

    order: Order | None
    store: Store | None
    parcels: list[Shipment]
    links: list[FulfilmentParcel] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    events: dict[int, list[Happened]] = field(default_factory=dict)  # newest first
    changes: dict[int, list[StatusChange]] = field(default_factory=dict)  # oldest first
    cases: dict[int, ExceptionCase] = field(default_factory=dict)  # open ones
    reports: list[CustomerReport] = field(default_factory=list)  # newest first


def find(token: str) -> Found | None:
    """Return what a token opens: its order with the parcels, or a parcel that has no order. None for an unknown token.

    A parcel's own token, which earlier messages name, opens the page of its order.
    """
    if not token or len(token) > TOKEN_LENGTH or not (token.isascii() and token.isprintable()):
        return None
    order = Order.objects.select_related("store", "customer").filter(public_token=token).first()
    if order is not None:
        return _of_order(order)
    parcels = Shipment.objects.select_related("store", "carrier", "merged_into")
    parcel = parcels.filter(public_token=token).first()
    while parcel is not None and parcel.merged_into is not None:
        parcel = parcels.get(pk=parcel.merged_into.pk)
    if parcel is None:
        return None
    if parcel.order_id:
        return _of_order(Order.objects.select_related("store", "customer").get(pk=parcel.order_id))
    return Found(None, parcel.store, [parcel] if parcel.direction == Direction.OUTBOUND else [])


def _of_order(order: Order) -> Found:
    links = FulfilmentParcel.objects.filter(fulfilment__order=order, ended_at=None).select_related("fulfilment")
    found = Found(order, order.store, [], links=list(links))
    shared = {link.shipment_id for link in found.links}
    rows = Shipment.objects.filter(Q(order=order) | Q(pk__in=shared), merged_into=None, direction=Direction.OUTBOUND)
    found.parcels = _shown(rows.select_related("carrier").order_by("id")[:MOST_PARCELS])
    return found


def _shown(rows: Iterable[Shipment]) -> list[Shipment]:
    """Voided labels are left out while there is another parcel."""
    parcels = list(rows)
    alive = [each for each in parcels if each.status != ShipmentStatus.CANCELLED]
    return alive or parcels


def fill(found: Found, now: datetime) -> None:
    """Read what happened to the parcels until `now` (aware UTC), their open cases, and what was reported."""
    ids = [each.pk for each in found.parcels]
    if found.order is not None and not any(link.fulfilment.lines for link in found.links):
        found.lines = list(found.order.lines.filter(requires_shipping=True))
    if not ids:
        return
    found.cases = {row.shipment_id: row for row in ExceptionCase.objects.filter(OPEN, shipment_id__in=ids)}
    for change in StatusChange.objects.filter(shipment_id__in=ids).order_by("known_at", "id"):
        found.changes.setdefault(change.shipment_id, []).append(change)
    for shipment_id, happened in _events(ids, now):
        found.events.setdefault(shipment_id, []).append(happened)
    reports = CustomerReport.objects.filter(shipment_id__in=ids).select_related("case")
    found.reports = list(reports.order_by("-reported_at", "-id")[:MOST_REPORTS])


def _events(ids: list[int], now: datetime) -> Iterable[tuple[int, Happened]]:
    rows = TrackingEvent.objects.filter(
        shipment_id__in=ids, kind=TrackingEvent.Kind.SOURCE, occurred_at__lte=now, code__isnull=False
    ).exclude(code__milestone__in=SILENT_MILESTONES)
    told = rows.order_by("-occurred_at", "-id").values_list(
        "shipment_id", "occurred_at", "precision", "local_date", "code__milestone", "code__reason", "city", "region",
        "country",
    )  # fmt: skip
    return ((row[0], Happened(*row[1:])) for row in told[:MOST_EVENTS])
