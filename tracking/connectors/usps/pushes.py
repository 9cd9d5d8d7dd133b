"""The envelope of USPS pushes: its signature, and the detail object it carries as text.

Subscriptions - Tracking v3r2 posts `{subscriptionId, timestamp, payload}`, where `payload` is JSON written into a
string. `X-HMAC` is Base64 of HMAC-SHA256 over the two strings `timestamp` and `payload` put together, not over the
body.
"""

from datetime import UTC, datetime
from typing import Any

from tracking.connectors.contract import RawMessage, UnreadableMessage, Verification
from tracking.connectors.parsing import decode_json, decode_object, hmac_matches, read_when, secrets_of


def verify(message: RawMessage, webhook_secret: str) -> Verification:
    """Tell whether one of the secrets signed the envelope.

    `webhook_secret` holds one secret a line. USPS sends no delivery id; `sent_at` is the signed timestamp.
    """
    secrets = secrets_of(webhook_secret)
    given = message.headers.get("x-hmac", "")
    if not secrets:
        return Verification(ok=False, why_not="No webhook secret is set for this source.")
    if not given:
        return Verification(ok=False, why_not="The header X-HMAC is missing.")
    try:
        envelope = decode_object(message.body)
    except UnreadableMessage as problem:
        return Verification(ok=False, why_not=str(problem))
    timestamp, payload = envelope.get("timestamp"), envelope.get("payload")
    if not isinstance(timestamp, str) or not isinstance(payload, str):
        return Verification(ok=False, why_not="The message is not an envelope with a timestamp and a payload.")
    if not hmac_matches(secrets, (timestamp + payload).encode(), given):
        return Verification(ok=False, why_not="X-HMAC does not match the message under any of the secrets.")
    return Verification(ok=True, sent_at=_moment(timestamp))


def is_envelope(value: Any) -> bool:
    """Tell whether a decoded message is the envelope of a push."""
    return isinstance(value, dict) and "payload" in value and "trackingNumber" not in value


def content(envelope: dict[str, Any]) -> Any:
    """Return the decoded content of an envelope. Raises UnreadableMessage when there is none."""
    payload = envelope["payload"]
    return decode_json(payload.encode()) if isinstance(payload, str) else payload


def _moment(text: str) -> datetime | None:
    """Return the signed timestamp, aware UTC; without an offset it is UTC. None when it is no time."""
    try:
        value = read_when(text).value
    except ValueError:
        return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
