"""`explain`: the shape of its answer, its exit codes, and that it needs nothing but the file."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tracking.connectors import registry
from tracking.connectors.contract import (
    FulfilmentUpdate,
    LookupKey,
    Observation,
    ObservedEvent,
    OrderUpdate,
    RawMessage,
    Reading,
    ShipmentUpdate,
    Unreadable,
)
from tracking.connectors.explain import explain
from tracking.connectors.parsing import read_when
from tracking.status import presets
from tracking.status.mapping import Mapping
from tracking.vocabulary import Milestone, ShipmentStatus

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "tests" / "samples"
KEYS = {
    "orders": {"number", "external_id", "created_at", "currency", "total_minor", "email", "fulfilments"},
    "shipments": {
        "tracking_number", "carrier", "service", "order_number", "label_created_at", "voided", "direction", "estimate",
        "status",
    },
    "events": {
        "tracking_number", "occurred_at", "raw_code", "raw_subcode", "raw_description", "location", "milestone",
        "reason", "evidence",
    },
    "errors": {"where", "message"},
}  # fmt: skip


def run(*arguments: str) -> tuple[dict[str, Any], int, str]:
    """Run the command in this process; return (document, exit code, sentence)."""
    out = io.StringIO()
    try:
        call_command("explain", *arguments, stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue() or "{}"), error.returncode, str(error)
    return json.loads(out.getvalue()), 0, ""


def samples() -> Iterator[Any]:
    for kind in sorted(registry.CONNECTORS):
        for path in sorted((SAMPLES / kind).glob("*.json")):
            yield pytest.param(kind, path, id=f"{kind}/{path.stem}")


@pytest.mark.parametrize(("kind", "path"), list(samples()))
def test_every_sample_has_the_shape_of_the_contract(kind: str, path: Path) -> None:
    document, code, sentence = run(kind, str(path))
    assert list(document) == ["orders", "shipments", "events", "errors"]
    for part, keys in KEYS.items():
        assert all(set(entry) == keys for entry in document[part])
    assert all(set(one) == {"external_id", "tracking_numbers"} for o in document["orders"] for one in o["fulfilments"])
    assert all(entry["status"] in ShipmentStatus.values for entry in document["shipments"])
    assert all(entry["milestone"] in Milestone.values for entry in document["events"])
    assert code in (0, 3)
    assert bool(sentence) == (code == 3)
    if code == 3:
        assert not (document["orders"] or document["shipments"] or document["events"])
        assert document["errors"]


def test_a_delivered_parcel() -> None:
    document, code, _ = run("fedex", str(SAMPLES / "fedex" / "delivered_webhook.json"))
    assert code == 0
    assert document["shipments"] == [
        {
            "tracking_number": "600000000013",
            "carrier": "fedex",
            "service": "FedEx Home Delivery",
            "order_number": None,
            "label_created_at": "2026-11-14T15:36:00Z",
            "voided": False,
            "direction": "outbound",
            "estimate": "2026-11-18",
            "status": "delivered",
        }
    ]
    assert document["events"][1]["occurred_at"] == "2026-11-14"
    assert document["events"][2] == {
        "tracking_number": "600000000013",
        "occurred_at": "2026-11-17T05:41:00Z",
        "raw_code": "AR",
        "raw_subcode": "84",
        "raw_description": "Arrived at FedEx location - Delay beyond our control",
        "location": "DENVER, CO 80239, US",
        "milestone": "delayed",
        "reason": "weather_delay",
        "evidence": "item_scanned",
    }
    assert document["errors"] == []


def test_not_found_is_something_read() -> None:
    document, _, _ = run("fedex", str(SAMPLES / "fedex" / "poll_mixed.json"), "--as", "poll")
    status = {entry["tracking_number"]: entry["status"] for entry in document["shipments"]}
    assert status["600000000035"] == "created"
    assert status["600000000046"] == "label_created"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"), (b"<html>", "not JSON"), (b"{}", "no FedEx"),
     (b"[" * 100_000, "nested"), (b"\x00" * 10, "not JSON")],
)  # fmt: skip
def test_what_cannot_be_read_ends_with_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "message"
    file.write_bytes(content)
    document, code, told = run("fedex", str(file))
    assert code == 3
    assert sentence in told
    assert document["events"] == []
    assert sentence in document["errors"][0]["message"]


def test_missing_huge_and_odd_files_end_with_a_sentence(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.truncate(9 * 1024 * 1024)
    for name, words in (
        (str(tmp_path / "missing"), "cannot be read"),
        (str(tmp_path), "cannot be read"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
        (str(huge), "larger than"),
    ):
        document, code, told = run("fedex", name)
        assert (document, code) == ({}, 3)
        assert words in told


def test_an_unknown_kind_ends_with_a_sentence(tmp_path: Path) -> None:
    _, code, told = run("pigeon", str(tmp_path))
    assert code == 3
    assert "fedex" in told


@pytest.mark.django_db
def test_the_published_mapping_can_be_asked() -> None:
    path = str(SAMPLES / "fedex" / "delivered_webhook.json")
    document, code, _ = run("fedex", path, "--published")
    assert code == 0
    assert {event["milestone"] for event in document["events"]} <= set(Milestone.values)


def outside(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user does, with a database that nobody could reach."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody:x@127.0.0.1:1/nothing"}
    return subprocess.run(
        [sys.executable, "manage.py", "explain", *arguments],
        cwd=ROOT,
        env=environment,
        input=given,
        capture_output=True,
    )


def test_from_outside_without_any_database() -> None:
    path = SAMPLES / "fedex" / "delivered_webhook.json"
    good = outside("fedex", "-", given=path.read_bytes())
    assert (good.returncode, good.stderr) == (0, b"")
    assert json.loads(good.stdout)["shipments"][0]["status"] == "delivered"
    bad = outside("fedex", "no such file")
    assert (bad.returncode, bad.stdout) == (3, b"")
    assert b"cannot be read" in bad.stderr
    assert b"Traceback" not in bad.stderr


# --- What the connectors' samples do not show -------------------------------------------------------------------


class Told:
    """A connector that reads whatever it was given."""

    kind, origin = "fedex", "carrier"

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, message: RawMessage) -> Reading:
        return self.reading


def explained(reading: Reading) -> dict[str, Any]:
    connector: Any = Told(reading)
    return explain(connector, Mapping(presets.load("fedex")), RawMessage(b"")).document


def event(number: str, code: str, at: str, fulfilment_id: str = "") -> ObservedEvent:
    return ObservedEvent(number, "", read_when(at), (LookupKey("eventType", code),), code, fulfilment_id=fulfilment_id)


def test_spellings_of_one_number_are_one_parcel() -> None:
    update = ShipmentUpdate("1Z-1", "ups", voided=False, label_created_at=read_when("2026-11-01T10:00:00"))
    seen = Observation("1z 1", "ups", estimate_until=read_when("2026-11-09"))
    told = explained(Reading(shipments=(update,), observations=(seen,), events=(event("1Z1", "PU", "2026-11-02"),)))
    (shipment,) = told["shipments"]
    assert (shipment["carrier"], shipment["status"], shipment["estimate"]) == ("ups", "first_scan", "2026-11-09")
    assert shipment["label_created_at"] == "2026-11-01T10:00:00"


def test_fulfilments_announce_parcels_and_lend_their_number_to_events() -> None:
    fulfilments = tuple(
        FulfilmentUpdate(name, "77", None, None, status, numbers, carrier_name="FedEx®", requires_shipping=ships)
        for name, status, numbers, ships in (
            ("f1", "success", ("600000000013",), True),
            ("f2", "success", (), True),
            ("f3", "success", (), False),
            ("f4", "cancelled", ("600000000024",), True),
        )
    )
    order = OrderUpdate("77", "#77", None, None, "USD", 500, fulfilments=fulfilments[:1])
    told = explained(
        Reading(orders=(order,), fulfilments=fulfilments[1:], events=(event("", "OD", "2026-11-02", "f1"),))
    )
    assert [one["external_id"] for one in told["orders"]] == ["77"]
    assert [one["external_id"] for one in told["orders"][0]["fulfilments"]] == ["f1", "f2", "f3", "f4"]
    parcels = [(one["tracking_number"], one["carrier"], one["status"], one["voided"]) for one in told["shipments"]]
    assert parcels == [
        ("600000000013", "fedex", "out_for_delivery", False),
        (None, "fedex", "created", False),
        ("600000000024", "fedex", "cancelled", True),
    ]
    assert told["shipments"][0]["order_number"] == "#77"
    assert told["events"][0]["tracking_number"] == "600000000013"


def test_a_fulfilment_without_its_order_makes_a_stub() -> None:
    told = explained(Reading(fulfilments=(FulfilmentUpdate("f1", "77", None, None, "success", ("1", "2")),)))
    assert told["orders"][0]["number"] is None
    assert told["orders"][0]["external_id"] == "77"
    assert [one["tracking_number"] for one in told["shipments"]] == ["1", "2"]


def test_a_void_counts_from_the_label_and_a_later_scan_reopens() -> None:
    label = read_when("2026-11-01T10:00:00Z")
    void = ShipmentUpdate("1", "fedex", voided=True, label_created_at=label)
    assert explained(Reading(shipments=(void,)))["shipments"][0]["status"] == "cancelled"
    assert (
        explained(Reading(shipments=(ShipmentUpdate("1", "", voided=True),)))["shipments"][0]["status"] == "cancelled"
    )
    scanned = Reading(shipments=(void,), events=(event("1", "AR", "2026-11-03T10:00:00Z"),))
    assert explained(scanned)["shipments"][0]["status"] == "in_transit"


def test_errors_and_the_reason_for_doing_nothing_are_told() -> None:
    told = explained(Reading(errors=(Unreadable("a.b", "Odd."),), ignored="Not used."))
    assert told["errors"] == [{"where": "a.b", "message": "Odd."}, {"where": "", "message": "Not used."}]
