"""The message ledger on pages of parcels, orders and cases."""

from typing import Any

from django import template
from django.template import Context

from notifications.ledger_lines import SHOWN_AT_FIRST, ledger_lines
from notifications.queries import Entry, ledger_of_order, ledger_of_shipment
from tracking.models import Customer
from tracking.privacy import masking

register = template.Library()


@register.inclusion_tag("notifications/ledger.html", takes_context=True)
def parcel_messages(context: Context, shipment: Any, case_id: int = 0) -> dict[str, Any]:
    """What was said about a parcel and what was not, with why; `case_id` when the page is a case's."""
    customer = shipment.order.customer if shipment.order else None
    return _card(context, ledger_of_shipment(shipment.pk), customer, case_id)


@register.inclusion_tag("notifications/ledger.html", takes_context=True)
def order_messages(context: Context, order: Any) -> dict[str, Any]:
    """What was said about the parcels of an order."""
    return _card(context, ledger_of_order(order.pk), order.customer)


def _card(context: Context, entries: list[Entry], customer: Customer | None, case_id: int = 0) -> dict[str, Any]:
    request, person = context["request"], context.get("person")
    revealed = isinstance(person, masking.Person) and person.is_revealed
    lines = ledger_lines(entries, customer, revealed=revealed)
    return {
        "first": lines[:SHOWN_AT_FIRST],
        "earlier": lines[SHOWN_AT_FIRST:],
        "reader": context["reader"],
        "csrf_token": context.get("csrf_token"),
        "here": request.get_full_path(),
        "may_act": request.user.has_perm("tracking.message_customer"),
        "case_id": case_id,
        "can_write": bool(case_id and customer and not customer.erased_at),
    }
