"""How the pretend vendors sign what they post; written apart from the connectors that check it.

Sources: Shopify Admin API 2026-10 (webhook verification), FedEx Advanced Integrated Visibility (`fdx-signature`),
USPS Subscriptions-Tracking v3r2 (`X-HMAC`), EasyPost API v2 (webhooks), ShipTrack's page on own systems.
"""

import base64
import hashlib
import hmac
import unicodedata


def _digest(secret: str, data: bytes) -> bytes:
    return hmac.new(secret.encode(), data, hashlib.sha256).digest()


def shopify_signature(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the raw body, for `X-Shopify-Hmac-Sha256`."""
    return base64.b64encode(_digest(secret, body)).decode()


def fedex_signature(secret: str, body: bytes, *, as_hex: bool = False) -> str:
    """HMAC-SHA256 over the raw body for `fdx-signature`; FedEx's pages show Base64 in one place and hex in another."""
    digest = _digest(secret, body)
    return digest.hex() if as_hex else base64.b64encode(digest).decode()


def usps_signature(secret: str, timestamp: str, payload: str) -> str:
    """Base64 of HMAC-SHA256 over the envelope's two strings joined, timestamp first, for `X-HMAC`."""
    return base64.b64encode(_digest(secret, (timestamp + payload).encode())).decode()


def easypost_signature(secret: str, body: bytes) -> str:
    """First generation, for `X-Hmac-Signature`: hexadecimal HMAC-SHA256 over the raw body, NFKD-normalized secret."""
    return f"hmac-sha256-hex={_digest(unicodedata.normalize('NFKD', secret), body).hex()}"


def easypost_signature_v2(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Second generation, for `X-Hmac-Signature-V2`: timestamp, method, path and body put together are signed."""
    return easypost_signature(secret, f"{timestamp}{method}{path}".encode() + body)


def own_signature(secret: str, timestamp: str, delivery: str, body: bytes) -> str:
    """What a system of one's own sends as `X-ShipTrack-Signature`, as the documentation for such systems says."""
    return _digest(secret, f"{timestamp}.{delivery}.".encode() + body).hex()
