"""Calls to ShipStation over real HTTP on loopback."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tracking.connectors.shipstation_vendor import Vendor, key_set, sample, serving
from tracking.connectors.contract import Account, PollAnswer
from tracking.connectors.http import CallFailed, HttpClient
from tracking.connectors.shipstation import SHIPSTATION
from tracking.connectors.shipstation.position import Position

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
V1 = {"api_key": "key", "api_secret": "planted-secret"}
V2 = {"api_key_v2": "planted-key"}


class World:
    """A vendor that is served, and the account that asks it."""

    def __init__(self, vendor: Vendor, address: str) -> None:
        self.vendor, self.address = vendor, address
        self.client = HttpClient(allow_hosts=frozenset({address.removeprefix("http://")}))

    def account(self, settings: dict[str, str], now: datetime = NOW) -> Account:
        own = {"api_base": self.address, "api_base_v2": f"{self.address}/v2", "jwks_url": f"{self.address}/jwks"}
        return Account({**own, **settings}, self.client, now)

    def run(self, settings: dict[str, str], cursor: str = "", now: datetime = NOW) -> list[PollAnswer]:
        """Fetch page after page until the run is over."""
        answers = [SHIPSTATION.fetch(self.account(settings, now), [], cursor)]
        while answers[-1].more:
            answers.append(SHIPSTATION.fetch(self.account(settings, now), [], answers[-1].cursor))
            assert len(answers) < 60
        return answers


@pytest.fixture
def world() -> Iterator[World]:
    vendor = Vendor()
    with serving(vendor) as address:
        yield World(vendor, address)


def test_a_run_asks_for_what_changed_list_by_list(world: World) -> None:
    world.vendor.answers |= {"/orders": sample("orders"), "/shipments": sample("shipments")}
    answers = world.run(V1)
    assert world.vendor.paths() == ["/orders", "/shipments", "/shipments", "/fulfillments"]
    (orders,), (made, voided) = world.vendor.queries("/orders"), world.vendor.queries("/shipments")
    assert orders["modifyDateStart"] == "2026-10-23T05:00:00"  # thirty days back, in Pacific time (summer then)
    assert (orders["sortBy"], orders["pageSize"], orders["page"]) == ("ModifyDate", "100", "1")
    assert (made["createDateStart"], made["includeShipmentItems"]) == ("2026-10-23T05:00:00", "true")
    assert "voidDateStart" in voided
    header = base64.b64encode(b"key:planted-secret").decode()
    assert world.vendor.asked[0][2]["authorization"] == f"Basic {header}"
    assert [part.about for part in answers[0].parts] == ["order 43945660", "order 43945662"]
    assert [part.about for part in answers[1].parts] == ["shipment 33974374", "shipment 33974375", "shipment 33974376"]
    assert [error.where for error in answers[1].errors] == ["shipments[3]"]
    assert all(len(answer.cursor) <= 120 for answer in answers)


def test_the_next_run_begins_shortly_before_the_last_one_did(world: World) -> None:
    first = world.run(V1)
    world.vendor.asked.clear()
    world.run(V1, first[-1].cursor, NOW + timedelta(minutes=30))
    assert world.vendor.queries("/orders")[0]["modifyDateStart"] == "2026-11-22T03:50:00"


def test_pages_are_followed(world: World) -> None:
    def page(query: dict[str, list[str]]) -> dict[str, Any]:
        number = int(query["page"][0])
        return {"orders": [{"orderId": number}], "total": 3, "page": number, "pages": 3}

    world.vendor.answers["/orders"] = page
    answers = world.run(V1)
    assert [part.about for answer in answers for part in answer.parts] == ["order 1", "order 2", "order 3"]


@pytest.mark.parametrize("cursor", ["nonsense", "{}", "a b c d e f g", "2026-11-22T12:00:00Z", "- - - 1 - 0 0"])
def test_a_cursor_that_is_not_ours_begins_anew(world: World, cursor: str) -> None:
    SHIPSTATION.fetch(world.account(V1), [], cursor)
    assert world.vendor.queries("/orders")[0]["modifyDateStart"] == "2026-10-23T05:00:00"


def track(number: str) -> dict[str, Any]:
    events = [{"occurred_at": "2026-11-17T03:00:00Z", "status_code": "IT", "status_detail_code": "HUB_SCAN_OUT"}]
    return {"tracking_number": number, "status_code": "IT", "carrier_code": "ups", "events": events}


def test_labels_are_tracked_in_rounds_of_some_hours(world: World) -> None:
    labels = [{"label_id": f"se-{i}", "status": "completed", "tracking_number": f"N{i}"} for i in range(1, 7)]

    def page(query: dict[str, list[str]]) -> dict[str, Any]:
        size, number = int(query["page_size"][0]), int(query["page"][0])
        return {"labels": labels[(number - 1) * size : number * size], "page": number, "pages": -(-len(labels) // size)}

    world.vendor.answers["/v2/labels"] = page
    for label in labels[:5]:
        world.vendor.answers[f"/v2/labels/{label['label_id']}/track"] = track(str(label["tracking_number"]))
    world.vendor.answers["/v2/labels/se-6/track"] = (404, {}, {"errors": []})
    first = world.run(V1 | V2)
    parts = [part.about for answer in first for part in answer.parts if part.topic == "v2.tracking"]
    assert parts == [f"tracking N{i}" for i in range(1, 6)]
    assert [error.where for error in first[-1].errors] == ["labels/se-6"]
    assert world.vendor.asked[-1][2]["api-key"] == "planted-key"
    world.vendor.asked.clear()
    soon = world.run(V1 | V2, first[-1].cursor, NOW + timedelta(minutes=30))
    assert not [path for path in world.vendor.paths() if path.endswith("/track")]
    world.run(V1 | V2, soon[-1].cursor, NOW + timedelta(hours=5))
    assert len([path for path in world.vendor.paths() if path.endswith("/track")]) == 6


def test_orders_come_from_v2_only_where_v1_is_not_connected(world: World) -> None:
    world.vendor.answers |= {"/v2/shipments": sample("shipments_v2"), "/v2/labels": sample("labels")}
    both = {part.topic for answer in world.run(V1 | V2) for part in answer.parts}
    assert "/v2/shipments" not in world.vendor.paths()
    alone = {part.topic for answer in world.run(V2) for part in answer.parts}
    assert (both & {"v2.label", "v2.label.alone"}, "v2.shipment" in both) == ({"v2.label"}, False)
    assert {"v2.label.alone", "v2.shipment"} <= alone


def test_a_long_round_of_tracking_leaves_room_for_orders() -> None:
    position = Position.read("", NOW - timedelta(days=30), NOW)
    assert (position.track_page, position.on("").stream) == (1, "")
    again = Position.read(position.on("").text(), NOW, NOW + timedelta(minutes=30))
    assert (again.track_since, again.track_page) == (position.track_since, 1)


def test_what_a_hook_names_is_fetched_page_by_page(world: World) -> None:
    world.vendor.answers["/shipments"] = lambda query: {
        **sample("shipments"), "page": int(query.get("page", ["1"])[0]), "pages": 2
    }  # fmt: skip
    url = f"{world.address}/shipments?batchId=7&includeShipmentItems=True"
    first = SHIPSTATION.fetch_back(world.account(V1), url)
    second = SHIPSTATION.fetch_back(world.account(V1), first.cursor)
    assert (first.more, second.more, len(first.parts)) == (True, False, 3)
    assert [query.get("page") for query in world.vendor.queries("/shipments")] == [None, "2"]
    assert all(query["batchId"] == "7" for query in world.vendor.queries("/shipments"))


def test_a_single_object_is_fetched_too(world: World) -> None:
    world.vendor.answers["/v2/labels/se-9001"] = sample("labels")["labels"][0]
    world.vendor.answers["/v2/labels/se-9001/track"] = track("N1")
    account = world.account(V1 | V2)
    (label,) = SHIPSTATION.fetch_back(account, f"{world.address}/v2/labels/se-9001").parts
    (tracking,) = SHIPSTATION.fetch_back(account, f"{world.address}/v2/labels/se-9001/track").parts
    assert (label.about, label.topic) == ("label se-9001", "v2.label")
    assert (tracking.about, tracking.topic) == ("tracking N1", "v2.tracking")


def test_no_foreign_address_sees_our_keys(world: World) -> None:
    with pytest.raises(CallFailed) as failure:
        SHIPSTATION.fetch_back(world.account(V1 | {"api_base": "https://ssapi.shipstation.com"}), f"{world.address}/x")
    assert failure.value.kind == "refused"
    assert not world.vendor.asked


def test_the_allowance_is_told_and_a_used_up_one_says_how_long(world: World) -> None:
    headers = {"X-Rate-Limit-Limit": "40", "X-Rate-Limit-Remaining": "39", "X-Rate-Limit-Reset": "17"}
    world.vendor.answers["/orders"] = (200, headers, {"orders": []})
    quota = SHIPSTATION.fetch(world.account(V1), [], "").quota
    assert (quota.limit, quota.remaining, quota.resets_at) == (40, 39, NOW + timedelta(seconds=17))
    world.vendor.answers["/orders"] = (429, headers, {})
    with pytest.raises(CallFailed) as failure:
        SHIPSTATION.fetch(world.account(V1), [], "")
    assert (failure.value.kind, failure.value.retry_after) == ("quota", 17.0)


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [(401, {}, "auth"), (403, {}, "scope"), (500, {}, "temporary"), (400, {}, "permanent"), (200, [], "temporary"),
     (200, b"<html>", "temporary"), (200, {"hello": 1}, "temporary")],
)  # fmt: skip
def test_failures(world: World, status: int, answer: object, kind: str) -> None:
    world.vendor.answers["/orders"] = (status, {}, answer)
    with pytest.raises(CallFailed) as failure:
        SHIPSTATION.fetch(world.account(V1), [], "")
    assert failure.value.kind == kind
    assert "planted" not in str(failure.value)


def test_nothing_is_called_without_keys(world: World) -> None:
    for call in (lambda a: SHIPSTATION.fetch(a, [], ""), SHIPSTATION.test_connection):
        with pytest.raises(CallFailed) as failure:
            call(world.account({}))
        assert failure.value.kind == "refused"
    assert not world.vendor.asked


def test_the_connection_is_tested_for_each_api(world: World) -> None:
    assert SHIPSTATION.test_connection(world.account(V1 | V2)) == "ShipStation accepted the keys of V1 and V2."
    assert world.vendor.paths() == ["/orders", "/v2/labels"]


def test_the_keys_of_the_signatures_are_kept_like_a_token(world: World) -> None:
    world.vendor.answers["/jwks"] = key_set()
    token = SHIPSTATION.get_token(world.account(V2))
    assert token is not None
    assert token.expires_at == NOW + timedelta(hours=12)
    assert "kid-1" in token.value
    assert "other" not in token.value
    assert "api-key" not in world.vendor.asked[0][2]
    assert SHIPSTATION.get_token(world.account(V1)) is None


@pytest.mark.parametrize("answer", [(500, {}, {}), {}, {"keys": 3}, {"keys": [3, {"kid": "x"}]}, b"<html>"])
def test_keys_that_cannot_be_had_stop_nothing(world: World, answer: object) -> None:
    world.vendor.answers["/jwks"] = answer
    assert SHIPSTATION.get_token(world.account(V2)) is None
