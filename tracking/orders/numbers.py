"""How people write order numbers. Pure."""

import re


def normalize_order_number(number: str) -> str:
    """Return the look-up form: upper case, without "#", spaces and the like: "#1001 " -> "1001"."""
    return re.sub(r"[^0-9A-Za-z\-_.]", "", number).upper()[:64]
