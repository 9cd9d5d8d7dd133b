"""What messages of the generic source are read as, bad entries among good ones, and what its codes mean."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tracking.connectors.contract import Account, LookupKey, Place, RawMessage, Reading, UnreadableMessage
from tracking.connectors.explain import explain
from tracking.connectors.generic import GENERIC
from tracking.connectors.http import HttpClient, HttpRequest, HttpResponse
from tracking.status import presets
from tracking.status.mapping import Mapping
from tracking.vocabulary import MOVING_MILESTONES, Milestone, Reason

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "samples" / "generic"
PRESET = Mapping(presets.load("generic"))


def read(value: object) -> Reading:
    return GENERIC.read(RawMessage(value if isinstance(value, bytes) else json.dumps(value).encode()))


def sample(name: str) -> Reading:
    return read((SAMPLES / f"{name}.json").read_bytes())


def test_an_order_with_its_fulfilments() -> None:
    (order,) = sample("order_with_parcel").orders
    assert (order.external_id, order.number, order.currency, order.total_minor) == ("5001", "#1042", "USD", 8450)
    assert order.created_at == datetime(2026, 11, 16, 14, 12, tzinfo=UTC)
    assert order.version_at == datetime(2026, 11, 16, 19, tzinfo=UTC)
    assert (order.promised_date, order.tags) == (date(2026, 11, 21), ("gift",))
    assert order.ship_to == Place("Toledo", "OH", "43604", "US")
    first, second = order.fulfilments
    assert (first.order_external_id, first.status, first.tracking_numbers) == ("5001", "success", ("ACME0001",))
    assert (first.carrier_name, first.location_id) == ("UPS Ground", "Reno")
    assert (second.external_id, second.tracking_numbers, second.requires_shipping) == ("F-2", (), True)


def test_parcels_and_events() -> None:
    reading = sample("order_with_parcel")
    (update,), (seen,) = reading.shipments, reading.observations
    assert update.carrier == "ups"
    assert seen.estimate_at is not None
    assert seen.estimate_at.value == date(2026, 11, 20)
    assert [event.when.precision for event in reading.events] == ["instant", "local", "date", "instant"]
    assert reading.events[1].keys == (LookupKey("code", "first_scan"),)
    assert reading.events[1].raw_code == "First_Scan"
    assert not reading.errors


def test_the_story_of_an_own_feed() -> None:
    document = explain(GENERIC, PRESET, RawMessage((SAMPLES / "order_with_parcel.json").read_bytes())).document
    assert [(e["milestone"], e["evidence"]) for e in document["events"]] == [
        ("label_created", "pickup_registered"),
        ("first_scan", "item_scanned"),
        ("exception", "item_scanned"),
        ("unmapped", "none"),
    ]
    shipments = {one["tracking_number"]: one for one in document["shipments"]}
    assert shipments["ACME0001"]["status"] == "exception"
    assert shipments["ACME0001"]["order_number"] == "#1042"
    assert shipments[None]["status"] == "created"


def test_good_entries_among_bad_ones() -> None:
    reading = sample("mixed")
    assert [order.external_id for order in reading.orders] == ["77"]
    assert [(f.external_id, f.status, f.tracking_numbers) for f in reading.fulfilments] == [
        ("F-9", "pending", ("ACME0002",))
    ]
    (update,), (seen,) = reading.shipments, reading.observations
    assert (update.voided, update.direction, update.return_number) == (True, "outbound", "ACME0004")
    assert update.partner_numbers == (("9400150899563000000038", "usps"),)
    assert seen.proof_url == ""
    assert [(e.tracking_number, e.fulfilment_id, e.raw_code) for e in reading.events] == [
        ("", "F-9", "packed"),
        ("ACME0003", "", "return_cancelled"),
    ]
    assert [error.where for error in reading.errors] == [
        "returns",
        "orders[0].external_id",
        "orders[1].fulfilments[0].external_id",
        "orders[1].created_at",
        "orders[1].total",
        "fulfilments[0].status",
        "fulfilments[1].order_external_id",
        "shipments[0].tracking_number",
        "shipments[1].direction",
        "shipments[1].proof_url",
        "events[1].occurred_at",
        "events[2].code",
        "events[3].tracking_number",
        "events[4].country",
    ]


def test_empty_lists_are_nothing_to_do() -> None:
    assert sample("nothing").ignored


@pytest.mark.parametrize("value", [{}, [], 17, {"order": {}}, {"status": "delivered"}])
def test_what_has_none_of_the_lists_is_unreadable(value: object) -> None:
    with pytest.raises(UnreadableMessage):
        read(value)


@pytest.mark.parametrize(
    ("lines", "told", "needs"),
    [
        ([], None, True),
        ([{"requires_shipping": False}], None, False),
        ([{"requires_shipping": False}, {}], None, True),
        ([{}], False, False),
    ],
)
def test_what_needs_no_shipping(lines: list[dict[str, object]], told: bool | None, needs: bool) -> None:
    part = {"external_id": "F", "order_external_id": "O", "lines": lines, "requires_shipping": told}
    (found,) = read({"fulfilments": [part]}).fulfilments
    assert found.requires_shipping is needs


@pytest.mark.parametrize("url", ["https://proof.example/1", "http://proof.example/1"])
def test_proof_is_a_web_address(url: str) -> None:
    (seen,) = read({"shipments": [{"tracking_number": "A1", "proof_url": url}]}).observations
    assert seen.proof_url == url


@pytest.mark.parametrize(
    ("code", "subcode", "milestone", "reason", "evidence", "turn"),
    [
        ("packed", "", "label_created", "", "none", ""),
        ("handed_over", "", "label_created", "", "pickup_registered", ""),
        ("manifested", "", "label_created", "", "batch_accepted", ""),
        ("first_scan", "", "first_scan", "", "item_scanned", ""),
        ("DELIVERED", "", "delivered", "", "item_scanned", ""),
        ("delivered", "damaged", "delivered", "damaged", "item_scanned", ""),
        ("delayed", "", "delayed", "carrier_delay", "not_physical", ""),
        ("exception", "refused", "exception", "refused", "item_scanned", ""),
        ("returning", "", "returning", "return_to_sender", "item_scanned", ""),
        ("return_cancelled", "", "in_transit", "", "item_scanned", "return_cancelled"),
        ("cancelled", "", "cancelled", "", "not_physical", ""),
        ("info", "", "info", "", "none", ""),
        ("exception", "aliens", "unmapped", "", "none", ""),
        ("first_scan", "really", "unmapped", "", "none", ""),
        ("WMS-17", "", "unmapped", "", "none", ""),
    ],
)
def test_meaning(code: str, subcode: str, milestone: str, reason: str, evidence: str, turn: str) -> None:
    told = {"tracking_number": "A1", "occurred_at": "2026-11-17", "code": code, "subcode": subcode}
    (event,) = read({"events": [told]}).events
    found = PRESET.resolve("generic", "", event.keys, "")
    assert (found.milestone, found.reason, found.evidence, found.turn) == (milestone, reason, evidence, turn)


def test_every_word_of_ours_can_be_sent_and_every_code_is_documented() -> None:
    codes = {row.code for row in PRESET.rows}
    assert set(Milestone.values) - {"unmapped"} <= codes
    assert {row.subcode for row in PRESET.rows if row.code == "exception"} == {"", *Reason.values}
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "generic-source.md").read_text(encoding="utf-8")))
    assert (codes | {row.subcode for row in PRESET.rows}) - {""} <= documented
    assert all(row.evidence == "item_scanned" for row in PRESET.rows if row.milestone in MOVING_MILESTONES)


class Nobody:
    def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("a system of one's own is never called")


def test_nothing_is_called() -> None:
    account = Account({}, HttpClient(Nobody()), datetime(2026, 11, 22, tzinfo=UTC))
    assert GENERIC.get_token(account) is None
    assert GENERIC.fetch(account, [], "").parts == ()
    assert "nothing to call" in GENERIC.test_connection(account)
    assert GENERIC.poll.style == "none"
