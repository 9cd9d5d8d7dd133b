"""Words of the customer's page in its templates."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from tracking.models import Order, Shipment
from tracking.templatetags.shiptrack import number_groups

register = template.Library()
register.filter("in_groups", number_groups)


@register.simple_tag(takes_context=True)
def word(context: Any, key: str, carrier: str = "", **values: object) -> str:
    """A text in the language of the page."""
    text: str = context["words"].text(key, carrier, **values)
    return text


@register.simple_tag
def customer_page(subject: Order | Shipment) -> str:
    """The whole address of the page that the customer of an order or a parcel sees."""
    owner = subject.order if isinstance(subject, Shipment) and subject.order else subject
    return f"{settings.PUBLIC_URL}{reverse('track', args=[owner.public_token])}"
