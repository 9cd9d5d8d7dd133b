"""What USPS messages are read as: polled lists, bare objects, pushes, and bad parts among good ones."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tracking.connectors.contract import Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.parsing import Node
from tracking.connectors.usps import USPS
from tracking.connectors.usps.estimates import estimate
from tracking.connectors.usps.times import event_time, read_offset
from tracking.status import presets
from tracking.status.mapping import Mapping

SAMPLES = Path(__file__).parents[2] / "samples" / "usps"
NUMBER = "9400150899563000000015"


def read(value: object, transport: str = "poll") -> Reading:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return USPS.read(RawMessage(body, transport=transport))


def parcel(**event: object) -> dict[str, object]:
    told = {"eventCode": "03", "eventType": "Acceptance", "GMTTimestamp": "2026-11-18T01:20:31Z", **event}
    return {"trackingNumber": NUMBER, "trackingEvents": [told]}


@pytest.fixture(scope="module")
def mixed() -> Reading:
    return read((SAMPLES / "poll_mixed.json").read_bytes())


def test_mixed_answer_keeps_the_good_parts(mixed: Reading) -> None:
    assert [e.raw_code for e in mixed.events] == ["01", "OF", "7", "TL", "T1", "03", "GX", "56", "01"]
    assert {o.tracking_number[-4:]: o.not_found for o in mixed.observations} == {
        "0015": False,
        "0022": True,
        "0039": False,
        "0053": False,
    }
    assert [error.where for error in mixed.errors] == [
        "[3].error",
        "[4].trackingEvents[1].eventTimestamp",
        "[4].trackingEvents[2]",
    ]


def test_only_a_whole_history_is_complete(mixed: Reading) -> None:
    assert {number[-4:] for number in mixed.complete_for} == {"0015", "0039"}
    assert not read((SAMPLES / "poll_mixed.json").read_bytes(), "webhook").complete_for


def test_facts_of_the_parcel(mixed: Reading) -> None:
    first, _, third, _ = mixed.observations
    assert (first.signed_by, first.delivered_to) == ("J HOLLIS", "Front Door/Porch")
    assert first.estimate_at is not None
    assert (first.estimate_at.precision, first.estimate_at.value) == ("local", datetime(2026, 11, 19, 21))
    assert third.return_by == date(2026, 12, 2)
    assert third.estimate_at is not None
    assert (third.estimate_at.precision, third.estimate_at.value) == ("date", date(2026, 11, 21))
    update = mixed.shipments[0]
    assert (update.service, update.ship_from, update.ship_to) == (
        "USPS Ground Advantage",
        Place("RENO", "NV", "89502", "US"),
        Place("TOLEDO", "OH", "43604", "US"),
    )


def test_bare_object_is_one_parcel() -> None:
    reading = read((SAMPLES / "single_not_found.json").read_bytes())
    assert [o.not_found for o in reading.observations] == [True]
    assert not reading.errors


def test_refused_request_is_unreadable_and_says_why() -> None:
    with pytest.raises(UnreadableMessage, match="does not fit the specification"):
        read((SAMPLES / "refused_request.json").read_bytes())


def test_push_is_decoded_twice() -> None:
    reading = read((SAMPLES / "webhook.json").read_bytes(), "webhook")
    (event,) = reading.events
    assert (event.tracking_number, event.raw_code) == ("9400150899563000000077", "A1")
    (seen,) = reading.observations
    assert seen.estimate_at is not None
    assert seen.estimate_until is not None
    assert seen.estimate_at.value < seen.estimate_until.value


@pytest.mark.parametrize("payload", ["", "nonsense", "[", "17", "null"])
def test_push_without_content_is_unreadable(payload: str) -> None:
    with pytest.raises(UnreadableMessage):
        read({"subscriptionId": "1", "timestamp": "2026-11-21T09:13:02Z", "payload": payload})


@pytest.mark.parametrize("body", [b"", b"17", b"{}", b'"text"', b'{"trackingNumber": ""}', b"\xff", b"null"])
def test_what_names_no_parcel_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        read(body)


def test_empty_list_is_nothing_to_do() -> None:
    reading = read([])
    assert reading.is_empty
    assert reading.ignored


@pytest.mark.parametrize(
    ("sent", "key"), [("3", "03"), ("03", "03"), ("1", "01"), ("gx", "GX"), ("OF", "OF"), (7, "07"), ("71", "71")]
)
def test_codes_get_their_leading_zero_back(sent: object, key: str) -> None:
    (event,) = read([parcel(eventCode=sent)]).events
    assert event.keys[0].code == key
    assert event.raw_code == str(sent)


def test_events_without_code_are_told_apart_by_their_words() -> None:
    one, other = (read([parcel(eventCode=None, eventType=t)]).events[0].keys for t in ("Departed", "Arrived at Hub"))
    assert one != other


@pytest.mark.parametrize(
    ("event", "precision", "value"),
    [
        # UTC is believed first, whatever else is told
        (
            {"GMTTimestamp": "2026-11-19T19:11:12Z", "eventTimestamp": "2026-11-19T14:11:00Z", "GMTOffset": "-05:00"},
            "instant",
            datetime(2026, 11, 19, 19, 11, 12, tzinfo=UTC),
        ),
        ({"GMTTimestamp": "2026-11-19T19:11:12"}, "instant", datetime(2026, 11, 19, 19, 11, 12, tzinfo=UTC)),
        # no UTC: the local time with its offset, in both forms, false Z or not
        (
            {"eventTimestamp": "2026-11-19T14:11:00Z", "GMTOffset": "-05:00"},
            "instant",
            datetime(2026, 11, 19, 19, 11, tzinfo=UTC),
        ),
        (
            {"eventTimestamp": "2026-11-19T14:11:00", "GMTOffset": "-420"},
            "instant",
            datetime(2026, 11, 19, 21, 11, tzinfo=UTC),
        ),
        (
            {"eventTimestamp": "2026-11-19T14:11:00", "GMTOffset": -420},
            "instant",
            datetime(2026, 11, 19, 21, 11, tzinfo=UTC),
        ),
        # neither: local, and the Z is not believed
        ({"eventTimestamp": "2026-11-19T14:11:00Z"}, "local", datetime(2026, 11, 19, 14, 11)),
        ({"eventTimestamp": "2026-11-19T14:11:00", "GMTOffset": "?"}, "local", datetime(2026, 11, 19, 14, 11)),
        ({"eventTimestamp": "2026-11-19"}, "date", date(2026, 11, 19)),
        # a real offset is believed
        ({"eventTimestamp": "2026-11-19T14:11:00-06:00"}, "instant", datetime(2026, 11, 19, 20, 11, tzinfo=UTC)),
        # a broken UTC field falls back
        ({"GMTTimestamp": "soon", "eventTimestamp": "2026-11-19T14:11:00"}, "local", datetime(2026, 11, 19, 14, 11)),
        (
            {"GMTTimestamp": "2026-11-19", "eventTimestamp": "2026-11-19T14:11:00"},
            "local",
            datetime(2026, 11, 19, 14, 11),
        ),
    ],
)
def test_time_of_an_event(event: dict[str, object], precision: str, value: object) -> None:
    when = event_time(Node(event, []))
    assert when is not None
    assert (when.precision, when.value) == (precision, value)
    assert when.text in event.values()


@pytest.mark.parametrize(
    "event", [{}, {"eventTimestamp": ""}, {"eventTimestamp": "yesterday"}, {"eventTimestamp": None}]
)
def test_event_without_time_is_noted(event: dict[str, object]) -> None:
    reading = read([{"trackingNumber": NUMBER, "trackingEvents": [{"eventCode": "03", **event}]}])
    assert not reading.events
    assert reading.errors or event.get("eventTimestamp") == ""
    if reading.errors:
        assert not reading.complete_for


@pytest.mark.parametrize(
    ("text", "hours"),
    [("-05:00", -5), ("+0530", 5.5), ("-420", -7), ("60", 1), ("-8", -8), ("", None), ("-900", None), ("EST", None)],
)
def test_offset_in_both_forms(text: str, hours: float | None) -> None:
    assert read_offset(text) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize(
    ("fields", "start", "end"),
    [
        ({}, None, None),
        ({"predictedDeliveryDate": "2026-11-21"}, date(2026, 11, 21), None),
        ({"expectedDeliveryTimeStamp": "2026-11-21T00:00:00Z"}, date(2026, 11, 21), None),
        (
            {"expectedDeliveryTimeStamp": "2026-11-21T21:00:00Z", "predictedDeliveryDate": "2026-11-20"},
            datetime(2026, 11, 21, 21),
            None,
        ),
        (
            {
                "predictedDeliveryWindowStartTime": "2026-11-21T13:00:00",
                "predictedDeliveryWindowEndTime": "2026-11-21T15:00:00",
                "predictedDeliveryDate": "2026-11-21",
            },
            datetime(2026, 11, 21, 13),
            datetime(2026, 11, 21, 15),
        ),
        (
            {"predictedDeliveryWindowEndTime": "2026-11-21T15:00:00", "predictedDeliveryDate": "2026-11-21"},
            date(2026, 11, 21),
            None,
        ),
    ],
)
def test_estimate(fields: dict[str, str], start: object, end: object) -> None:
    found = estimate(Node(fields, []))
    assert tuple(when and when.value for when in found) == (start, end)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("Delivered, In/At Mailbox", "In/At Mailbox"),
        ("DELIVERED, PO BOX", "PO BOX"),
        ("Delivered, To Agent", ""),
        ("Delivered, To Original Sender", ""),
        ("Delivered", ""),
        ("Out for Delivery, Expected Delivery by 9:00pm", ""),
    ],
)
def test_spot_of_delivery(text: str, spot: str) -> None:
    assert read([parcel(eventCode="01", eventType=text)]).observations[0].delivered_to == spot


@pytest.mark.parametrize(
    ("fields", "country"),
    [
        ({"eventState": "OH"}, "US"),
        ({"eventZIP": "43604", "eventCountry": ""}, "US"),
        ({"eventCountry": "UNITED STATES"}, "US"),
        ({"eventCity": "TOKYO", "eventCountry": "JAPAN"}, ""),
        ({"eventCountry": "jp"}, "JP"),
        ({"eventCity": "SOMEWHERE"}, ""),
    ],
)
def test_country(fields: dict[str, str], country: str) -> None:
    assert read([parcel(**fields)]).events[0].place.country == country


@pytest.mark.parametrize(
    ("code", "text", "milestone", "reason", "evidence", "hint"),
    [
        # the text is stronger than the plain code
        ("01", "Delivered, To Original Sender", "returned", "return_to_sender", "item_scanned", False),
        ("01", "Delivered, Front Door/Porch", "delivered", "", "item_scanned", False),
        ("01", "Delivered to Agent for Final Delivery", "in_transit", "", "item_scanned", False),
        ("03", "Shipment Received, Package Acceptance Pending", "label_created", "", "batch_accepted", False),
        ("L1", "In Transit to Next Facility", "info", "", "not_physical", False),
        ("TL", "In Transit, Arriving Late", "delayed", "carrier_delay", "not_physical", False),
        ("80", "Picked Up by Shipping Partner, USPS Awaiting Item", "label_created", "", "pickup_registered", False),
        (
            "16",
            "Held at Post Office, At Customer Request",
            "available_for_pickup",
            "held_at_location",
            "item_scanned",
            True,
        ),
        ("56", "Notice Left (No Authorized Recipient Available)", "exception", "failed_attempt", "item_scanned", False),
        ("02", "Reminder to Schedule Redelivery of your item", "info", "", "not_physical", False),
        # the code alone
        ("GX", "", "label_created", "", "carrier_has_data", False),
        ("3", "", "first_scan", "", "item_scanned", False),
        ("TM", "", "label_created", "", "batch_accepted", False),
        ("NT", "", "delayed", "carrier_delay", "not_physical", False),
        ("06", "", "in_transit", "address_issue", "item_scanned", True),
        ("09", "Return to Sender Processed", "returning", "return_to_sender", "item_scanned", False),
        # a code nobody knows, or none: the text
        ("QQ", "Processed Through Facility", "in_transit", "", "item_scanned", False),
        ("", "Arrived at USPS Regional Destination Facility", "in_transit", "", "item_scanned", False),
        ("", "Departed Shipping Partner Facility, USPS Awaiting Item", "label_created", "", "pickup_registered", False),
        ("", "Could Not Be Delivered", "unmapped", "", "none", False),
        ("QQ", "Arrived", "unmapped", "", "none", False),
    ],
)
def test_meaning(code: str, text: str, milestone: str, reason: str, evidence: str, hint: bool) -> None:
    (event,) = read([parcel(eventCode=code, eventType=text)]).events
    meaning = Mapping(presets.load("usps")).resolve("usps", "usps", event.keys, event.description)
    assert (meaning.milestone, meaning.reason, meaning.evidence, meaning.hint) == (milestone, reason, evidence, hint)


def test_reason_code_does_not_hide_the_meaning() -> None:
    (event,) = read([parcel(eventCode="01", eventType="Delivered", reasonCode="X9")]).events
    assert event.raw_subcode == "X9"
    assert Mapping(presets.load("usps")).resolve("usps", "usps", event.keys, "Delivered").milestone == "delivered"
