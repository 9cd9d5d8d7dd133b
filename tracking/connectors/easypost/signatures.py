"""The two signatures of EasyPost's webhooks.

Version 1 (`X-Hmac-Signature`, as the official clients check it) signs the raw body. Version 2 (`X-Hmac-Signature-V2`,
`X-Timestamp`, `X-Path`) signs time, method, path and body put together. Both are hexadecimal HMAC-SHA256 under the
webhook secret after Unicode normalization NFKD, with or without the prefix `hmac-sha256-hex=`.
"""

import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tracking.connectors.contract import RawMessage, UnreadableMessage, Verification
from tracking.connectors.parsing import Node, decode_object, hmac_matches, read_when, secrets_of

PREFIX = "hmac-sha256-hex="
METHOD = "POST"
SECONDS = range(946_684_800, 4_102_444_800)  # the years 2000 to 2099


def verify(message: RawMessage, webhook_secret: str, path: str) -> Verification:
    """Tell whether one of the secrets (one a line) signed the message; version 2 decides where it is there.

    `path` is where the message arrived, for a version 2 signature without `X-Path`. The delivery id is the event's id,
    `sent_at` the time that version 2 signs.
    """
    secrets = [unicodedata.normalize("NFKD", secret) for secret in secrets_of(webhook_secret)]
    headers = message.headers
    if not secrets:
        return Verification(ok=False, why_not="No webhook secret is set for this source.")
    if headers.get("x-hmac-signature-v2"):
        return _second(message, secrets, path)
    given = headers.get("x-hmac-signature", "")
    if not given:
        return Verification(ok=False, why_not="The header X-Hmac-Signature is missing.")
    if not _fits(secrets, message.body, given):
        return Verification(ok=False, why_not="X-Hmac-Signature does not match the body under any of the secrets.")
    return Verification(ok=True, delivery_id=_event_id(message.body))


def _second(message: RawMessage, secrets: list[str], path: str) -> Verification:
    headers = message.headers
    timestamp = headers.get("x-timestamp", "")
    if not timestamp:
        return Verification(ok=False, why_not="The header X-Timestamp, which the signature covers, is missing.")
    signed = f"{timestamp}{METHOD}{headers.get('x-path') or path}".encode() + message.body
    if not _fits(secrets, signed, headers["x-hmac-signature-v2"]):
        return Verification(ok=False, why_not="X-Hmac-Signature-V2 does not match under any of the secrets.")
    return Verification(ok=True, delivery_id=_event_id(message.body), sent_at=_moment(timestamp))


def _fits(secrets: list[str], payload: bytes, given: str) -> bool:
    return hmac_matches(secrets, payload, given.strip().removeprefix(PREFIX), encodings=("hex",))


def _event_id(body: bytes) -> str:
    """Return the id of the event; "" when the body is no event: its bytes then tell it from others."""
    try:
        return Node(decode_object(body), []).text("id", 128)
    except UnreadableMessage:
        return ""


def _moment(text: str) -> datetime | None:
    """Read a signed time (ISO 8601, RFC 2822 or seconds since 1970) as aware UTC; None when it is none of them."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return datetime.fromtimestamp(int(text), UTC) if len(text) < 12 and int(text) in SECONDS else None
    try:
        value = read_when(text).value
    except ValueError:
        return _rfc2822(text)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _rfc2822(text: str) -> datetime | None:
    try:
        value = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
