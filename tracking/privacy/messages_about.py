"""Which stored messages speak of a person: those that told events of their parcels, and those that name them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from tracking.models import Customer, Order, Shipment, TrackingEvent, TrackingNumber

SHORTEST = 6  # letters of a word to look for: a shorter one stands in half of all messages
# Bodies are bytes; as "escape" text they can be searched whatever they hold. A walk over all bodies that are still
# kept (30 days): an erasure is rare and may take a while.
ABOUT = """
SELECT id FROM tracking_inboundmessage WHERE pruned_at IS NULL AND (
    id = ANY (%(told)s) OR about = ANY (%(names)s)
    OR lower(encode(body, 'escape')) LIKE ANY (%(patterns)s) OR lower(headers::text) LIKE ANY (%(patterns)s)
)
"""


def messages_about(*, people: Sequence[Customer], orders: Sequence[Order], parcels: Sequence[Shipment]) -> list[int]:
    """Return the ids of the messages, still with their content, that speak of these people, orders and parcels."""
    numbers = set(TrackingNumber.objects.filter(shipment__in=parcels).values_list("number", flat=True))
    told = TrackingEvent.objects.filter(shipment__in=parcels).values_list("message_id", flat=True)
    named = {text for row in people for text in (row.email, row.name, row.phone)}
    named |= numbers | {row.external_id for row in orders}
    values: dict[str, Any] = {
        "told": sorted({pk for pk in told if pk}),
        "names": sorted(numbers),
        "patterns": [pattern for word in sorted(named) for pattern in _patterns(word)],
    }
    with connection.cursor() as cursor:
        cursor.execute(ABOUT, values)
        return [row[0] for row in cursor.fetchall()]


def _patterns(word: str) -> Iterable[str]:
    """A word as it may stand in a body: as it is, and as JSON writes it."""
    if len(word) < SHORTEST:
        return []
    forms = {word, json.dumps(word)[1:-1]}
    return [f"%{_for_like(_escaped(form).lower())}%" for form in sorted(forms)]


def _escaped(text: str) -> str:
    """As PostgreSQL's "escape" form writes the bytes of a text."""
    return "".join(_byte(each) for each in text.encode())


def _byte(value: int) -> str:
    if value == ord("\\"):
        return "\\\\"
    return chr(value) if 0 < value < 128 else f"\\{value:03o}"


def _for_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
