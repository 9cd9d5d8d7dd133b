"""Personal data in templates: every filter masks; showing it as it is needs a revealed person."""

from django import template
from django.template import Context

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


@register.simple_tag(takes_context=True)
def said(context: Context, free: str) -> str:
    """Free text about the page's `person`: as it is once they are revealed to the reader, else masked."""
    person = context.get("person")
    is_revealed = isinstance(person, masking.Person) and person.is_revealed
    return (free or "") if is_revealed else masking.text(free or "")
