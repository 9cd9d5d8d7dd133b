"""Finding an order by its number and what only its customer knows. Nobody can learn here whether a number exists."""

import hashlib
import hmac
import re
from datetime import datetime

from tracking.customer_page.limits import LOOK_UPS_BY_ADDRESS, LOOK_UPS_BY_ORDER, network_of, use
from tracking.models import Order
from tracking.models.parties import email_hash
from tracking.orders.numbers import normalize_order_number

COMPARED = 10  # always so many comparisons, however many orders have the number
LONGEST = 254
_SHORTEST_POSTCODE = 3
_ZIP_PLUS_FOUR = re.compile(r"^(\d{5})\d{4}$")
_NOBODY = ("", "", "")


def token_for(*, number: str, proof: str, address: str, now: datetime) -> str:
    """Return the token of the newest order with this number whose e-mail address or postcode is `proof`, else "".

    `address` is the client's network address, `now` aware UTC. An unknown number, a wrong proof and both take the same
    statements and the same comparisons. Raises TooOften, by address or by order number, known or not.
    """
    normalized = normalize_order_number(number[:LONGEST])
    use(LOOK_UPS_BY_ADDRESS, network_of(address), now)
    use(LOOK_UPS_BY_ORDER, normalized, now)
    rows = Order.objects.filter(normalized_number=normalized, is_stub=False).exclude(normalized_number="")
    told = rows.order_by("-id").values_list("public_token", "customer__email_key", "ship_to_postcode")
    candidates = [*told[:COMPARED]]
    candidates += [_NOBODY] * (COMPARED - len(candidates))
    email, postcode = _digest(email_hash(proof[:LONGEST])), _digest(plain_postcode(proof[:LONGEST]))
    found = ""
    for token, email_key, ship_to in reversed(candidates):
        known_postcode = plain_postcode(ship_to or "")
        by_email = hmac.compare_digest(_digest(email_key or ""), email) & bool(email_key)
        by_postcode = hmac.compare_digest(_digest(known_postcode), postcode)
        by_postcode &= len(known_postcode) >= _SHORTEST_POSTCODE
        found = token if by_email | by_postcode else found
    return found


def plain_postcode(text: str) -> str:
    """Return a postcode without spaces and signs, in capitals; of a ZIP+4 the first five digits."""
    plain = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    extended = _ZIP_PLUS_FOUR.match(plain)
    return extended.group(1) if extended else plain


def _digest(text: str) -> bytes:
    """Texts of any length become equally long before they are compared."""
    return hashlib.sha256(text.encode()).digest()
