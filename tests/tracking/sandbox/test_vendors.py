"""What the pretend vendors answer when asked: tokens, traps, quotas."""

import json
from datetime import timedelta

import pytest

from tests.tracking.sandbox.helpers import (
    MONDAY,
    fedex_results,
    graphql,
    only,
    token,
    track_fedex,
    track_usps,
)
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.truth import truth
from tracking.sandbox.wire import Quotas, Request

SECOND = timedelta(seconds=1)
ORDERS = """query ($after: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT, query: "updated_at:>='2026-01-01'") {
  nodes { id name fulfillments(first: 5) { status trackingInfo { number company } } } pageInfo { hasNextPage endCursor } } }"""  # noqa: E501


@pytest.mark.parametrize("slug", sorted(slug for slug, source in SOURCES.items() if "client_id" in source.settings))
def test_wrong_credentials_get_no_token(slug: str) -> None:
    world = World.single("stalled", MONDAY)
    assert token(world, slug, MONDAY)
    assert not token(world, slug, MONDAY, client_secret="wrong")


def test_a_token_ends_after_its_life() -> None:
    world = World.single("stalled", MONDAY)
    bearer = token(world, "fedex-main", MONDAY)
    assert track_fedex(world, ["1"], MONDAY + timedelta(minutes=59), bearer).status == 200
    assert track_fedex(world, ["1"], MONDAY + timedelta(minutes=61), bearer).status == 401
    assert track_fedex(world, ["1"], MONDAY, "").status == 401


def test_usps_account_without_the_product_gets_a_token_that_opens_nothing() -> None:
    world = World.single("stalled", MONDAY)
    bearer = token(world, "usps-main", MONDAY, client_id=SOURCES["usps-main"].settings["client_id"] + "-noscope")
    assert bearer
    assert track_usps(world, ["1"], MONDAY, bearer).status == 401


def test_fedex_says_not_found_inside_a_200_until_it_has_the_data() -> None:
    world = World.single("label_never_lodged", MONDAY)
    order = only(world)
    known_at = order.scans["a"][0].known_at
    bearer = token(world, "fedex-main", known_at - SECOND)
    before = track_fedex(world, [order.vendor_numbers["a"]], known_at - SECOND, bearer)
    assert before.status == 200
    assert fedex_results(before)[0]["error"]["code"] == "TRACKING.TRACKINGNUMBER.NOTFOUND"
    (after,) = fedex_results(track_fedex(world, [order.vendor_numbers["a"]], known_at, bearer))
    assert [event["eventType"] for event in after["scanEvents"]] == ["OC"]


def test_fedex_gives_both_parcels_of_a_reused_number() -> None:
    world = World.single("number_reused", MONDAY)
    order = only(world)
    now = order.placed_at + timedelta(days=3)
    results = fedex_results(track_fedex(world, [order.vendor_numbers["a"]], now, token(world, "fedex-main", now)))
    assert len({result["trackingNumberInfo"]["trackingNumberUniqueId"] for result in results}) == 2


def test_fedex_names_the_partner_number_only_after_the_hand_over() -> None:
    world = World.single("handover_to_usps", MONDAY)
    order = only(world)
    partner = order.vendor_numbers["b"]
    early, late = order.placed_at + timedelta(days=1), order.placed_at + timedelta(days=5)
    for now, expected in ((early, False), (late, True)):
        answer = track_fedex(world, [order.vendor_numbers["a"]], now, token(world, "fedex-main", now))
        assert (partner in answer.body.decode()) is expected


def test_fedex_date_only_scan_is_a_midnight_without_offset() -> None:
    world = World.single("label_afternoon_pickup_morning", MONDAY)
    order = only(world)
    now = order.placed_at + timedelta(days=3)
    (result,) = fedex_results(track_fedex(world, [order.vendor_numbers["a"]], now, token(world, "fedex-main", now)))
    dates = {event["eventType"]: event["date"] for event in result["scanEvents"]}
    assert dates["PU"] == "2026-09-15T00:00:00"
    assert dates["OC"] == "2026-09-14T16:43:00-04:00"


def test_fedex_refuses_more_than_30_numbers_and_an_empty_question() -> None:
    world = World.single("stalled", MONDAY)
    bearer = token(world, "fedex-main", MONDAY)
    assert track_fedex(world, ["1"] * 31, MONDAY, bearer).status == 400
    assert track_fedex(world, [], MONDAY, bearer).status == 400


def test_fedex_stops_after_its_ten_seconds_and_its_day() -> None:
    world = World.single("stalled", MONDAY, quotas=Quotas(fedex_per_10_seconds=2, fedex_per_day=4))
    bearer = token(world, "fedex-main", MONDAY)
    statuses = [track_fedex(world, ["1"], MONDAY, bearer).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    later = MONDAY + timedelta(seconds=11)
    assert [track_fedex(world, ["1"], later, bearer).status for _ in range(2)] == [200, 429]
    tomorrow = MONDAY + timedelta(days=1)
    assert track_fedex(world, ["1"], tomorrow, token(world, "fedex-main", tomorrow)).status == 200


def test_usps_answers_207_and_a_bare_object_for_one_unknown_number() -> None:
    world = World.single("healthy_usps", MONDAY)
    order = only(world)
    now = order.placed_at + timedelta(days=2)
    bearer = token(world, "usps-main", now)
    mixed = track_usps(world, [order.vendor_numbers["a"], "9205500000000000000000"], now, bearer)
    assert mixed.status == 207
    assert ["error" in entry for entry in json.loads(mixed.body)] == [False, True]
    assert track_usps(world, [order.vendor_numbers["a"]], now, bearer).status == 200
    alone = track_usps(world, ["9205500000000000000000"], now, bearer)
    assert (alone.status, json.loads(alone.body)["error"]["code"]) == (404, "404")


def test_usps_gives_60_calls_an_hour_and_says_when_to_come_back() -> None:
    world = World.single("healthy_usps", MONDAY)
    bearer = token(world, "usps-main", MONDAY)
    calls = [track_usps(world, ["1"], MONDAY + minute * timedelta(minutes=0.5), bearer) for minute in range(61)]
    assert {call.status for call in calls[:60]} == {404}
    assert calls[60].status == 429
    assert calls[60].headers["Retry-After"] == str(30 * 60)
    assert track_usps(world, ["1"], MONDAY + timedelta(hours=1), bearer).status == 404
    assert world.calls["usps track"] == 62


def test_usps_times_are_local_with_their_own_offset_beside() -> None:
    world = World.single("healthy_usps", MONDAY)
    order = only(world)
    now = order.placed_at + timedelta(days=1)
    (entry,) = json.loads(track_usps(world, [order.vendor_numbers["a"]], now, token(world, "usps-main", now)).body)
    first = entry["trackingEvents"][-1]
    assert first["eventTimestamp"].removesuffix("Z") == "2026-09-14T12:33:00"
    assert first["GMTTimestamp"] == "2026-09-14T16:33:00Z"
    assert first["GMTOffset"] in {"-04:00", "-240"}


def test_shopify_pages_through_its_orders_once_each() -> None:
    world = World.single("stalled", MONDAY, copies=5)
    now = MONDAY + timedelta(days=2)
    access = token(world, "northlight-shopify", now)
    names: list[str] = []
    after, more = None, True
    while more:
        page = json.loads(graphql(world, "northlight-shopify", ORDERS, now, access, after=after).body)
        orders = page["data"]["orders"]
        names += [node["name"] for node in orders["nodes"]]
        after, more = orders["pageInfo"]["endCursor"], orders["pageInfo"]["hasNextPage"]
    assert sorted(names) == sorted(order.name for order in world.orders)
    assert orders["nodes"][0]["fulfillments"][0]["status"] == "SUCCESS"


def test_shopify_refuses_a_field_it_does_not_have_and_calls_without_token() -> None:
    world = World.single("stalled", MONDAY)
    access = token(world, "northlight-shopify", MONDAY)
    answer = graphql(world, "northlight-shopify", "{ shop { name nickname } }", MONDAY, access)
    assert answer.status == 200
    assert "nickname" in json.loads(answer.body)["errors"][0]["message"]
    assert graphql(world, "northlight-shopify", "{ shop { name } }", MONDAY, "shpat_x").status == 401
    assert "errors" in json.loads(graphql(world, "northlight-shopify", "{ shop {", MONDAY, access).body)


def test_shopify_throttles_by_cost_and_the_bucket_fills_again() -> None:
    world = World.single("stalled", MONDAY, quotas=Quotas(shopify_points=12, shopify_points_per_second=1))
    access = token(world, "northlight-shopify", MONDAY)
    calls = [json.loads(graphql(world, "northlight-shopify", ORDERS, MONDAY, access).body) for _ in range(3)]
    assert [call.get("errors", [{}])[0].get("message") for call in calls] == [None, None, "Throttled"]
    throttle = calls[0]["extensions"]["cost"]["throttleStatus"]
    assert throttle == {"maximumAvailable": 12, "currentlyAvailable": 7, "restoreRate": 1}
    later = json.loads(graphql(world, "northlight-shopify", ORDERS, MONDAY + 5 * SECOND, access).body)
    assert "data" in later


def test_a_silent_vendor_answers_503() -> None:
    world = World.single("source_silent", MONDAY)
    (slug, since, until) = world.silences[0]
    assert slug == truth("source_silent").feed_incident
    assert track_usps(world, ["1"], since, "").status == 503
    assert track_usps(world, ["1"], until, "").status == 401


@pytest.mark.parametrize("path", ["/", "/fedex", "/fedex/truth/stalled.toml", "/shopify/other.example/admin/x", "/x"])
def test_nothing_else_is_served(path: str) -> None:
    assert World.single("stalled", MONDAY).respond(Request("POST", path), MONDAY).status == 404
