"""The text of a message as colleagues may read it before they have revealed the customer. Pure."""

import re

from tracking.models import Customer
from tracking.privacy import masking

SHORTEST = 2  # a single letter is an initial already


def masked_text(text: str, customer: Customer | None) -> str:
    """Return a message's text without the customer's name, addresses and numbers; the rest is word for word."""
    hidden = masking.text(text)
    names = sorted({part for part in re.split(r"\s+", customer.name if customer else "") if len(part) >= SHORTEST})
    if not names:
        return hidden
    pattern = r"(?<!\w)(?:" + "|".join(re.escape(part) for part in names) + r")(?!\w)"
    return re.sub(pattern, lambda found: f"{found.group()[0]}{masking.HIDDEN}", hidden)
