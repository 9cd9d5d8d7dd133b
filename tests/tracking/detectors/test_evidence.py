"""The evidence of every kind as an agent reads it: what is so, since when or how much, and which window it passed."""

from datetime import date, datetime

import pytest

from tests.tracking.detectors.parcels import (
    CUTOFF,
    LABEL,
    SCAN,
    at,
    delivered,
    labelled,
    moving,
    parcel,
    reason,
    signal,
)
from tracking.detectors import words
from tracking.detectors.contract import ShipmentFacts
from tracking.detectors.presets import PLAIN_WINDOWS
from tracking.status.contract import SourceWord
from tracking.vocabulary import SignalKind

PROMISED = {"promise_at": at("19 18:00"), "promise_origin": "shop"}


def told(name: str) -> ShipmentFacts:
    """A moving parcel of which the carrier reported a reason on Tuesday noon."""
    return parcel(moving(reasons=(reason(name),)))


WORDS = (SourceWord(1, 0, "in_transit", SCAN), SourceWord(2, 1, "delivered", SCAN))
LEFT_IN_DALLAS = delivered(delivered_place=("Dallas", "TX", "75201", "US"))
TABLE: dict[str, tuple[ShipmentFacts, datetime, str]] = {
    "missing_tracking": (
        parcel(labelled(), has_number=False),
        at("17 13:00"),
        "No tracking number 28 h after the shop reported the fulfilment on Mon 16 Nov 09:00 EST; the window is 24 h.",
    ),
    "unknown_number": (
        parcel(labelled(not_found_since=at("16 15:00"))),
        at("18 10:00"),
        "The carrier says that it does not know the number, since Mon 16 Nov 15:00 EST; the label is "
        "48 h old, and the window is 2 carrier days after the label.",
    ),
    "no_first_scan": (
        parcel(labelled()),
        at("18 14:00"),
        "No physical scan for 52 h since the label; the window for this lane is 1 carrier day after "
        "the pickup cut-off Mon 16 Nov 17:00 EST.",
    ),
    "batch_accepted_only": (
        parcel(labelled(evidence="batch_accepted", evidence_at=CUTOFF)),
        at("18 20:00"),
        "Accepted in a batch on Mon 16 Nov 17:00 EST, but no scan of the parcel itself for 51 h; the "
        "window is 2 carrier days.",
    ),
    "stalled": (
        parcel(moving()),
        at("20 08:00"),
        "No physical scan for 3 d since the last scan on Mon 16 Nov 19:00 CST; the window for a "
        "domestic parcel is 3 carrier days.",
    ),
    "presumed_lost": (
        parcel(moving()),
        at("12-01 08:00"),
        "No physical scan for 14 d since the last scan on Mon 16 Nov 19:00 CST; the window for a "
        "domestic parcel is 7 carrier days.",
    ),
    "carrier_delay": (
        told("carrier_delay"),
        at("19 12:00"),
        "The carrier reported a delay of its own on Tue 17 Nov 11:00 CST; no scan without it since.",
    ),
    "weather_delay": (
        told("weather_delay"),
        at("20 12:00"),
        "The carrier reported a delay by weather on Tue 17 Nov 11:00 CST; no scan without it since.",
    ),
    "will_miss_promise": (
        parcel(moving(estimate_at=at("21 12:00"), estimate_precision="instant"), **PROMISED),
        at("18 08:00"),
        "The carrier expects delivery on Sat 21 Nov 11:00 CST; promised is Thu 19 Nov 17:00 CST "
        "(shop), and the tolerance is 12 h. The carrier had it in time.",
    ),
    "missed_promise": (
        parcel(moving(), **PROMISED),
        at("20 08:00"),
        "Promised for Thu 19 Nov 17:00 CST (shop) and not delivered by then. The carrier had it in time.",
    ),
    "address_issue": (
        told("address_issue"),
        at("18 12:00"),
        "The carrier reported a problem with the address on Tue 17 Nov 11:00 CST; no scan towards the customer since.",
    ),
    "payment_due": (
        told("payment_due"),
        at("18 12:00"),
        "The carrier reported that a payment is due on Tue 17 Nov 11:00 CST; no scan towards the customer since.",
    ),
    "failed_attempt": (
        parcel(moving(reasons=(reason("failed_attempt", count=2),))),
        at("18 12:00"),
        "The carrier reported a failed delivery on 2 days, last on Tue 17 Nov 11:00 CST; not delivered since.",
    ),
    "held_at_location": (
        parcel(moving(status="available_for_pickup", available_at=at("17 09:00"))),
        at("23 09:00"),
        "Waiting at the pickup point for 6 d, since Tue 17 Nov 08:00 CST; the window is 2 carrier days.",
    ),
    "pickup_expiring": (
        parcel(moving(status="available_for_pickup", available_at=at("17 09:00"), return_by=date(2026, 11, 24))),
        at("23 09:00"),
        "Not picked up for 6 d; the carrier sends it back on Tue 24 Nov, and the window is the last 48 h before.",
    ),
    "customs_hold": (
        told("customs_hold"),
        at("20 12:00"),
        "The carrier reported a hold by customs on Tue 17 Nov 11:00 CST; no scan after a release. The "
        "window is 1 carrier day.",
    ),
    "damaged": (
        told("damaged"),
        at("18 12:00"),
        "The carrier reported damage on Tue 17 Nov 11:00 CST; a person has to decide.",
    ),
    "lost": (
        told("lost"),
        at("18 12:00"),
        "The carrier reported the parcel lost on Tue 17 Nov 11:00 CST; it has not arrived since.",
    ),
    "refused": (
        told("refused"),
        at("18 12:00"),
        "The carrier reported a refusal on Tue 17 Nov 11:00 CST; a person has to decide.",
    ),
    "return_to_sender": (
        parcel(moving(status="returning", is_returning=True, returning_since=at("18 09:00"), reason="refused")),
        at("18 12:00"),
        "It is on its way back, since Wed 18 Nov 08:00 CST; the carrier says why: refused by the recipient.",
    ),
    "misdelivery_suspected": (
        parcel(LEFT_IN_DALLAS),
        at("18 13:00"),
        "Delivered on Wed 18 Nov 11:00 CST in Dallas, TX, 75201, US; the ship-to is Austin, TX, 78701, US.",
    ),
    "delivered_not_received": (
        parcel(delivered(), not_received_at=at("19 09:00")),
        at("19 10:00"),
        "Reported as not received on Thu 19 Nov 08:00 CST; the carrier says it was delivered on Wed "
        "18 Nov 11:00 CST, without a signature.",
    ),
    "movement_after_delivery": (
        parcel(delivered(moved_after_end_at=at("19 07:00"))),
        at("19 10:00"),
        "The carrier saw it again on Thu 19 Nov 06:00 CST, although its story had ended as delivered "
        "on Wed 18 Nov 11:00 CST.",
    ),
    "source_conflict": (
        parcel(moving(conflict_since=LABEL, source_words=WORDS)),
        at("16 18:00"),
        "The sources have disagreed for 8 h, since Mon 16 Nov 09:00 CST: delivered against in "
        "transit. The window is 6 h.",
    ),
    "other": (
        told("other"),
        at("18 12:00"),
        "The carrier reported a problem that has no name of its own on Tue 17 Nov 11:00 CST; no scan without it since.",
    ),
}
NAMES_ITS_WINDOW = sorted({name.partition(".")[0] for name in PLAIN_WINDOWS})


def test_every_kind_is_in_the_table() -> None:
    assert set(TABLE) == set(SignalKind.values)


@pytest.mark.parametrize("kind", TABLE)
def test_an_agent_understands(kind: str) -> None:
    facts, now, said = TABLE[kind]
    found = signal(facts, kind, now)
    assert found is not None
    assert found.evidence == said


@pytest.mark.parametrize("kind", NAMES_ITS_WINDOW)
def test_what_counts_after_a_while_says_after_how_long(kind: str) -> None:
    said = TABLE[kind][2]
    assert words.window(PLAIN_WINDOWS[kind]) in said
