"""The door of Track Alert. UPS documents no signature: it repeats the credential that was typed into its portal."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.parsing import secrets_of

DEFAULT_HEADER = "credential"


def verify(message: RawMessage, settings: Mapping[str, str]) -> Verification:
    """Tell whether the message carries one of the credentials (`webhook_secret`, one a line).

    It is looked for in the header `credential` (or another that the source names), and in `Authorization` as it
    stands, behind `Bearer`, or as name and password of `Basic`. Compared in constant time. UPS sends no delivery id.
    """
    secrets = secrets_of(settings.get("webhook_secret", ""))
    name = (settings.get("webhook_header") or DEFAULT_HEADER).strip().lower()
    given = [message.headers.get(name, "").strip(), *_authorization(message.headers.get("authorization", ""))]
    if not secrets:
        return Verification(ok=False, why_not="No webhook credential is set for this source.")
    if not any(given):
        return Verification(ok=False, why_not=f'Neither the header "{name}" nor Authorization carries a credential.')
    if not _any_equal(secrets, [text for text in given if text]):
        return Verification(ok=False, why_not="The credential is none of those set for this source.")
    return Verification(ok=True, secret_headers=frozenset({name, "authorization"}))


def _authorization(header: str) -> list[str]:
    """Return every spelling in which `Authorization` may carry the credential."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return [header.strip(), rest.strip()]
    try:
        pair = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    return [pair, pair.partition(":")[2]]


def _any_equal(secrets: tuple[str, ...], given: list[str]) -> bool:
    ok = False
    for secret in secrets:
        for text in given:
            ok |= hmac.compare_digest(secret.encode(), text.encode("utf-8", "replace"))
    return ok
