"""What makes evidence evidence: one written form, one hash over it, and what is personal in it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PERSONAL = frozenset(
    {"name", "email", "phone", "signed_by", "left_at", "said", "written", "proof", "postcode", "delivered_postcode"}
)
# Carriers repeat the signer's name in their words, so the words of a signed event go with the name.
SPEAKS_OF_SIGNER = "text"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a pack: its name and its content, which is JSON-ready (no floats: they have no one written form)."""

    name: str
    content: Any


def canonical(content: Any) -> bytes:
    """Return the one written form of a content: JSON with sorted keys, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(content: Any) -> str:
    """Return the SHA-256 of a content's written form, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(content)).hexdigest()


def without_personal(content: Any) -> Any:
    """Return the content with every personal field emptied; keys and all other facts stay."""
    if isinstance(content, list):
        return [without_personal(inner) for inner in content]
    if not isinstance(content, Mapping):
        return content
    gone = PERSONAL | {SPEAKS_OF_SIGNER} if content.get("signed_by") else PERSONAL
    return {key: "" if key in gone and inner else without_personal(inner) for key, inner in content.items()}
