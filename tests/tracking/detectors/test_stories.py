"""Whole stories: events of a parcel, projected, and what the detectors say of it."""

from typing import Any
from zlib import crc32

import pytest

from tests.tracking.detectors.parcels import ask, at, parcel
from tracking.status.contract import EventFact
from tracking.status.projection import project

EVIDENCE = {"label_created": "carrier_has_data", "delayed": "not_physical", "exception": "not_physical", "info": "none"}


def event(when: str, milestone: str, reason: str = "", **changes: Any) -> EventFact:
    moment = at(when)
    facts: dict[str, Any] = {
        "identity": crc32(f"{when} {milestone} {reason}".encode()),
        "occurred_at": moment,
        "precision": "instant",
        "received_at": moment,
        "source_id": 1,
        "precedence": 0,
        "milestone": milestone,
        "evidence": EVIDENCE.get(milestone, "item_scanned"),
        "reason": reason,
    }
    return EventFact(**facts | changes)


LABEL, PICKED = event("16 10:00", "label_created"), event("16 20:00", "first_scan")
ARRIVED = event("17 09:00", "in_transit")
ATTEMPT = event("18 15:00", "exception", "failed_attempt")
DONE = event("19 15:00", "delivered")

STORIES = {
    "label alone": ([LABEL], "18 12:00", {"no_first_scan"}),
    "label in a batch": (
        [LABEL, event("16 18:00", "info", evidence="batch_accepted")],
        "18 19:00",
        {"batch_accepted_only"},
    ),
    "moving": ([LABEL, PICKED, ARRIVED], "18 12:00", set()),
    "silent": ([LABEL, PICKED, ARRIVED], "20 09:00", {"stalled"}),
    "long silent": ([LABEL, PICKED, ARRIVED], "12-10 12:00", {"presumed_lost"}),
    "noted but not scanned": ([LABEL, PICKED, event("20 08:00", "info")], "20 09:00", {"stalled"}),
    "held up": ([LABEL, PICKED, event("17 09:00", "delayed", "weather_delay")], "17 10:00", {"weather_delay"}),
    "no longer held up": ([LABEL, PICKED, event("17 09:00", "delayed", "weather_delay"), DONE], "20 09:00", set()),
    "unexplained": ([LABEL, PICKED, event("17 09:00", "exception")], "17 10:00", {"other"}),
    "unexplained, a hint": ([LABEL, PICKED, event("17 09:00", "exception", hint=True)], "17 10:00", set()),
    "a hinted reason": ([LABEL, PICKED, event("17 09:00", "exception", "damaged", hint=True)], "17 10:00", set()),
    "a reason on a scan": ([LABEL, PICKED, event("17 09:00", "in_transit", "damaged")], "17 10:00", {"damaged"}),
    "one attempt": ([LABEL, PICKED, ATTEMPT], "18 16:00", {"failed_attempt"}),
    "attempt, then scans": ([LABEL, PICKED, ATTEMPT, event("19 08:00", "in_transit")], "19 09:00", {"failed_attempt"}),
    "attempt, then pickup": ([LABEL, PICKED, ATTEMPT, event("18 18:00", "available_for_pickup")], "19 09:00", set()),
    "attempt, then delivered": ([LABEL, PICKED, ATTEMPT, DONE], "20 09:00", set()),
    "refused, comes back": (
        [LABEL, PICKED, event("17 09:00", "exception", "refused"), event("18 09:00", "returning", "return_to_sender")],
        "18 12:00",
        {"refused", "return_to_sender"},
    ),
    "comes back with a wrong address": (
        [LABEL, PICKED, event("17 09:00", "exception", "address_issue"), event("18 09:00", "returning")],
        "18 12:00",
        {"address_issue", "return_to_sender"},
    ),
    "is back": (
        [LABEL, PICKED, event("18 09:00", "returning"), event("20 09:00", "delivered")],
        "12-20 12:00",
        {"return_to_sender"},
    ),
    "moves after delivery": (
        [LABEL, PICKED, DONE, event("20 09:00", "in_transit")],
        "20 10:00",
        {"movement_after_delivery"},
    ),
    "delivered twice": (
        [LABEL, PICKED, DONE, event("20 09:00", "in_transit"), event("20 15:00", "delivered")],
        "20 16:00",
        set(),
    ),
    "delivered elsewhere": (
        [LABEL, PICKED, event("19 15:00", "delivered", place_city="DALLAS", place_region="TX", place_country="US")],
        "19 16:00",
        {"misdelivery_suspected"},
    ),
    "lost": ([LABEL, PICKED, event("17 09:00", "info", "lost")], "17 10:00", {"lost"}),
    "lost and delivered": ([LABEL, PICKED, event("17 09:00", "exception", "lost"), DONE], "20 09:00", set()),
    "customs": ([LABEL, PICKED, event("17 09:00", "exception", "customs_hold")], "18 09:00", {"customs_hold"}),
    "customs, released": (
        [LABEL, PICKED, event("17 09:00", "exception", "customs_hold"), event("18 08:00", "in_transit")],
        "18 12:00",
        set(),
    ),
    "the carrier missed its window": (
        [LABEL, PICKED, event("17 09:00", "delayed", "missed_window")],
        "17 10:00",
        {"missed_promise"},
    ),
}


@pytest.mark.parametrize(("events", "now", "kinds"), STORIES.values(), ids=STORIES)
def test_story(events: list[EventFact], now: str, kinds: set[str]) -> None:
    facts = parcel(project(events))
    assert {one.kind for one in ask(facts, at(now)).signals} == kinds


def test_who_is_to_blame_for_a_refused_parcel() -> None:
    events, now, _ = STORIES["refused, comes back"]
    causes = {one.kind: one.cause for one in ask(parcel(project(events)), at(now)).signals}
    assert causes == {"refused": "customer", "return_to_sender": "customer"}
