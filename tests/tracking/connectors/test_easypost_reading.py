"""What EasyPost's messages are read as: events, trackers, lists, bad parts among good ones, and what codes mean."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import LookupKey, Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.easypost import EASYPOST
from tracking.connectors.explain import explain
from tracking.status import presets
from tracking.status.mapping import Mapping

SAMPLES = Path(__file__).parents[2] / "samples" / "easypost"
PRESET = Mapping(presets.load("easypost"))
NUMBER = "9400150899563000000015"


def read(value: object, transport: str = "webhook") -> Reading:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return EASYPOST.read(RawMessage(body, transport=transport))


def sample(name: str, transport: str = "webhook") -> Reading:
    return read((SAMPLES / f"{name}.json").read_bytes(), transport)


def explained(name: str) -> dict[str, Any]:
    return explain(EASYPOST, PRESET, RawMessage((SAMPLES / f"{name}.json").read_bytes())).document


def tracker(**fields: object) -> dict[str, object]:
    return {"tracking_code": NUMBER, "carrier": "USPS", "status": "in_transit", **fields}


def detail(status: str | None, more: str | None, message: str = "", **fields: object) -> dict[str, object]:
    told = {"status": status, "status_detail": more, "message": message, "datetime": "2026-11-18T01:20:31Z"}
    return {**told, **fields}


def test_an_event_holds_a_whole_tracker() -> None:
    reading = sample("tracker_updated")
    assert [(e.raw_code, e.raw_subcode) for e in reading.events][:2] == [
        ("pre_transit", "status_update"),
        ("in_transit", "received_at_origin_facility"),
    ]
    assert {event.carrier for event in reading.events} == {"usps"}
    assert reading.events[2].place == Place("OMAHA", "NE", "68101", "")
    assert reading.events[2].keys == (
        LookupKey("status_detail", "status_update", "in_transit"),
        LookupKey("status", "in_transit"),
    )
    (update,) = reading.shipments
    assert (update.service, update.direction) == ("Ground Advantage", "outbound")
    assert (update.ship_from, update.ship_to) == (Place("RENO", "NV", "89502", "US"), Place("TOLEDO", "OH", "43604"))
    (seen,) = reading.observations
    assert (seen.not_found, seen.signed_by, seen.destination) == (False, "J HOLLIS", Place("TOLEDO", "OH", "43604"))
    assert seen.estimate_at is not None
    assert seen.estimate_at.value == datetime(2026, 11, 20, 20, tzinfo=UTC)
    assert not reading.errors


def test_the_story_of_a_delivery() -> None:
    document = explained("tracker_updated")
    assert [e["milestone"] for e in document["events"]] == [
        "label_created", "first_scan", "in_transit", "delayed", "out_for_delivery", "delivered",
    ]  # fmt: skip
    assert document["events"][3]["reason"] == "weather_delay"
    assert document["events"][0]["evidence"] == "carrier_has_data"
    assert document["shipments"][0]["status"] == "delivered"
    assert document["shipments"][0]["estimate"] == "2026-11-20T20:00:00Z"


def test_a_list_of_trackers_keeps_the_good_parts() -> None:
    reading = sample("poll_trackers", "poll")
    assert [o.tracking_number for o in reading.observations] == ["1Z12345E0291980793", "000000000000", "600000000013"]
    assert [o.not_found for o in reading.observations] == [False, True, False]
    assert [error.where for error in reading.errors] == [
        "trackers[2].tracking_details[1].datetime",
        "trackers[2].tracking_details[2].status",
        "trackers[3].tracking_code",
    ]
    assert reading.complete_for == {"1Z12345E0291980793", "000000000000"}
    assert reading.shipments[0].partner_numbers == (("9400150899563000000038", "usps"),)
    assert [s.direction for s in reading.shipments] == ["outbound", "outbound", "return"]
    assert [s.carrier for s in reading.shipments] == ["ups", "fedex", "fedex"]


def test_statuses_of_a_list() -> None:
    status = {entry["tracking_number"]: entry["status"] for entry in explained("poll_trackers")["shipments"]}
    assert status == {"1Z12345E0291980793": "returned", "000000000000": "created", "600000000013": "in_transit"}


def test_only_a_polled_snapshot_is_complete() -> None:
    assert not sample("poll_trackers", "webhook").complete_for
    assert not sample("tracker_updated").complete_for


def test_a_bare_tracker_and_a_bare_list() -> None:
    one = tracker(tracking_details=[detail("delivered", "status_update")])
    assert len(read(one).events) == 1
    assert len(read([one, {**one, "tracking_code": "9400150899563000000022"}]).events) == 2


def test_a_refunded_label_is_void() -> None:
    (update,) = sample("refund_successful").shipments
    assert (update.tracking_number, update.carrier, update.voided) == ("9400150899563000000022", "usps", True)
    assert explained("refund_successful")["shipments"][0]["status"] == "cancelled"


def test_events_about_other_things_are_ignored_with_a_reason() -> None:
    reading = sample("batch_created")
    assert reading.is_empty
    assert "batch.created" in reading.ignored


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"error": {"code": "TRACKER.NOT_FOUND"}}, "TRACKER.NOT_FOUND"),
        ({"error": "text"}, "without a code"),
        ({}, "no tracking code"),
        (17, "neither an object nor a list"),
        ({"object": "Event", "description": "tracker.updated", "result": {}}, "holds no tracker"),
        ({"object": "Event", "description": "tracker.updated"}, "holds no tracker"),
    ],
)
def test_what_holds_no_tracker_is_unreadable(value: object, words: str) -> None:
    with pytest.raises(UnreadableMessage, match=words):
        read(value)


def test_an_empty_list_is_nothing_to_do() -> None:
    assert read({"trackers": [], "has_more": False}).ignored
    assert read([]).ignored


@pytest.mark.parametrize("status", ["unknown", "error"])
def test_a_number_without_history_is_not_found(status: str) -> None:
    (bare,) = read(tracker(status=status, tracking_details=[])).observations
    (known,) = read(tracker(status=status, tracking_details=[detail("in_transit", "in_transit")])).observations
    assert (bare.not_found, known.not_found) == (True, False)


def test_a_label_without_history_is_not_called_unknown() -> None:
    (seen,) = read(tracker(status="pre_transit", tracking_details=[])).observations
    assert seen.not_found is False


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, None),
        ({"est_delivery_date": "2026-11-21T20:00:00Z"}, datetime(2026, 11, 21, 20, tzinfo=UTC)),
        ({"est_delivery_date": "2026-11-21T00:00:00Z"}, date(2026, 11, 21)),
        (
            {"est_delivery_date": "2026-11-21T00:00:00Z", "carrier_detail": {"est_delivery_date_local": "2026-11-20"}},
            date(2026, 11, 20),
        ),
        ({"carrier_detail": {"est_delivery_date_local": "2026-11-20"}}, date(2026, 11, 20)),
        ({"est_delivery_date": "2026-11-18T01:00:09Z", "created_at": "2026-11-18T01:00:09Z"}, None),
        ({"est_delivery_date": "soon"}, None),
    ],
)
def test_estimate(fields: dict[str, object], value: object) -> None:
    (seen,) = read(tracker(**fields)).observations
    assert (seen.estimate_at and seen.estimate_at.value) == value


@pytest.mark.parametrize(
    ("name", "carrier"),
    [
        ("USPS", "usps"),
        ("FedExDefault", "fedex"),
        ("UPSDAP", "ups"),
        ("DHLExpress", "dhl_express"),
        ("CanadaPost", "canada_post"),
        ("Pigeon", ""),
        ("", ""),
    ],
)
def test_carrier(name: str, carrier: str) -> None:
    assert read(tracker(carrier=name)).shipments[0].carrier == carrier


@pytest.mark.parametrize("number", [NUMBER, "12345", "", "94001 50899563000000015"])
def test_a_second_number_is_taken_only_when_a_carrier_would_give_it(number: str) -> None:
    (update,) = read(tracker(carrier_detail={"alternate_identifier": number})).shipments
    assert update.partner_numbers == ()


@pytest.mark.parametrize(
    ("status", "more", "milestone", "reason", "evidence"),
    [
        # the detail says more than the status
        ("in_transit", "weather_delay", "delayed", "weather_delay", "not_physical"),
        ("in_transit", "delayed", "delayed", "carrier_delay", "not_physical"),
        ("in_transit", "received_at_origin_facility", "first_scan", "", "item_scanned"),
        ("in_transit", "arrived_at_destination", "in_transit", "", "item_scanned"),
        ("in_transit", "missorted", "delayed", "carrier_delay", "item_scanned"),
        ("in_transit", "lost", "exception", "lost", "not_physical"),
        ("failure", "damaged", "exception", "damaged", "item_scanned"),
        ("failure", "refused", "exception", "refused", "item_scanned"),
        ("failure", "delivery_exception", "exception", "failed_attempt", "item_scanned"),
        ("in_transit", "address_correction", "exception", "address_issue", "not_physical"),
        ("in_transit", "transit_exception", "exception", "other", "not_physical"),
        ("unknown", "label_created", "label_created", "", "carrier_has_data"),
        ("unknown", "departed_facility", "in_transit", "", "item_scanned"),
        ("available_for_pickup", "arrived_at_pickup_location", "available_for_pickup", "", "item_scanned"),
        ("available_for_pickup", "held", "available_for_pickup", "held_at_location", "item_scanned"),
        ("in_transit", "held", "delayed", "other", "item_scanned"),
        ("unknown", "expired", "info", "", "not_physical"),
        # details that say nothing leave it to the status
        ("pre_transit", "status_update", "label_created", "", "carrier_has_data"),
        ("in_transit", "status_update", "in_transit", "", "item_scanned"),
        ("delivered", "status_update", "delivered", "", "item_scanned"),
        ("return_to_sender", "unknown", "returning", "return_to_sender", "item_scanned"),
        ("failure", "status_update", "exception", "other", "not_physical"),
        ("cancelled", "status_update", "cancelled", "", "not_physical"),
        ("unknown", "unknown", "info", "", "none"),
        ("error", "status_update", "info", "", "none"),
        ("delivered", "", "delivered", "", "item_scanned"),
        ("out_for_delivery", "a_new_word", "out_for_delivery", "", "item_scanned"),
        # a movement told with a status that says more
        ("delivered", "arrived_at_destination", "delivered", "", "item_scanned"),
        ("delivered", "delayed", "delivered", "", "item_scanned"),
        ("out_for_delivery", "departed_facility", "out_for_delivery", "", "item_scanned"),
        ("return_to_sender", "arrived_at_facility", "returning", "return_to_sender", "item_scanned"),
        ("return_to_sender", "delivered", "returned", "return_to_sender", "item_scanned"),
        ("delivered", "return", "returned", "return_to_sender", "item_scanned"),
        # a label is no movement, whatever the detail
        ("pre_transit", "arrived_at_facility", "label_created", "", "carrier_has_data"),
        ("pre_transit", "received_at_origin_facility", "label_created", "", "carrier_has_data"),
        ("pre_transit", "out_for_delivery", "label_created", "", "carrier_has_data"),
        # nothing known
        ("teleported", "status_update", "unmapped", "", "none"),
        ("teleported", "sideways", "unmapped", "", "none"),
    ],
)
def test_meaning(status: str, more: str, milestone: str, reason: str, evidence: str) -> None:
    (event,) = read(tracker(tracking_details=[detail(status, more)])).events
    meaning = PRESET.resolve("easypost", "usps", event.keys, event.description)
    assert (meaning.milestone, meaning.reason, meaning.evidence) == (milestone, reason, evidence)


def test_customs_are_known_by_text_only_while_held() -> None:
    (event,) = read(tracker(tracking_details=[detail("in_transit", "held", "Held in Customs, more needed")])).events
    meaning = PRESET.resolve("easypost", "usps", event.keys, event.description)
    assert (meaning.milestone, meaning.reason) == ("exception", "customs_hold")


def test_every_documented_pair_has_a_meaning() -> None:
    statuses = [row.code for row in PRESET.rows if row.field == "status"]
    details = {row.code for row in PRESET.rows if row.field == "status_detail"}
    for status in statuses:
        for more in details:
            (event,) = read(tracker(tracking_details=[detail(status, more)])).events
            meaning = PRESET.resolve("easypost", "", event.keys, "")
            assert meaning.milestone != "unmapped"
            if status == "pre_transit":
                assert meaning.evidence != "item_scanned", more
            if status == "delivered":
                assert meaning.milestone in ("delivered", "returned", "exception", "label_created"), more
