"""Ends that do not hold, returns, and addresses that contradict each other."""

from typing import Any

import pytest

from tests.tracking.detectors.parcels import at, delivered, moving, parcel, reason, signal, watch
from tracking.detectors.same_place import Doubt, Place, doubt

NOW = at("20 12:00")
NONE, WEAK, SURE = Doubt
HOME: Place = ("Austin", "TX", "78701", "US")


@pytest.mark.parametrize(
    ("found", "expected", "sure"),
    [
        (HOME, HOME, NONE),
        (("AUSTIN", "tx", "78701-1234", "us"), HOME, NONE),
        (("Dallas", "TX", "", "US"), HOME, WEAK),
        (("Austin", "MN", "", "US"), HOME, SURE),
        (("", "", "", "CA"), HOME, SURE),
        (("", "", "", ""), HOME, NONE),
        (("", "TX", "", "US"), HOME, NONE),
        (("Austin", "Texas", "", "US"), HOME, NONE),  # a name and a code say nothing about each other
        (("Round Rock", "TX", "78701", "US"), HOME, NONE),  # the postcode settles it
        (("Austin", "TX", "78702", "US"), HOME, NONE),  # another postcode of the same city
        (("Pflugerville", "TX", "78760", "US"), HOME, NONE),  # a suburb that the same office sorts for
        (("Brooklyn", "NY", "", "US"), ("New York", "NY", "11201", "US"), NONE),
        (("Staten Island", "NY", "", "US"), ("New York", "NY", "", "US"), NONE),
        (("Brooklyn", "NY", "11201", "US"), ("Albany", "NY", "12207", "US"), SURE),
        (("Brooklyn", "WI", "", "US"), ("New York", "NY", "", "US"), SURE),
        (("Leeds", "", "LS1 4AP", "GB"), ("Bristol", "", "BS6 5QA", "GB"), SURE),
        (("", "TX", "75201", "US"), HOME, SURE),
        (("Dallas", "TX", "75201", "US"), HOME, SURE),
        (("New York City", "NY", "", "US"), ("New York", "NY", "10001", "US"), NONE),
        (("ST LOUIS", "MO", "", "US"), ("Saint Louis", "MO", "63101", "US"), NONE),
        (("Ft. Worth", "TX", "", "US"), ("Fort Worth", "TX", "76102", "US"), NONE),
        (("MONTREAL", "QC", "", "CA"), ("Montréal", "QC", "H2X 1Y4", "CA"), NONE),
        (("San Juan", "PR", "00901", "PR"), ("San Juan", "PR", "00901", "US"), NONE),
        (("London", "", "SW1A", "GB"), ("London", "", "SW1A 1AA", "GB"), NONE),
        (("東京", "", "", "JP"), ("大阪", "", "", "JP"), WEAK),
    ],
)
def test_another_place(found: Place, expected: Place, sure: Doubt) -> None:
    assert doubt(found, expected) is sure
    assert doubt(expected, found) is sure


def test_delivered_in_the_wrong_place() -> None:
    found = watch(parcel(delivered(delivered_place=("Tulsa", "OK", "", "US"))), "misdelivery_suspected", NOW)
    assert found.signal is not None
    assert found.needs_person
    assert (found.signal.severity, found.signal.cause) == ("high", "carrier")
    assert found.signal.evidence == (
        "Delivered on Wed 18 Nov 11:00 CST in Tulsa, OK, US; the ship-to is Austin, TX, 78701, US."
    )


def test_two_towns_of_one_region_are_a_weaker_sign() -> None:
    found = signal(parcel(delivered(delivered_place=("Dallas", "TX", "", "US"))), "misdelivery_suspected", NOW)
    assert found is not None
    assert found.severity == "medium"
    assert found.evidence.endswith("Only the towns' names differ; it may be a neighbouring one.")


@pytest.mark.parametrize(
    "state",
    [
        delivered(delivered_place=HOME),
        delivered(),
        moving(delivered_place=("Dallas", "TX", "", "US")),
        delivered(status="returned", delivered_place=("Newark", "NJ", "", "US")),  # back where it came from
    ],
)
def test_no_misdelivery(state: Any) -> None:
    assert signal(parcel(state), "misdelivery_suspected", NOW) is None


def test_a_later_time_of_the_same_delivery_is_not_a_new_report() -> None:
    wrong = ("Dallas", "TX", "", "US")
    first = signal(parcel(delivered("18 12:00", delivered_place=wrong)), "misdelivery_suspected", NOW)
    moved = signal(parcel(delivered("18 13:00", delivered_place=wrong)), "misdelivery_suspected", NOW)
    assert first is not None
    assert moved is not None
    assert first.fingerprint == moved.fingerprint


def test_delivered_but_not_received() -> None:
    state = delivered(signed_by="A. SMITH")
    found = watch(parcel(state, not_received_at=at("19 09:00")), "delivered_not_received", NOW)
    assert found.signal is not None
    assert found.needs_person
    assert "signed by A. SMITH" in found.signal.evidence
    assert signal(parcel(state), "delivered_not_received", NOW) is None
    assert signal(parcel(moving(), not_received_at=at("19 09:00")), "delivered_not_received", NOW) is None
    again = signal(parcel(state, not_received_at=at("20 09:00")), "delivered_not_received", NOW)
    assert again is not None
    assert again.fingerprint != found.signal.fingerprint


def test_movement_after_the_end() -> None:
    found = watch(parcel(delivered(moved_after_end_at=at("19 09:00"))), "movement_after_delivery", NOW)
    assert found.signal is not None
    assert not found.needs_person
    assert (found.signal.severity, found.signal.since) == ("medium", at("19 09:00"))
    assert signal(parcel(delivered()), "movement_after_delivery", NOW) is None


RETURNING = {
    "status": "returning",
    "is_returning": True,
    "returning_since": at("18 12:00"),
    "status_at": at("18 12:00"),
}


@pytest.mark.parametrize(
    ("state", "phase", "cause"),
    [
        (moving(**RETURNING), "returning", "carrier"),
        (moving(**RETURNING, reason="refused"), "returning", "customer"),
        (
            moving(**RETURNING, reasons=(reason("weather_delay"), reason("carrier_delay", "18 09:00"))),
            "returning",
            "weather",
        ),
        (moving(**RETURNING | {"status": "returned"}, ended_at=at("20 09:00")), "returned", "carrier"),
        (moving(reasons=(reason("return_to_sender"),)), "announced", "carrier"),
    ],
)
def test_a_parcel_that_comes_back(state: Any, phase: str, cause: str) -> None:
    found = watch(parcel(state), "return_to_sender", NOW)
    assert found.signal is not None
    assert found.needs_person
    assert found.signal.parameters["phase"] == phase
    assert (found.signal.severity, found.signal.cause) == ("high", cause)


def test_the_arrival_of_a_return_is_not_a_new_report() -> None:
    back = signal(parcel(moving(**RETURNING | {"status": "returned"})), "return_to_sender", NOW)
    underway = signal(parcel(moving(**RETURNING)), "return_to_sender", NOW)
    assert back is not None
    assert underway is not None
    assert back.fingerprint == underway.fingerprint


def test_a_parcel_that_was_turned_round_again() -> None:
    turned = reason("return_to_sender", cleared_by_scan_at=at("18 09:00"))
    turned_out = reason("return_to_sender", cleared_by_outbound_scan_at=at("18 09:00"))
    assert signal(parcel(moving(reasons=(turned,))), "return_to_sender", NOW) is not None
    assert signal(parcel(moving(reasons=(turned_out,))), "return_to_sender", NOW) is None
    assert signal(parcel(moving()), "return_to_sender", NOW) is None
