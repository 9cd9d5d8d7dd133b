"""How the pretend vendors sign what they post; written apart from the connectors that check it.

Sources: Shopify Admin API 2026-10 (webhook verification), FedEx Advanced Integrated Visibility (`fdx-signature`),
USPS Subscriptions-Tracking v3r2 (`X-HMAC`), EasyPost API v2 (webhooks), ShipStation V2
(`x-shipengine-rsa-sha256-signature`), ShipTrack's page on own systems.
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


def rsa_signature(data: bytes) -> str:
    """Base64 of RSA PKCS#1 v1.5 with SHA-256 (RFC 8017, 8.2.1) under the pretend ShipStation's key."""
    size = (_MODULUS.bit_length() + 7) // 8
    digest = _SHA256_PREFIX + hashlib.sha256(data).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signed = pow(int.from_bytes(padded, "big"), _PRIVATE_EXPONENT, _MODULUS)
    return base64.b64encode(signed.to_bytes(size, "big")).decode()


def key_set() -> dict[str, list[dict[str, str]]]:
    """The public key as a JSON Web Key Set (RFC 7517)."""
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": _base64url(_MODULUS), "e": _base64url(65537)}
    return {"keys": [key]}


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


# The pretend ShipStation's key: two primes. It signs pretend parcels on loopback alone and is no secret.
KEY_ID = "sandbox-key-1"
_P = int(
    "f362d6b3ef131cb18d20a138851c792902079e83a4841eeb9839601d0a591e114ac51c2d3ae73df584974c0c"
    "ce244612f525341125ad5ff320510302352e5c341dc8608cf4bfb0c758661c03142e5146771220cdab5ddc2f"
    "c2202d7747a485957fc8cbf9eb04710e7c27afc0b54a7db7754caad2a6d904152a3a14e90d24d937",
    16,
)
_Q = int(
    "cf4b4f306c90253ef83afed568ea1f3eba7d4ef4707d702ea43f8d7a6817211da431f460616fa55e9cca810e"
    "3e19d24c54debc5459e479a927a2133085f6695fd7184f6ec9993a6216f4f53d5feccf49d25aec763710f8ca"
    "87be31b9d00412829fad7f60f0990b1d98358f425e9a1348d331fbe6f1d36720b4a09d26c41e650f",
    16,
)
_MODULUS = _P * _Q
_PRIVATE_EXPONENT = pow(65537, -1, (_P - 1) * (_Q - 1))
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, 9.2, note 1
