"""Stable 64-bit identities of events and of the codes they carry: the same content gives the same number for ever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracking.connectors.contract import LookupKey


def event_identity(source_id: int, time_text: str, code_keys: Sequence[LookupKey], shape: str) -> int:
    """Identify one event of one shipment: who told it, the time as received, and its code.

    The code is the connector's list of look-up keys, or the text's shape when there is none. Place, wording and the
    UTC moment are left out: they get better later. Returns a signed 64-bit number, unique within a shipment.
    """
    code = _key_parts(code_keys) if code_keys else ("", shape)
    return _signed64(("event", str(source_id), time_text, *code))


def code_identity(source_kind: str, carrier: str, keys: Sequence[LookupKey], shape: str) -> int:
    """Identify one distinct tracking code: source kind, carrier, look-up keys and text shape; signed 64 bit."""
    return _code_identity(source_kind, carrier, tuple(keys), shape)


@lru_cache(maxsize=8192)
def _code_identity(source_kind: str, carrier: str, keys: tuple[LookupKey, ...], shape: str) -> int:
    return _signed64(("code", source_kind, carrier, shape, *_key_parts(keys)))


def _key_parts(keys: Iterable[LookupKey]) -> tuple[str, ...]:
    return tuple(part for key in keys for part in (key.field, key.code, key.subcode))


def _signed64(parts: Iterable[str]) -> int:
    """Hash parts with their lengths, so that no two lists of parts run together into the same bytes."""
    text = "".join([f"{len(part)}:{part}" for part in parts])
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
