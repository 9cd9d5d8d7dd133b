"""What UPS's codes mean: every documented code has a meaning, no other has, and none says more than it knows."""

import json
from itertools import pairwise

import pytest

from tracking.connectors.contract import RawMessage
from tracking.connectors.ups import UPS
from tracking.connectors.ups.codes import FAMILY_OF
from tracking.status import presets
from tracking.status.contract import Meaning
from tracking.status.mapping import Mapping
from tracking.vocabulary import MOVING_MILESTONES

PRESET = Mapping(presets.load("ups"))
FAMILIES = {row.code for row in PRESET.rows if row.field == "family"}
PARCEL_TYPES = ("M", "MV", "I", "D", "U", "X")


def meaning(
    kind: str, code: str, text: str = "", status_code: str = "", service: str = "UPS Ground", number: str = "1Z7"
) -> Meaning:
    status = {"type": kind, "code": code, "statusCode": status_code, "description": text}
    told = {"date": "20261119", "time": "120000", "status": status}
    package = {"trackingNumber": number, "service": {"description": service}, "activity": [told]}
    body = json.dumps({"trackResponse": {"shipment": [{"package": [package]}]}}).encode()
    (event,) = UPS.read(RawMessage(body, transport="poll")).events
    return PRESET.resolve("ups", "ups", event.keys, event.description)


def words(found: Meaning) -> tuple[str, str, str, bool]:
    return found.milestone, found.reason, found.evidence, found.hint


def test_families_and_rows_are_the_same() -> None:
    used = {family for codes in FAMILY_OF.values() for family in codes.values()}
    assert used - FAMILIES == set()
    assert FAMILIES - used == set()


def test_no_code_stands_in_two_families() -> None:
    from_tables = {table: sum(1 for _ in codes) for table, codes in FAMILY_OF.items()}
    assert from_tables == {
        "M": 3, "MV": 1, "I": 38, "D": 58, "U": 3, "X": 778, "statusCode": 160, "mail": 213, "freight": 264,
    }  # fmt: skip


@pytest.mark.parametrize("kind", PARCEL_TYPES)
def test_every_documented_code_has_a_meaning(kind: str) -> None:
    assert [code for code in FAMILY_OF[kind] if meaning(kind, code).milestone == "unmapped"] == []


@pytest.mark.parametrize(
    ("kind", "code", "text", "status_code", "expected"),
    [
        # a label is no movement, although it stands among the movement scans
        ("M", "MP", "", "003", ("label_created", "", "carrier_has_data", False)),
        ("I", "OC", "", "", ("label_created", "", "carrier_has_data", False)),
        ("I", "SP", "", "077", ("label_created", "", "pickup_registered", False)),
        ("MV", "VP", "", "007", ("cancelled", "", "not_physical", False)),
        # first possession
        ("I", "OR", "", "", ("first_scan", "", "item_scanned", False)),
        ("I", "PU", "", "", ("first_scan", "", "item_scanned", False)),
        ("I", "XD", "", "", ("first_scan", "", "item_scanned", False)),
        ("P", "PU", "", "", ("first_scan", "", "item_scanned", False)),
        # movement
        ("I", "DP", "", "", ("in_transit", "", "item_scanned", False)),
        ("I", "IP", "", "", ("in_transit", "", "item_scanned", False)),
        ("I", "YI", "", "", ("in_transit", "", "item_scanned", False)),
        ("I", "CA", "", "", ("info", "", "not_physical", False)),
        ("I", "OT", "", "", ("out_for_delivery", "", "item_scanned", False)),
        ("I", "YF", "", "", ("out_for_delivery", "", "item_scanned", False)),
        # the same code under another type
        ("X", "XD", "", "", ("in_transit", "", "item_scanned", False)),
        ("X", "YF", "", "", ("exception", "address_issue", "item_scanned", False)),
        ("X", "YI", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        # delivered, and what only looks like it
        ("D", "FS", "", "", ("delivered", "", "item_scanned", False)),
        ("D", "MQ", "", "", ("delivered", "", "item_scanned", False)),
        ("D", "2Q", "", "", ("available_for_pickup", "", "item_scanned", False)),
        ("D", "AU", "", "", ("info", "held_at_location", "not_physical", True)),
        ("D", "MY", "", "", ("info", "", "not_physical", False)),
        ("D", "KM", "DELIVERED", "", ("delivered", "", "item_scanned", False)),
        ("D", "KM", "Delivered to UPS Access Point", "", ("available_for_pickup", "", "item_scanned", False)),
        ("D", "KM", "Zugestellt", "161", ("available_for_pickup", "", "item_scanned", False)),
        ("D", "KM", "Zugestellt", "011", ("delivered", "", "item_scanned", False)),
        ("D", "KM", "Zugestellt", "", ("unmapped", "", "none", False)),
        # exceptions
        ("X", "48", "", "", ("exception", "failed_attempt", "item_scanned", False)),
        ("X", "53", "", "", ("exception", "refused", "item_scanned", False)),
        ("X", "45", "", "", ("exception", "damaged", "item_scanned", False)),
        ("X", "S9", "", "", ("exception", "lost", "not_physical", False)),
        ("X", "50", "", "", ("exception", "address_issue", "not_physical", False)),
        ("X", "AB", "", "", ("exception", "address_issue", "item_scanned", False)),
        ("X", "1C", "", "", ("exception", "payment_due", "not_physical", False)),
        ("X", "40", "", "", ("exception", "customs_hold", "not_physical", False)),
        ("X", "B3", "", "", ("info", "customs_hold", "not_physical", True)),
        ("X", "6D", "", "", ("delayed", "weather_delay", "not_physical", False)),
        ("X", "1B", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "7", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "07", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "89", "", "", ("exception", "held_at_location", "item_scanned", False)),
        ("X", "3N", "", "", ("returning", "return_to_sender", "item_scanned", False)),
        # a return asked for has not begun; one announced is told, and moves nothing
        ("X", "CS", "", "", ("info", "return_to_sender", "not_physical", True)),
        ("X", "90", "", "", ("exception", "return_to_sender", "not_physical", False)),
        ("", "", "", "118", ("info", "return_to_sender", "not_physical", True)),
        ("X", "RV", "", "", ("exception", "return_to_sender", "not_physical", False)),
        ("X", "4R", "", "", ("exception", "other", "not_physical", False)),
        # no failed attempt where nobody missed the driver, and no question to the receiver that he cannot answer
        ("X", "VL", "", "", ("delayed", "other", "not_physical", True)),
        ("X", "5Z", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "84", "", "", ("exception", "other", "not_physical", False)),
        ("X", "A5", "", "", ("exception", "other", "not_physical", False)),
        ("X", "33", "", "", ("exception", "other", "not_physical", False)),
        ("X", "47", "", "", ("exception", "other", "not_physical", False)),
        ("X", "BS", "", "", ("exception", "other", "not_physical", False)),
        # what only the receiver can settle
        ("X", "95", "", "", ("exception", "address_issue", "not_physical", False)),
        ("X", "OE", "", "", ("exception", "address_issue", "not_physical", False)),
        ("X", "5G", "", "", ("available_for_pickup", "held_at_location", "item_scanned", False)),
        ("X", "5T", "", "", ("exception", "other", "not_physical", False)),
        # no customs where security or a gateway holds it up, and steps of the clearance are routine
        ("X", "7S", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "CP", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "SE", "", "", ("info", "customs_hold", "not_physical", True)),
        # not lost, not damaged, not late before UPS says so
        ("X", "UO", "", "", ("exception", "other", "not_physical", False)),
        ("X", "A4", "", "", ("info", "damaged", "not_physical", True)),
        ("X", "YR", "", "", ("info", "", "not_physical", False)),
        ("X", "Y9", "", "", ("info", "", "not_physical", False)),
        ("X", "P7", "", "", ("info", "", "not_physical", False)),
        ("X", "8A", "", "", ("delayed", "other", "not_physical", False)),
        # requests, notes and paperwork under type X
        ("X", "H6", "", "", ("info", "", "not_physical", False)),
        ("X", "37", "", "", ("info", "", "not_physical", False)),
        ("X", "76", "", "", ("info", "", "not_physical", False)),
        ("X", "57", "", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("X", "7K", "", "", ("info", "", "not_physical", False)),
        ("X", "G4", "", "", ("info", "", "not_physical", False)),
        ("X", "54", "", "", ("info", "held_at_location", "not_physical", True)),
        ("X", "AT", "", "", ("delayed", "other", "not_physical", True)),
        ("X", "HE", "", "", ("info", "damaged", "not_physical", False)),
        # updates of a push
        ("U", "PX", "", "", ("info", "", "not_physical", False)),
        ("U", "UP", "", "", ("info", "", "not_physical", False)),
        # the status code where type and code are not known
        ("I", "Q9", "", "021", ("out_for_delivery", "", "item_scanned", False)),
        ("", "", "", "058", ("exception", "customs_hold", "not_physical", False)),
        ("", "", "Delivered to Agent for Final Delivery", "143", ("in_transit", "", "item_scanned", False)),
        ("", "", "Delivered to Agent", "143", ("delivered", "", "item_scanned", False)),
        # type and code go before the status code
        ("X", "48", "", "013", ("exception", "failed_attempt", "item_scanned", False)),
        # a type alone
        ("D", "", "", "", ("delivered", "", "item_scanned", False)),
        ("X", "", "", "", ("exception", "other", "not_physical", False)),
        ("RS", "", "", "", ("returning", "return_to_sender", "item_scanned", False)),
        ("NA", "", "", "", ("info", "", "none", False)),
        # nothing known
        ("I", "Q9", "", "", ("unmapped", "", "none", False)),
        ("D", "Q9", "", "", ("unmapped", "", "none", False)),
        ("X", "Q9", "", "999", ("unmapped", "", "none", False)),
        ("T", "AR", "", "", ("unmapped", "", "none", False)),
    ],
)
def test_meaning(kind: str, code: str, text: str, status_code: str, expected: tuple[str, str, str, bool]) -> None:
    assert words(meaning(kind, code, text, status_code)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ZY", ("label_created", "", "batch_accepted", False)),
        ("OF", ("in_transit", "", "item_scanned", False)),
        ("YF", ("exception", "address_issue", "item_scanned", False)),
        ("Q7", ("in_transit", "", "item_scanned", False)),
        ("R1", ("info", "", "not_physical", False)),
        ("MV", ("label_created", "", "batch_accepted", False)),
        ("VS", ("label_created", "", "batch_accepted", False)),
        ("ZS", ("first_scan", "", "item_scanned", False)),
        ("P4", ("info", "customs_hold", "not_physical", True)),
        ("PD", ("exception", "customs_hold", "not_physical", False)),
        ("SL", ("exception", "return_to_sender", "not_physical", False)),
        ("RA", ("exception", "held_at_location", "not_physical", False)),
        ("RL", ("exception", "other", "not_physical", False)),
        ("PE", ("available_for_pickup", "held_at_location", "item_scanned", False)),
        ("00", ("delayed", "carrier_delay", "not_physical", False)),
        ("2Q", ("available_for_pickup", "", "item_scanned", False)),
    ],
)
def test_mail_innovations_has_codes_of_its_own(code: str, expected: tuple[str, str, str, bool]) -> None:
    kind = "D" if code == "2Q" else "I"  # a parcel code that Mail Innovations does not use keeps its meaning
    assert words(meaning(kind, code, service="UPS Mail Innovations Domestic")) == expected


@pytest.mark.parametrize(
    ("code", "status_code", "expected"),
    [
        ("", "012", ("delivered", "", "item_scanned", False)),
        ("011", "", ("out_for_delivery", "", "item_scanned", False)),
        ("D5", "", ("exception", "refused", "item_scanned", False)),
        ("54", "", ("exception", "other", "not_physical", False)),
        ("II", "", ("exception", "payment_due", "not_physical", False)),
        ("HG", "", ("exception", "other", "not_physical", False)),
        ("53", "", ("delayed", "other", "not_physical", True)),
        ("94", "", ("delayed", "other", "not_physical", True)),
        ("95", "", ("delayed", "other", "not_physical", False)),
        ("38", "", ("delayed", "carrier_delay", "not_physical", False)),
        ("63", "", ("info", "", "not_physical", False)),
        ("073", "", ("info", "", "not_physical", False)),
        ("21", "", ("info", "held_at_location", "not_physical", True)),
        ("G1", "", ("unmapped", "", "none", False)),
    ],
)
def test_freight_has_codes_of_its_own(code: str, status_code: str, expected: tuple[str, str, str, bool]) -> None:
    assert words(meaning("I", code, "", status_code, "UPS Freight LTL", "123456789")) == expected


def test_a_parcel_rated_like_freight_is_a_parcel() -> None:
    found = meaning("I", "", "", "012", "UPS Ground with Freight Pricing")
    assert found.milestone == "info"


def test_what_moves_was_scanned_and_what_was_not_scanned_does_not_move() -> None:
    rows = [row for row in PRESET.rows if not row.is_pass]
    assert all(row.evidence == "item_scanned" for row in rows if row.milestone in MOVING_MILESTONES)
    assert all(row.evidence != "item_scanned" for row in rows if row.milestone in ("info", "label_created"))
    assert all(row.description for row in rows)


def test_codes_are_listed_in_the_spelling_they_are_looked_up_by() -> None:
    codes = [code for table in PARCEL_TYPES for code in FAMILY_OF[table]]
    assert all(code == code.upper() and len(code) in (1, 2) for code in codes)
    assert not any(one == f"0{other}" for one, other in pairwise(sorted(codes)))
