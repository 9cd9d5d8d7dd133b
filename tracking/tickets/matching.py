"""Finds the parcel, order and customer a ticket speaks of: by tracking number, order number, e-mail address.

Only whole numbers count, never beginnings. A number that several orders carry is taken only where the writer's own
address tells them apart.
"""

import re
from dataclasses import dataclass

from tracking.connectors.numbers import normalize, without_routing
from tracking.models import Customer, ExceptionCase, Order, Shipment, TrackingNumber
from tracking.models.case import OPEN
from tracking.models.parties import email_hash
from tracking.orders.numbers import normalize_order_number
from tracking.tickets.contract import TicketUpdate
from tracking.vocabulary import TicketMatch

MOST_WORDS = 60
LONGEST_TEXT = 4000
_NUMBER = re.compile(r"(?<![\w@])[A-Za-z0-9][A-Za-z0-9-]{7,39}(?![\w@])")
_ORDER = re.compile(
    r"(?:#|\b(?:order|pedido|orden)\b(?:\s+(?:number|no\.?|nr\.?|n[uú]mero|n[º°o]\.?|is|es))?\s*[:#]?\s*#?)\s*"
    r"([A-Za-z]{0,6}-?\d[A-Za-z0-9_-]{1,30})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Match:
    """What was found, and by what; everything empty: nothing."""

    by: str = ""
    shipment: Shipment | None = None
    order: Order | None = None
    customer: Customer | None = None


def tracking_numbers(text: str) -> list[str]:
    """Return the words of a text that may be tracking numbers, normalized."""
    words = (without_routing(normalize(word)) for word in _NUMBER.findall(text[:LONGEST_TEXT]))
    return list(dict.fromkeys(word for word in words if any(each.isdigit() for each in word)))[:MOST_WORDS]


def order_numbers(text: str) -> list[str]:
    """Return what a text calls an order number ("#1001", "order no. 1001", "pedido 1001"), normalized."""
    found = (normalize_order_number(word) for word in _ORDER.findall(text[:LONGEST_TEXT]))
    return list(dict.fromkeys(filter(None, found)))[:MOST_WORDS]


def find(told: TicketUpdate) -> Match:
    """Return what a ticket speaks of; at most six queries."""
    words = f"{told.subject}\n{told.text}"
    key = email_hash(told.email) if "@" in told.email else ""
    numbers = [without_routing(normalize(told.tracking_number))] if told.tracking_number else []
    shipment = _by_tracking_number([*numbers, *tracking_numbers(words)], key)
    if shipment is not None:
        customer = shipment.order.customer if shipment.order else None
        return Match(TicketMatch.TRACKING_NUMBER, shipment, shipment.order, customer)
    wanted = [normalize_order_number(told.order_number)] if told.order_number else []
    order = _by_order_number([*filter(None, wanted), *order_numbers(words)], key)
    if order is not None:
        return Match(TicketMatch.ORDER_NUMBER, _parcel_of(order), order, order.customer)
    return _by_email(key)


def _by_tracking_number(numbers: list[str], key: str) -> Shipment | None:
    if not numbers:
        return None
    rows = TrackingNumber.objects.filter(number__in=numbers, shipment__merged_into=None)
    related = Shipment.objects.select_related("order__customer")
    found = list(related.filter(pk__in=rows.values("shipment_id")).order_by("-id")[:10])
    own = [
        each for each in found if key and each.order and each.order.customer and each.order.customer.email_key == key
    ]
    return next(iter(own), None) or (found[0] if len(found) == 1 else None)


def _by_order_number(numbers: list[str], key: str) -> Order | None:
    if not numbers:
        return None
    found = list(Order.objects.filter(normalized_number__in=numbers).select_related("customer").order_by("-id")[:10])
    own = [each for each in found if key and each.customer and each.customer.email_key == key]
    return next(iter(own), None) or (found[0] if len(found) == 1 else None)


def _by_email(key: str) -> Match:
    """The writer's newest order, if it is their only one that may still be on its way."""
    if not key:
        return Match()
    orders = list(Order.objects.filter(customer__email_key=key).select_related("customer").order_by("-id")[:10])
    if not orders:
        return Match()
    cases = ExceptionCase.objects.filter(OPEN, order_id__in=[order.pk for order in orders])
    troubled = set(cases.values_list("order_id", flat=True))
    in_trouble = [order for order in orders if order.pk in troubled]
    order = in_trouble[0] if len(in_trouble) == 1 else (orders[0] if len(orders) == 1 else None)
    if order is None:
        return Match(TicketMatch.EMAIL, None, None, orders[0].customer)
    return Match(TicketMatch.EMAIL, _parcel_of(order), order, order.customer)


def _parcel_of(order: Order) -> Shipment | None:
    """The order's only parcel, else its only one in trouble."""
    parcels = list(Shipment.objects.filter(order=order, merged_into=None).select_related("order__customer")[:20])
    if len(parcels) == 1:
        return parcels[0]
    cases = ExceptionCase.objects.filter(OPEN, shipment__in=parcels).values_list("shipment_id", flat=True)
    troubled = [parcel for parcel in parcels if parcel.pk in set(cases)]
    return troubled[0] if len(troubled) == 1 else None
