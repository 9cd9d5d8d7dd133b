"""Signs of a parcel's story."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.models import Order, Shipment
from tracking.templatetags.shiptrack import icon, number_groups
from tracking.vocabulary import STATUS_LOOK

register = template.Library()


@register.simple_tag
def story_node(icon_name: str, tint: str = "") -> SafeString:
    """The round sign at the left of one line of a story."""
    return format_html('<span class="node {}">{}</span>', tint, icon(icon_name, 14))


@register.simple_tag
def milestone_node(milestone: str) -> SafeString:
    """The sign of an event: tint and icon of its milestone; a person's sign when it has none."""
    tint, icon_name = STATUS_LOOK.get(milestone, ("pri", "person"))
    return story_node(icon_name, tint)


@register.simple_tag
def parcel_link(number: str, known: dict[str, Shipment]) -> SafeString:
    """A number as a message tells it, a link when we know the parcel."""
    parcel = known.get(number)
    if parcel is None:
        return format_html('<span class="st-nowrap">{}</span>', number_groups(number) or "without number")
    address = reverse("admin:tracking_shipment_change", args=[parcel.pk])
    return format_html('<a class="st-link st-nowrap" href="{}">{}</a>', address, number_groups(number))


@register.simple_tag
def order_link(number: str, known: dict[str, Order]) -> SafeString:
    """An order's number as a message tells it, a link when we know the order."""
    order = known.get(number)
    if order is None:
        return format_html("{}", number or "without number")
    address = reverse("admin:tracking_order_change", args=[order.pk])
    return format_html('<a class="st-link" href="{}">{}</a>', address, number)
