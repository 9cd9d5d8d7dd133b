"""Disputes as pages show them: those a story tells of, and a frozen section with personal fields masked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracking.exception_queue.evidence import PERSONAL
from tracking.models import CaseActivity
from tracking.privacy import masking
from tracking.shipments.queries import Entry
from tracking.templatetags.shiptrack import label_of
from tracking.vocabulary import ActivityKind, DisputeKind, KnowledgeState, NumberRole, Outcome

_BY_KEY = {"name": masking.name, "signed_by": masking.name, "email": masking.email, "phone": masking.phone}
_CODES = {"kind": DisputeKind, "outcome": Outcome, "state": KnowledgeState, "role": NumberRole}
_FREE_TEXT = frozenset({"said", "written", "left_at", "text"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One dispute of a parcel, as an activity of its case tells it."""

    pk: int
    kind: str
    at: datetime


def mentioned(entries: Iterable[Entry]) -> list[Mention]:
    """Return the disputes that a parcel's story tells of, the newest first. No query."""
    told = (each.subject for each in entries if isinstance(each.subject, CaseActivity))
    return [
        Mention(row.after["dispute"], label_of(DisputeKind, row.after["dispute_kind"]), row.at)
        for row in told
        if row.kind == ActivityKind.DISPUTED
    ]


def shown(content: Any, *, revealed: bool) -> Any:
    """Return a copy of a section's content for a template: `..._at` and `at` as moments, personal fields masked."""
    if isinstance(content, list):
        return [shown(inner, revealed=revealed) for inner in content]
    if isinstance(content, Mapping):
        plain = {key: _field(key, inner, revealed) for key, inner in content.items()}
        return {**plain, **_labels(content)}
    return content


def _labels(content: Mapping[str, Any]) -> dict[str, str]:
    """The words of stored codes, under their keys with `_label`."""
    found = ((key, label_of(choices, content[key])) for key, choices in _CODES.items() if key in content)
    return {f"{key}_label": label for key, label in found if label}


def _field(key: str, value: Any, revealed: bool) -> Any:
    if not isinstance(value, str):
        return shown(value, revealed=revealed)
    if key == "at" or (key.endswith("_at") and key not in PERSONAL):
        return datetime.fromisoformat(value) if value else None
    return value if revealed else _masked(key, value)


def _masked(key: str, value: str) -> str:
    if key in _BY_KEY:
        return _BY_KEY[key](value)
    if key in _FREE_TEXT:
        return masking.text(value)
    return masking.HIDDEN if key in PERSONAL else value
