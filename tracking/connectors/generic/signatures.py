"""The signature of the generic source.

`X-ShipTrack-Signature` is the hexadecimal HMAC-SHA256, under the webhook secret, of `X-ShipTrack-Timestamp` (seconds
since 1970), a point, `X-ShipTrack-Delivery` (may be empty), a point, and the raw body.
"""

import re
from datetime import UTC, datetime

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.parsing import hmac_matches, secrets_of

_DELIVERY = re.compile(r"[A-Za-z0-9_-]{0,100}")  # no point: else bytes could move between the id and the body
_SECONDS = range(946_684_800, 4_102_444_800)  # the years 2000 to 2099


def verify(message: RawMessage, webhook_secret: str) -> Verification:
    """Tell whether one of the secrets (one a line) signed time, delivery id and body."""
    secrets = secrets_of(webhook_secret)
    given = message.headers.get("x-shiptrack-signature", "")
    timestamp = message.headers.get("x-shiptrack-timestamp", "").strip()
    delivery = message.headers.get("x-shiptrack-delivery", "").strip()
    if not secrets:
        return Verification(ok=False, why_not="No webhook secret is set for this source.")
    if not given:
        return Verification(ok=False, why_not="The header X-ShipTrack-Signature is missing.")
    sent_at = _moment(timestamp)
    if sent_at is None:
        return Verification(ok=False, why_not="X-ShipTrack-Timestamp must be the time in whole seconds since 1970.")
    if not _DELIVERY.fullmatch(delivery):
        why_not = "X-ShipTrack-Delivery may hold 100 letters, digits, dashes and underscores."
        return Verification(ok=False, why_not=why_not)
    signed = f"{timestamp}.{delivery}.".encode() + message.body
    if not hmac_matches(secrets, signed, given, encodings=("hex",)):
        return Verification(ok=False, why_not="The signature does not match under any of the secrets.")
    return Verification(ok=True, delivery_id=delivery, sent_at=sent_at)


def _moment(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{9,10}", text) or int(text) not in _SECONDS:
        return None
    return datetime.fromtimestamp(int(text), UTC)
