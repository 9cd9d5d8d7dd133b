"""What UPS's messages are read as: answers of Track, pushed events, and bad parts among good ones."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import LookupKey, Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.explain import explain
from tracking.connectors.parsing import Node
from tracking.connectors.ups import UPS
from tracking.connectors.ups.times import read_event_time
from tracking.status import presets
from tracking.status.identity import event_identity
from tracking.status.mapping import Mapping

SAMPLES = Path(__file__).parents[2] / "samples" / "ups"
PRESET = Mapping(presets.load("ups"))
NUMBER = "1Z12345E0291980793"


def read(value: object, transport: str = "poll") -> Reading:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return UPS.read(RawMessage(body, transport=transport))


def sample(name: str, transport: str = "poll") -> Reading:
    return read((SAMPLES / f"{name}.json").read_bytes(), transport)


def explained(name: str) -> dict[str, Any]:
    return explain(UPS, PRESET, RawMessage((SAMPLES / f"{name}.json").read_bytes())).document


def answer(**package: object) -> dict[str, object]:
    return {"trackResponse": {"shipment": [{"inquiryNumber": NUMBER, "package": [package]}]}}


def alert(**fields: object) -> dict[str, object]:
    status = {"type": "I", "code": "AR", "description": "Arrived"}
    told = {"trackingNumber": NUMBER, "localActivityDate": "20261119", "localActivityTime": "120000"}
    return {**told, "activityStatus": status, **fields}


def test_an_answer_is_read_oldest_first() -> None:
    reading = sample("track_delivered")
    assert [(e.raw_code, e.raw_subcode) for e in reading.events] == [
        ("MP", "M"), ("OR", "I"), ("AR", "I"), ("48", "X"), ("OT", "I"), ("FS", "D"),
    ]  # fmt: skip
    assert reading.complete_for == {NUMBER}
    assert not sample("track_delivered", "webhook").complete_for
    assert not reading.errors


def test_facts_of_the_parcel() -> None:
    reading = sample("track_delivered")
    (update,) = reading.shipments
    assert (update.service, update.voided) == ("UPS Ground", False)
    assert update.partner_numbers == (("9400150899563000000038", "usps"),)
    assert update.label_created_at is not None
    assert update.label_created_at.value == datetime(2026, 11, 16, 19, tzinfo=UTC)
    assert (update.ship_from, update.ship_to) == (
        Place("RENO", "NV", "89502", "US"),
        Place("TOLEDO", "OH", "43604", "US"),
    )
    (seen,) = reading.observations
    assert (seen.not_found, seen.signed_by, seen.delivered_to) == (False, "HOLLIS", "Front Desk")
    assert seen.estimate_at is not None
    assert (seen.estimate_at.precision, seen.estimate_at.value) == ("date", date(2026, 11, 20))


def test_the_story_of_a_delivery() -> None:
    document = explained("track_delivered")
    assert [(e["milestone"], e["reason"], e["evidence"]) for e in document["events"]] == [
        ("label_created", None, "carrier_has_data"),
        ("first_scan", None, "item_scanned"),
        ("in_transit", None, "item_scanned"),
        ("exception", "failed_attempt", "item_scanned"),
        ("out_for_delivery", None, "item_scanned"),
        ("delivered", None, "item_scanned"),
    ]
    assert document["events"][1]["occurred_at"] == "2026-11-17T18:00:00"
    assert document["events"][2]["occurred_at"] == "2026-11-19T07:47:00Z"
    assert document["shipments"][0]["status"] == "delivered"
    assert document["shipments"][0]["label_created_at"] == "2026-11-16T19:00:00Z"


def test_a_mixed_answer_keeps_the_good_parts() -> None:
    reading = sample("track_mixed")
    assert [(e.raw_code, e.when.precision) for e in reading.events] == [("Q9", "date"), ("2Q", "instant")]
    assert {o.tracking_number: o.not_found for o in reading.observations} == {
        "1Z12345E6605272234": False,
        "1Z12345E1512345676": True,
    }
    assert [error.where for error in reading.errors] == [
        "trackResponse.shipment[0].package[0].activity[2].date",
        "trackResponse.shipment[0].package[0].activity[3].status",
        "trackResponse.shipment[0].package[1].activity",
        "trackResponse.shipment[2].package",
    ]
    assert not reading.complete_for & {"1Z12345E6605272234"}
    seen = reading.observations[0]
    assert seen.return_by == date(2026, 11, 30)
    assert seen.estimate_at is not None
    assert seen.estimate_until is not None
    assert seen.estimate_at.value == datetime(2026, 11, 23, 10, 15)
    assert seen.estimate_until.value == datetime(2026, 11, 23, 14, 15)


def test_an_access_point_is_not_the_customer() -> None:
    status = {entry["tracking_number"]: entry["status"] for entry in explained("track_mixed")["shipments"]}
    assert status["1Z12345E6605272234"] == "available_for_pickup"


def test_not_found_needs_the_number_that_was_asked() -> None:
    (seen,) = sample("asked_not_found").observations
    assert (seen.tracking_number, seen.not_found) == ("1Z12345E0390515214", True)
    with pytest.raises(UnreadableMessage, match="250002"):
        sample("error_answer")
    with pytest.raises(UnreadableMessage, match="TW0001"):
        read({"response": {"errors": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}})


def test_a_pushed_event() -> None:
    reading = sample("alert", "webhook")
    (event,) = reading.events
    assert (event.raw_code, event.raw_subcode, event.description) == ("FS", "D", "DELIVERED")
    assert event.when.value == datetime(2026, 11, 20, 19, 38, tzinfo=UTC)
    assert event.place == Place("TOLEDO", "OH", "43604", "US")
    assert event.signed_by == "HOLLIS"
    assert explained("alert")["shipments"][0]["status"] == "delivered"


def test_push_and_poll_tell_one_event() -> None:
    pushed, polled = sample("alert", "webhook").events[0], sample("track_delivered").events[-1]
    assert event_identity(1, pushed.when.text, pushed.keys, "") == event_identity(1, polled.when.text, polled.keys, "")


def test_a_changed_date_is_an_estimate_and_no_movement() -> None:
    document = explained("alert_date_updated")
    assert document["events"][0]["milestone"] == "info"
    assert document["events"][0]["occurred_at"] == "2026-11-19T12:00:00Z"
    assert document["shipments"][0]["estimate"] == "2026-11-24T10:15:00"
    assert document["shipments"][0]["status"] == "created"
    (update,) = sample("alert_date_updated", "webhook").shipments
    assert update.partner_numbers == (("9400150899563000000038", "usps"),)


def test_a_list_of_pushed_events() -> None:
    reading = read([alert(), alert(localActivityDate=""), {"activityStatus": {}}, alert(activityStatus={})], "webhook")
    assert len(reading.events) == 1
    assert [error.where for error in reading.errors] == [
        "[1].localActivityDate",
        "[2].trackingNumber",
        "[3].activityStatus",
    ]


@pytest.mark.parametrize(
    "value", [17, {}, {"trackResponse": {}}, {"trackResponse": {"shipment": []}}, {"response": {}}, "text"]
)
def test_what_names_no_parcel_is_unreadable(value: object) -> None:
    with pytest.raises(UnreadableMessage):
        read(value)


def test_an_empty_list_is_nothing_to_do() -> None:
    assert read([]).ignored


def test_a_voided_label() -> None:
    told = {"date": "20261119", "time": "120000", "status": {"type": "MV", "code": "VP", "description": "Voided"}}
    reading = read(answer(trackingNumber=NUMBER, currentStatus={"type": "MV", "code": "VP"}, activity=[told]))
    assert reading.shipments[0].voided
    document = explain(UPS, PRESET, RawMessage(json.dumps(answer(activity=[told])).encode())).document
    assert document["shipments"][0]["status"] == "cancelled"


LOCAL, GMT = ("date", "time"), ("gmtDate", "gmtTime")


@pytest.mark.parametrize(
    ("fields", "precision", "value", "text"),
    [
        (
            {"date": "20261119", "time": "024700", "gmtDate": "20261119", "gmtTime": "74700", "gmtOffset": "-05:00"},
            "instant",
            datetime(2026, 11, 19, 7, 47, tzinfo=UTC),
            "20261119 024700",
        ),
        (
            {"date": "20261119", "time": "024700", "gmtOffset": "-05.00"},
            "instant",
            datetime(2026, 11, 19, 7, 47, tzinfo=UTC),
            "20261119 024700",
        ),
        (
            {"date": "20261119", "time": "024700", "gmtOffset": "+05:30"},
            "instant",
            datetime(2026, 11, 18, 21, 17, tzinfo=UTC),
            "20261119 024700",
        ),
        ({"date": "20261119", "time": "024700"}, "local", datetime(2026, 11, 19, 2, 47), "20261119 024700"),
        ({"date": "2026-11-19", "time": "02:47:00"}, "local", datetime(2026, 11, 19, 2, 47), "20261119 024700"),
        ({"date": "20261119", "time": "2:47"}, "local", datetime(2026, 11, 19, 2, 47), "20261119 024700"),
        ({"date": "20261119", "time": ""}, "date", date(2026, 11, 19), "20261119"),
        ({"date": "20261119", "gmtOffset": "-05:00"}, "date", date(2026, 11, 19), "20261119"),
        (
            {"gmtDate": "20261119", "gmtTime": "074700"},
            "instant",
            datetime(2026, 11, 19, 7, 47, tzinfo=UTC),
            "20261119 074700",
        ),
        (
            {"date": "20261119", "time": "024700", "gmtDate": "20261119"},
            "local",
            datetime(2026, 11, 19, 2, 47),
            "20261119 024700",
        ),
        (
            {"date": "20261119", "time": "024700", "gmtOffset": "-25:00"},
            "local",
            datetime(2026, 11, 19, 2, 47),
            "20261119 024700",
        ),
    ],
)
def test_time_of_an_event(fields: dict[str, str], precision: str, value: object, text: str) -> None:
    when = read_event_time(Node(fields, []), LOCAL, GMT)
    assert when is not None
    assert (when.precision, when.value, when.text) == (precision, value, text)


@pytest.mark.parametrize("fields", [{"date": "20261340"}, {"date": "soon"}, {"date": "20261119", "time": "996000"}])
def test_a_time_that_cannot_be_read_is_noted(fields: dict[str, str]) -> None:
    node = Node(fields, [])
    assert read_event_time(node, LOCAL, GMT) is None
    assert node.errors


@pytest.mark.parametrize(
    ("days", "clock", "start", "end"),
    [
        ([], {}, None, None),
        ([("SDD", "20261119")], {}, date(2026, 11, 19), None),
        ([("RDD", "20261121"), ("SDD", "20261119")], {}, date(2026, 11, 21), None),
        ([("DEL", "20261119")], {}, None, None),
        ([("SDD", "20261119")], {"type": "EOD", "endTime": "210000"}, date(2026, 11, 19), None),
        ([("SDD", "20261119")], {"type": "CMT", "endTime": "103000"}, datetime(2026, 11, 19, 10, 30), None),
        (
            [("SDD", "20261119")],
            {"type": "EDW", "startTime": "91500", "endTime": "131500"},
            datetime(2026, 11, 19, 9, 15),
            datetime(2026, 11, 19, 13, 15),
        ),
        ([("SDD", "20261119")], {"type": "EDW", "startTime": "noon"}, date(2026, 11, 19), None),
        ([("SDD", "soon")], {}, None, None),
    ],
)
def test_estimate(days: list[tuple[str, str]], clock: dict[str, str], start: object, end: object) -> None:
    package = {"deliveryDate": [{"type": kind, "date": day} for kind, day in days], "deliveryTime": clock}
    (seen,) = read(answer(**package)).observations
    assert (seen.estimate_at and seen.estimate_at.value, seen.estimate_until and seen.estimate_until.value) == (
        start,
        end,
    )


def test_the_status_code_is_a_key_only_where_type_and_code_say_too_little() -> None:
    told = [
        {"date": "20261119", "time": "120000", "status": {"type": kind, "code": code, "statusCode": "005"}}
        for kind, code in (("I", "AR"), ("I", "Q9"))
    ]
    unknown, known = read(answer(activity=told)).events
    assert known.keys == (LookupKey("status", "I", "AR"), LookupKey("family", "reached_a_building"))
    assert unknown.keys == (
        LookupKey("status", "I", "Q9"),
        LookupKey("statusCode", "005"),
        LookupKey("family", "moving"),
    )
