"""Personal data in templates: every filter masks; showing it as it is needs a revealed person."""

from django import template

from tracking.privacy import masking

register = template.Library()


@register.filter
def masked_text(free: str) -> str:
    """Free text of a carrier or colleague with e-mail addresses and phone numbers masked."""
    return masking.text(free or "")


@register.filter
def masked_name(full: str) -> str:
    """A person's name as initials."""
    return masking.name(full or "")
