"""Words of the customer's page in its templates."""

from typing import Any

from django import template

from tracking.templatetags.shiptrack import number_groups

register = template.Library()
register.filter("in_groups", number_groups)


@register.simple_tag(takes_context=True)
def word(context: Any, key: str, carrier: str = "", **values: object) -> str:
    """A text in the language of the page."""
    text: str = context["words"].text(key, carrier, **values)
    return text
