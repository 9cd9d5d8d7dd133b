"""What proves that ShipStation sent a message.

V1 signs nothing: a secret in the query of the address it posts to (`?secret=`) is all there is. V2 signs with RSA
(PKCS#1 v1.5, SHA-256) over `<timestamp>.<raw body>`; headers `x-shipengine-rsa-sha256-signature` (Base64),
`x-shipengine-rsa-sha256-key-id` and `x-shipengine-timestamp`. The public keys are fetched with the polls and kept, so
that the door itself never calls anybody.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from tracking.connectors.contract import KEPT_TOKEN, RawMessage, UnreadableMessage, Verification
from tracking.connectors.parsing import Node, decode_object, read_instant, secrets_of

SIGNATURE, KEY_ID, TIMESTAMP = (
    "x-shipengine-rsa-sha256-signature",
    "x-shipengine-rsa-sha256-key-id",
    "x-shipengine-timestamp",
)
SMALLEST_KEY, LARGEST_KEY = 2048, 8192  # bits
LARGEST_EXPONENT = 2**32


def verify(message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
    """Tell whether a message is ShipStation's: by its signature where it has one, else by the secret in `path`'s query.

    `settings[KEPT_TOKEN]` is the key set as fetched. There is no delivery id; `sent_at` is the time that V2 signs.
    """
    if message.headers.get(SIGNATURE):
        return _signed(message, settings.get(KEPT_TOKEN, ""))
    return _with_secret(message, settings.get("webhook_secret", ""), path)


def _with_secret(message: RawMessage, setting: str, path: str) -> Verification:
    secrets = secrets_of(setting)
    if not secrets:
        return Verification(ok=False, why_not="No webhook secret is set for this source.")
    given = _secret_in(path)
    if not given:
        return Verification(ok=False, why_not="The address lacks ?secret=, and the message is not signed.")
    fits = False
    for secret in secrets:
        fits |= hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace"))
    if not fits:
        return Verification(ok=False, why_not="The secret in the address is none of this source's.")
    return Verification(ok=True, topic=_topic(message.body))


def _secret_in(path: str) -> str:
    try:
        return parse_qs(urlsplit(path).query, max_num_fields=50).get("secret", [""])[0]
    except ValueError:
        return ""


def _signed(message: RawMessage, key_set: str) -> Verification:
    headers = message.headers
    timestamp, key_id = headers.get(TIMESTAMP, ""), headers.get(KEY_ID, "")
    if not timestamp or not key_id:
        return Verification(ok=False, why_not="A signed message must name its key and its time.")
    key = public_key(key_set, key_id)
    if key is None:
        why_not = "The key that signed the message is not known; the keys are fetched again with the next poll."
        return Verification(ok=False, why_not=why_not, is_key_unknown=True)
    sent_at = _moment(timestamp)
    if sent_at is None or not _fits(key, timestamp.encode() + b"." + message.body, headers[SIGNATURE]):
        return Verification(ok=False, why_not="The signature does not match the time and the body.")
    return Verification(ok=True, topic=_topic(message.body), sent_at=sent_at)


def _fits(key: RSAPublicKey, signed: bytes, given: str) -> bool:
    try:
        key.verify(base64.b64decode(given.strip(), validate=True), signed, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def public_key(key_set: str, key_id: str) -> RSAPublicKey | None:
    """Return the key of that id out of a JSON Web Key Set (RFC 7517); None when it is not there or not usable."""
    try:
        keys: Any = json.loads(key_set)["keys"]
        found = next(key for key in keys if key.get("kid") == key_id and key.get("kty") == "RSA")
        modulus, exponent = _number(found["n"]), _number(found["e"])
        if SMALLEST_KEY <= modulus.bit_length() <= LARGEST_KEY and exponent < LARGEST_EXPONENT:
            return RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError):
        return None
    return None


def _number(text: str) -> int:
    """Read a Base64url number without padding (RFC 7518, 6.3.1)."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _moment(text: str) -> datetime | None:
    try:
        return read_instant(text)
    except ValueError:
        return None


def _topic(body: bytes) -> str:
    try:
        return Node(decode_object(body), []).text("resource_type", 80)
    except UnreadableMessage:
        return ""
