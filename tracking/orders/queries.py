"""Questions about orders: look-up by number or e-mail, and what belongs to one order."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Prefetch, Q, QuerySet

from tracking.models import ExceptionCase, Fulfilment, FulfilmentParcel, Order, OrderLine, Shipment
from tracking.models.case import OPEN
from tracking.models.parties import email_hash
from tracking.orders.numbers import normalize_order_number

SHORTEST_PREFIX = 3
MOST_FOUND = 200


def starts_with(field: str, prefix: str) -> Q:
    """A prefix condition on a normalized column that a plain index serves under any collation.

    The range finds the place in the index, LIKE decides. Normalized texts hold upper-case letters, digits and signs
    that sort before them.
    """
    return Q(**{f"{field}__gte": prefix, f"{field}__lte": prefix + "Z" * 64, f"{field}__startswith": prefix})


def ids_by_number(text: str) -> list[int]:
    """Return ids of orders whose number is what somebody typed, else begins with it: "#1001", "1001 ", "100"."""
    number = normalize_order_number(text)
    if not number:
        return []
    exact = list(Order.objects.filter(normalized_number=number).values_list("pk", flat=True)[:MOST_FOUND])
    if exact or len(number) < SHORTEST_PREFIX:
        return exact
    found = Order.objects.filter(starts_with("normalized_number", number)).order_by("normalized_number")
    return list(found.values_list("pk", flat=True)[:MOST_FOUND])


def ids_by_email(address: str) -> list[int]:
    """Return ids of the orders of the person with exactly this e-mail address, newest first."""
    key = email_hash(address)
    if not key or "@" not in address:
        return []
    found = Order.objects.filter(customer__email_key=key).order_by("-id")
    return list(found.values_list("pk", flat=True)[:MOST_FOUND])


def with_open_case(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Give every shipment the list `open_cases` (of at most one)."""
    cases: QuerySet[Any, Model] = ExceptionCase.objects.filter(OPEN).select_related("owner", "team")
    return rows.prefetch_related(Prefetch("cases", queryset=cases, to_attr="open_cases"))


@dataclass(frozen=True, slots=True)
class OrderStory:
    """One order with all that belongs to it. Every shipment has `open_cases`."""

    order: Order
    parcels: tuple[Shipment, ...]
    lines: tuple[OrderLine, ...]
    fulfilments: tuple[Fulfilment, ...]  # each with `current_parcels`

    @property
    def needs_review(self) -> bool:
        """True while a parcel has an open case."""
        return any(parcel.open_cases for parcel in self.parcels)  # type: ignore[attr-defined]


def story(order_id: int) -> OrderStory | None:
    """Return an order with its parcels (also those shared with other orders), lines and fulfilments, or None."""
    order = Order.objects.select_related("store", "source", "customer").filter(pk=order_id).first()
    if order is None:
        return None
    return OrderStory(
        order=order,
        parcels=tuple(with_open_case(parcels_of(order))),
        lines=tuple(order.lines.all()),
        fulfilments=tuple(_fulfilments(order)),
    )


def parcels_of(order: Order) -> QuerySet[Shipment]:
    """The parcels an order travels in: its own, and those of other orders that hold part of it."""
    rows = Shipment.objects.filter(pk__in=parcel_ids(order.pk), merged_into=None)
    related = rows.select_related("carrier", "service", "warehouse", "store", "order__customer", "order__store")
    return related.order_by("id")


def parcel_ids(order_id: int) -> QuerySet[Any, Any]:
    """Ids of the parcels an order travels in, for a condition; some twice.

    A union: with "or" over a subquery the database would read all parcels there are.
    """
    own = Shipment.objects.filter(order=order_id).order_by().values("pk")
    shared = FulfilmentParcel.objects.filter(fulfilment__order=order_id, ended_at=None)
    return own.union(shared.values("shipment"), all=True)


def _fulfilments(order: Order) -> QuerySet[Fulfilment]:
    links = FulfilmentParcel.objects.filter(ended_at=None).select_related("shipment").order_by("parcel_index")
    rows = order.fulfilments.select_related("source", "warehouse")
    return rows.prefetch_related(Prefetch("parcels", queryset=links, to_attr="current_parcels"))
