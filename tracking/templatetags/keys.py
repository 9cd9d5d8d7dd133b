"""The keys that work on a page, in the words of the dialog that "?" opens."""

from typing import Any

from django import template
from django.template import Context

register = template.Library()

ANYWHERE = (
    ("/", "Search"),
    ("g q", "Go to the queue"),
    ("g h", "Home"),
    ("g s", "Shipments"),
    ("g o", "Messages, out and waiting"),
    ("g m", "Status mapping"),
    ("Ctrl K", "Find anything"),
    ("?", "These keys"),
)


@register.inclusion_tag("shiptrack/components/keys.html", takes_context=True)
def keys_dialog(context: Context) -> dict[str, Any]:
    """The page's own keys (`keys` of its context), then those that work on every page."""
    own: tuple[Any, ...] = tuple(context.get("keys") or ())
    return {"keys": [*own, *ANYWHERE], "has_own": bool(own)}
