"""What FedEx's bytes say: facts, meanings by the shipped preset, several parcels under one number, bad parts."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.fedex import FEDEX
from tracking.status import presets
from tracking.status.contract import Meaning
from tracking.status.mapping import Mapping

SAMPLES = Path(__file__).parents[2] / "samples" / "fedex"
PRESET = Mapping(presets.load("fedex"))


def read(name: str, transport: str = "webhook") -> Reading:
    return FEDEX.read(RawMessage(body=(SAMPLES / f"{name}.json").read_bytes(), transport=transport))


def message(*results: dict[str, Any], number: str = "600000000013", **extra: Any) -> bytes:
    entry = {"trackingNumber": number, "trackResults": list(results)}
    return json.dumps({"output": {"completeTrackResults": [entry]}, **extra}).encode()


def result(*scans: dict[str, Any], company: str = "FDXE", **extra: Any) -> dict[str, Any]:
    return {"trackingNumberInfo": {"carrierCode": company}, "scanEvents": list(scans), **extra}


def scan(event: str, exception: str = "", delay: dict[str, str] | None = None, **extra: Any) -> dict[str, Any]:
    return {
        "date": "2026-11-18T12:00:00-08:00",
        "eventType": event,
        "exceptionCode": exception,
        **({"delayDetail": delay} if delay else {}),
        **extra,
    }


def meaning(one: dict[str, Any], company: str = "FDXE") -> Meaning:
    reading = FEDEX.read(RawMessage(body=message(result(one, company=company))))
    (event,) = reading.events
    return PRESET.resolve("fedex", event.carrier, event.keys, event.description)


def said(meant: Meaning) -> tuple[str, str, str]:
    return meant.milestone, meant.reason, meant.evidence


# --- Facts ------------------------------------------------------------------------------------------------------


def test_events_come_oldest_first_with_time_and_place_as_told() -> None:
    events = read("delivered_webhook").events
    assert [event.raw_code for event in events] == ["OC", "PU", "AR", "OD", "DL"]
    arrival = events[2]
    assert arrival.when.text == "2026-11-16T22:41:00-07:00"
    assert arrival.when.value == datetime(2026, 11, 17, 5, 41, tzinfo=UTC)
    assert arrival.place == Place("DENVER", "CO", "80239", "US")
    assert (arrival.raw_subcode, arrival.description) == ("84", "Arrived at FedEx location - Delay beyond our control")
    assert {event.carrier for event in events} == {"fedex"}


@pytest.mark.parametrize(
    ("text", "precision", "value"),
    [
        ("2026-11-14T00:00:00", "date", date(2026, 11, 14)),
        ("2026-11-14T00:00:00-06:00", "date", date(2026, 11, 14)),
        ("2026-11-14T00:00:00.000Z", "date", date(2026, 11, 14)),
        ("2026-11-14T00:00", "date", date(2026, 11, 14)),
        ("2026-11-14", "date", date(2026, 11, 14)),
        ("2026-11-14T00:00:01-06:00", "instant", datetime(2026, 11, 14, 6, 0, 1, tzinfo=UTC)),
        ("2026-11-14T10:00:00", "local", datetime(2026, 11, 14, 10)),
    ],
)
def test_midnight_is_a_day_whatever_the_offset(text: str, precision: str, value: object) -> None:
    (event,) = FEDEX.read(RawMessage(body=message(result(scan("PU", date=text))))).events
    assert (event.when.text, event.when.precision, event.when.value) == (text, precision, value)


def test_facts_of_the_parcel() -> None:
    reading = read("delivered_webhook")
    (shipment,) = reading.shipments
    assert shipment.service == "FedEx Home Delivery"
    assert shipment.unique_id == "2461000000~600000000013~FX"
    assert shipment.master_number == "600000000002"
    assert shipment.ship_date == date(2026, 11, 14)
    assert shipment.label_created_at is not None
    assert shipment.label_created_at.value == datetime(2026, 11, 14, 15, 36, tzinfo=UTC)
    assert shipment.ship_from == Place("COLUMBUS", "OH", "", "US")
    assert shipment.ship_to == Place("PORTLAND", "OR", "", "US")
    assert (shipment.voided, shipment.direction, shipment.order_number) == (False, "outbound", "")
    (seen,) = reading.observations
    assert (seen.not_found, seen.signed_by, seen.delivered_to, seen.attempts) == (False, "J.ORTIZ", "Front Desk", 1)
    assert seen.delivered_place == Place("PORTLAND", "OR", "", "US")
    assert seen.estimate_at is not None
    assert seen.estimate_at.value == date(2026, 11, 18)
    assert (seen.estimate_until, seen.delay_flag, seen.in_possession) == (None, "", True)
    assert (reading.errors, reading.complete_for) == ((), frozenset())


def test_a_window_is_an_estimate_with_two_ends_and_the_late_flag_may_stand_alone() -> None:
    seen = next(one for one in read("poll_mixed").observations if one.tracking_number == "600000000024")
    assert seen.estimate_at is not None
    assert seen.estimate_until is not None
    assert seen.estimate_at.value == datetime(2026, 11, 21, 13, tzinfo=UTC)
    assert seen.estimate_until.value == datetime(2026, 11, 21, 17, tzinfo=UTC)
    assert seen.delay_flag == "DELAYED"


@pytest.mark.parametrize(
    ("detail", "flag"),
    [
        ({"type": "WEATHER", "subType": "SNOW", "status": "DELAYED"}, "WEATHER"),
        ({"status": "DELAYED"}, "DELAYED"),
        ({"status": "ON_TIME"}, ""),
        ({"type": "GENERAL", "status": "EARLY"}, ""),
        ({"type": "CLEARANCE"}, "CLEARANCE"),
        ({}, ""),
        (None, ""),
    ],
)
def test_delay_flag(detail: dict[str, str] | None, flag: str) -> None:
    body = message(result(latestStatusDetail={"code": "IT", "delayDetail": detail}))
    assert FEDEX.read(RawMessage(body=body)).observations[0].delay_flag == flag


@pytest.mark.parametrize(
    ("details", "held"),
    [
        ({"possessionStatus": True}, True),
        ({"possessionStatus": False}, False),
        ({"beforePossessionStatus": True}, False),
        ({"beforePossessionStatus": False}, True),
        ({}, None),
    ],
)
def test_possession_under_both_names(details: dict[str, bool], held: bool | None) -> None:
    body = message(result(shipmentDetails=details))
    assert FEDEX.read(RawMessage(body=body)).observations[0].in_possession is held


def test_other_numbers_of_the_parcel_under_value_and_values() -> None:
    shipment = next(one for one in read("poll_mixed").shipments if one.tracking_number == "600000000057")
    assert shipment.partner_numbers == (("9200100000000000000006", ""),)
    assert shipment.return_number == "600000000091"
    identifiers = [
        {"type": "PARTNER_CARRIER_NUMBER", "values": ["9405511899223197428490", "9405511899223197428490"]},
        {"type": "REROUTE_TRACKING_NUMBER", "value": "600000000204"},
        {"type": "STANDARD_MPS", "values": ["600000000013"]},
    ]
    body = message(result(additionalTrackingInfo={"packageIdentifiers": identifiers}))
    (own,) = FEDEX.read(RawMessage(body=body)).shipments
    assert own.partner_numbers == (("9405511899223197428490", "usps"), ("600000000204", "fedex"))
    assert own.master_number == "", "a parcel is not its own master"


def test_not_found_inside_a_good_answer_is_a_fact() -> None:
    reading = read("poll_mixed")
    (missing,) = [one for one in reading.observations if one.not_found]
    assert missing.tracking_number == "600000000035"
    assert not [error for error in reading.errors if "NOTFOUND" in error.message]


def test_another_error_of_one_number_is_told() -> None:
    body = message({"error": {"code": "TRACKING.DATA.NOTUNIQUE"}})
    (error,) = FEDEX.read(RawMessage(body=body)).errors
    assert "TRACKING.DATA.NOTUNIQUE" in error.message


def test_a_number_both_found_and_not_found_is_found() -> None:
    gone = {"error": {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND"}}
    (seen,) = FEDEX.read(RawMessage(body=message(gone, result(scan("PU"))))).observations
    assert seen.not_found is False


def test_a_label_without_scans_says_so() -> None:
    (event,) = [one for one in read("poll_mixed").events if one.tracking_number == "600000000046"]
    meant = PRESET.resolve("fedex", "fedex", event.keys, event.description)
    assert said(meant) == ("label_created", "", "carrier_has_data")
    assert event.when.value == datetime(2026, 11, 19, 20, 2, tzinfo=UTC)


def test_a_short_answer_without_scans_still_delivers() -> None:
    one = result(
        latestStatusDetail={"code": "DL", "description": "Delivered"},
        dateAndTimes=[{"type": "ACTUAL_DELIVERY", "dateTime": "2026-11-18T12:04:31-08:00"}],
    )
    (event,) = FEDEX.read(RawMessage(body=message(one))).events
    assert PRESET.resolve("fedex", "fedex", event.keys, "").milestone == "delivered"


def test_a_cancelled_parcel_is_void_and_a_return_label_is_a_return() -> None:
    (void,) = FEDEX.read(RawMessage(body=message(result(latestStatusDetail={"code": "CA"})))).shipments
    (back,) = FEDEX.read(RawMessage(body=message(result(scan("RP"))))).shipments
    assert (void.voided, void.direction) == (True, "outbound")
    assert (back.voided, back.direction) == (False, "return")


def test_only_a_poll_answer_carries_the_whole_history() -> None:
    assert "600000000024" in read("poll_mixed", "poll").complete_for
    assert read("poll_mixed", "webhook").complete_for == frozenset()
    assert "600000000035" not in read("poll_mixed", "poll").complete_for


def test_texts_are_bounded() -> None:
    long = "x" * 5000
    one = scan(long, long, eventDescription=long, scanLocation={"city": long, "countryCode": "USA"})
    (event,) = FEDEX.read(RawMessage(body=message(result(one)))).events
    assert len(event.raw_code) == len(event.raw_subcode) == 40
    assert len(event.description) <= 300
    assert (len(event.place.city), event.place.country) == (120, "")


# --- Several parcels under one number ---------------------------------------------------------------------------


def test_the_newest_parcel_owns_a_reused_number_and_the_other_is_named() -> None:
    reading = read("two_parcels_one_number")
    (shipment,) = reading.shipments
    assert shipment.unique_id == "2461000000~600000000079~FX"
    assert [event.raw_code for event in reading.events] == ["IT"]
    (error,) = reading.errors
    assert "2460100000~600000000079~FX" in error.message


def test_the_order_of_results_does_not_matter() -> None:
    body = json.loads((SAMPLES / "two_parcels_one_number.json").read_bytes())
    body["output"]["completeTrackResults"][0]["trackResults"].reverse()
    turned = FEDEX.read(RawMessage(body=json.dumps(body).encode()))
    assert turned.shipments == read("two_parcels_one_number").shipments
    assert turned.events == read("two_parcels_one_number").events


def test_the_ship_date_we_asked_for_chooses_between_parcels() -> None:
    body = json.loads((SAMPLES / "two_parcels_one_number.json").read_bytes())
    body["asked"] = {"shipDate": "2025-02-02"}
    (shipment,) = FEDEX.read(RawMessage(body=json.dumps(body).encode())).shipments
    assert shipment.unique_id == "2460100000~600000000079~FX"


def test_a_relabelled_parcel_keeps_its_earlier_scans() -> None:
    reading = read("relabelled")
    assert [shipment.unique_id for shipment in reading.shipments] == ["2461001000~600000000080~FX"]
    assert sorted(event.raw_code for event in reading.events) == ["DP", "PU", "SE"]
    assert reading.errors == ()


@pytest.mark.parametrize("change", ["delivered", "elsewhere", "long_before"])
def test_what_only_looks_relabelled_is_left_out(change: str) -> None:
    body = json.loads((SAMPLES / "relabelled.json").read_bytes())
    older = body["output"]["completeTrackResults"][0]["trackResults"][0]
    if change == "delivered":
        older["latestStatusDetail"]["code"] = "DL"
    elif change == "elsewhere":
        older["recipientInformation"]["address"]["city"] = "RENO"
    else:
        older["dateAndTimes"][0]["dateTime"] = "2026-11-10T00:00:00-06:00"
    reading = FEDEX.read(RawMessage(body=json.dumps(body).encode()))
    assert [event.raw_code for event in reading.events] == ["DP"]
    assert len(reading.errors) == 1


# --- Meanings ---------------------------------------------------------------------------------------------------

DELAYED, SNOW = {"status": "DELAYED"}, {"type": "WEATHER", "subType": "SNOW", "status": "DELAYED"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (scan("OC"), ("label_created", "", "carrier_has_data")),
        (scan("OC", delay=SNOW), ("label_created", "", "carrier_has_data")),
        (scan("OX"), ("label_created", "", "carrier_has_data")),
        (scan("AP"), ("label_created", "", "pickup_registered")),
        (scan("PD"), ("delayed", "carrier_delay", "not_physical")),
        (scan("PU"), ("first_scan", "", "item_scanned")),
        (scan("PU", "A38"), ("label_created", "", "carrier_has_data")),
        (scan("PU", "A25"), ("first_scan", "", "item_scanned")),
        (scan("PU", "A25", SNOW), ("delayed", "weather_delay", "item_scanned")),
        (scan("CP", "A25"), ("info", "customs_hold", "not_physical")),
        (scan("Ow"), ("in_transit", "", "item_scanned")),
        (scan("AF", "A3"), ("in_transit", "", "item_scanned")),
        (scan("AR", delay=SNOW), ("delayed", "weather_delay", "item_scanned")),
        (scan("AR", delay=DELAYED), ("delayed", "carrier_delay", "item_scanned")),
        (scan("AR", delay={"status": "ON_TIME"}), ("in_transit", "", "item_scanned")),
        (scan("DY"), ("delayed", "carrier_delay", "not_physical")),
        (scan("DY", "A52"), ("delayed", "carrier_delay", "not_physical")),
        (scan("DY", "A52", SNOW), ("delayed", "weather_delay", "not_physical")),
        (scan("DY", delay={"type": "CLEARANCE", "status": "DELAYED"}), ("exception", "customs_hold", "not_physical")),
        (scan("SE", "84", SNOW), ("delayed", "weather_delay", "not_physical")),
        (scan("SE", "84"), ("delayed", "carrier_delay", "not_physical")),
        (scan("SE", "43"), ("delayed", "weather_delay", "not_physical")),
        (scan("SE", "099"), ("exception", "other", "not_physical")),
        (scan("SE", "36"), ("exception", "lost", "item_scanned")),
        (scan("SE", "10", DELAYED), ("exception", "damaged", "item_scanned")),
        (scan("DE", "08"), ("exception", "failed_attempt", "item_scanned")),
        (scan("DE", "07", SNOW), ("exception", "refused", "item_scanned")),
        (scan("DE", "03"), ("exception", "address_issue", "item_scanned")),
        (scan("DE", "NEW1"), ("exception", "failed_attempt", "item_scanned")),
        (scan("OD", derivedStatusCode="IT"), ("out_for_delivery", "", "item_scanned")),
        (scan("OD", "84", SNOW), ("out_for_delivery", "", "item_scanned")),
        (scan("HP", derivedStatusCode="IT"), ("available_for_pickup", "", "item_scanned")),
        (scan("HP", "015A"), ("available_for_pickup", "held_at_location", "item_scanned")),
        (scan("DL", delay=SNOW), ("delivered", "", "item_scanned")),
        (scan("DL", "84"), ("delivered", "", "item_scanned")),
        (scan("DL", "09"), ("delivered", "damaged", "item_scanned")),
        (scan("RS"), ("returning", "return_to_sender", "item_scanned")),
        (scan("RT"), ("info", "return_to_sender", "not_physical")),
        (scan("CA"), ("cancelled", "", "not_physical")),
        (scan("IN"), ("info", "", "not_physical")),
        (scan("", derivedStatusCode="IN"), ("label_created", "", "carrier_has_data")),
        (scan("", derivedStatusCode="IT"), ("in_transit", "", "item_scanned")),
        (scan("QX", derivedStatusCode="IT"), ("unmapped", "", "none")),
        (scan("QX"), ("unmapped", "", "none")),
        (scan(""), ("unmapped", "", "none")),
        (scan("EA"), ("in_transit", "", "item_scanned")),
        (scan("EA", eventDescription="US export approved"), ("info", "", "not_physical")),
    ],
)
def test_what_scans_mean(one: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert said(meaning(one)) == expected


@pytest.mark.parametrize("code", ["US", "AO", "AE", "HA", "RR", "RM", "RC", "RA", "AS", "PR", "IN", "SP"])
def test_notes_move_nothing(code: str) -> None:
    assert meaning(scan(code)).milestone == "info"


@pytest.mark.parametrize(
    ("company", "code", "reason"),
    [
        ("FDXE", "07", "refused"),
        ("FDXG", "007", "failed_attempt"),
        ("FDXG", "07", "failed_attempt"),  # not Express's meaning; the event alone says that delivery failed
        ("FDXG", "06", "refused"),
        ("FDXE", "06", "address_issue"),
        ("FDXG", "02", "address_issue"),
        ("FDXG", "04", "failed_attempt"),
        ("FDXG", "010", "damaged"),
        ("", "07", "refused"),
    ],
)
def test_the_same_number_means_different_things_to_the_companies(company: str, code: str, reason: str) -> None:
    assert meaning(scan("DE", code), company).reason == reason


def test_left_with_a_neighbour_is_express_only() -> None:
    assert meaning(scan("DE", "04"), "FDXE").milestone == "delivered"
    assert meaning(scan("DE", "04"), "FDXG").milestone == "exception"


def preset_scans() -> Iterator[tuple[str, str]]:
    for row in presets.load("fedex"):
        if row.field == "eventType" and row.code != "*":
            yield row.code, row.subcode if row.subcode != "*" else ""


@pytest.mark.parametrize(("event", "exception"), sorted(set(preset_scans())))
def test_every_event_of_the_preset_has_a_meaning(event: str, exception: str) -> None:
    assert meaning(scan(event, exception)).milestone != "unmapped"


# --- Bad parts --------------------------------------------------------------------------------------------------


def test_bad_parts_are_named_and_hide_nothing() -> None:
    reading = read("poll_mixed")
    where = [error.where.removeprefix("output.completeTrackResults") for error in reading.errors]
    assert where == [
        "[3].trackResults[0].scanEvents[3]",
        "[3].trackResults[0].scanEvents[1].date",
        "[3].trackResults[0].scanEvents[0].date",
        "[4].trackResults",
        "[5]",
    ]
    assert [event.raw_code for event in reading.events] == ["DE", "IN", "QX"]
    assert len(reading.observations) == 4


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"[]", "not an object"),
        (b"[1]", "not an object"),
        (b"{}", "no FedEx tracking result"),
        (b'{"output": {"completeTrackResults": []}}', "no FedEx tracking result"),
        (b'{"output": null, "errors": null}', "no FedEx tracking result"),
        ((SAMPLES / "error_answer.json").read_bytes(), "TRACKING.TRACKINGNUMBER.EMPTY"),
    ],
)
def test_a_message_without_results_is_refused_with_a_sentence(body: bytes, word: str) -> None:
    with pytest.raises(UnreadableMessage, match=word):
        FEDEX.read(RawMessage(body=body))


def test_a_result_without_any_number_is_named() -> None:
    body = json.dumps({"output": {"completeTrackResults": [{"trackResults": [{}]}]}}).encode()
    reading = FEDEX.read(RawMessage(body=body))
    assert reading.is_empty
    assert "no tracking number" in reading.errors[0].message
