"""Signs of a parcel's story."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.models import Carrier, Order, Service, Shipment
from tracking.shipments.projection import destination_zone
from tracking.templatetags.shiptrack import icon, number_groups
from tracking.vocabulary import STATUS_LOOK, Precision

register = template.Library()
KEPT_UPPER = frozenset({"USPS", "UPS", "DHL", "2DAY", "US", "AM", "PM"})


@register.simple_tag
def story_node(icon_name: str, tint: str = "") -> SafeString:
    """The round sign at the left of one line of a story."""
    return format_html('<span class="node {}">{}</span>', tint, icon(icon_name, 14))


@register.simple_tag
def milestone_node(milestone: str) -> SafeString:
    """The sign of an event: tint and icon of its milestone; a person's sign when it has none."""
    tint, icon_name = STATUS_LOOK.get(milestone, ("pri", "person"))
    return story_node(icon_name, tint)


@register.filter
def service_words(service: Service | None) -> str:
    """A service's name for people: vendors' constants like PRIORITY_MAIL become "Priority Mail"; "" for none."""
    name = service.name if service else ""
    is_constant = "_" in name or (name.isupper() and " " in name)
    words = name.replace("_", " ").split()
    return " ".join(word if word in KEPT_UPPER else word.capitalize() for word in words) if is_constant else name


@register.simple_tag
def carried_by(carrier: Carrier | None, service: Service | None) -> str:
    """Carrier and service, the carrier's name once: "FedEx Ground", "USPS Ground Advantage"; "" for neither."""
    name, words = str(carrier or ""), service_words(service)
    return words if words.lower().startswith(name.lower()) and words else f"{name} {words}".strip()


@register.simple_tag
def there(at: datetime | None, parcel: Shipment, precision: str = "") -> str:
    """A moment where the parcel goes to, because days are counted there: "Tue 10 Nov 16:00 PST", or the day alone."""
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(destination_zone(parcel)))
    day = f"{local:%a} {local.day} {local:%b}"
    return day if precision in (Precision.DATE, "day") else f"{day} {local:%H:%M} {local:%Z}"


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
