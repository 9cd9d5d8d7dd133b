"""Short ways to write events and observations in tests."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tracking.status.contract import EventFact, ObservationFact

START = datetime(2026, 11, 18, 12, tzinfo=UTC)
CARRIER, AGGREGATOR, PLATFORM, SHOP = 0, 1, 2, 3
_PROOF = {"label_created": "carrier_has_data", "info": "none", "unmapped": "none", "cancelled": "none"}
_identities = count(1)


def at(hours: float) -> datetime:
    """A moment so many hours after the start (Wednesday 18 November 2026, 12:00 UTC)."""
    return START + timedelta(hours=hours)


def event(hours: float, milestone: str, **more: Any) -> EventFact:
    """An exact event, received when it happened, from the carrier; moving milestones are scans."""
    precedence = more.get("precedence", CARRIER)
    values: dict[str, Any] = {
        "identity": next(_identities),
        "occurred_at": at(hours),
        "precision": "instant",
        "received_at": at(hours),
        "source_id": precedence + 1,
        "precedence": precedence,
        "milestone": milestone,
        "evidence": _PROOF.get(milestone, "item_scanned"),
    }
    return EventFact(**(values | more))


def correction(hours: float, status: str, **more: Any) -> EventFact:
    """A person's word."""
    person = {"source_id": 99, "precedence": 0, "evidence": "none", "is_correction": True, "corrected_status": status}
    return event(hours, "info", **(person | more))


def settlement(hours: float) -> EventFact:
    """A person settles a movement after the end."""
    return event(hours, "info", source_id=99, evidence="none", settles=True)


def observation(hours: float, precedence: int = CARRIER, **more: Any) -> ObservationFact:
    """A snapshot told at that moment."""
    values: dict[str, Any] = {"source_id": precedence + 1, "precedence": precedence, "observed_at": at(hours)}
    return ObservationFact(**(values | more))
