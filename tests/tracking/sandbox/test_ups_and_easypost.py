"""What the pretend UPS and EasyPost answer: their own shapes, and the traps the real ones have."""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.tracking.sandbox.helpers import ALL_OF_IT, MONDAY, basic, get, only, token
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Answer, Quotas, Request

SECOND = timedelta(seconds=1)
KEY = basic(SOURCES["easypost-main"].settings["api_key"])


def track_ups(world: World, number: str, now: datetime, bearer: str) -> Answer:
    path = f"/ups/api/track/v1/details/{number}?locale=en_US"
    return get(world, path, now, Authorization=f"Bearer {bearer}", transId="1", transactionSrc="tests")


def trackers(world: World, now: datetime, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(world, f"/easypost/v2/trackers{query}", now, Authorization=KEY).body)
    return found


def test_ups_knows_a_number_once_its_label_is_told_and_tells_the_newest_first() -> None:
    world = World.single("healthy_ups_ground", MONDAY)
    number, scans = only(world).vendor_numbers["a"], only(world).scans["a"]
    before, after = scans[0].known_at - SECOND, scans[-1].known_at
    bearer = token(world, "ups-main", before)
    assert b"TW0001" in track_ups(world, number, before, bearer).body
    found = json.loads(track_ups(world, number, after, token(world, "ups-main", after)).body)
    (package,) = found["trackResponse"]["shipment"][0]["package"]
    codes = [f"{each['status']['type']}/{each['status']['code']}" for each in package["activity"]]
    assert codes == [scan.step.code for scan in reversed(scans)]
    assert package["currentStatus"]["statusCode"] == "011"


def test_ups_writes_gmt_without_its_leading_zero() -> None:
    world = World.single("healthy_ups_ground", MONDAY)
    now = MONDAY + timedelta(days=3)
    found = json.loads(track_ups(world, only(world).vendor_numbers["a"], now, token(world, "ups-main", now)).body)
    (package,) = found["trackResponse"]["shipment"][0]["package"]
    arrived = next(each for each in package["activity"] if each["status"]["code"] == "AR")
    assert (arrived["time"], arrived["gmtTime"], arrived["gmtOffset"]) == ("031200", "71200", "-04:00")


def test_ups_refuses_calls_without_token_or_headers_and_too_many_of_them() -> None:
    world = World.single("healthy_ups_ground", MONDAY, quotas=Quotas(ups_per_minute=1))
    bearer = token(world, "ups-main", MONDAY)
    assert track_ups(world, "1Z00000000", MONDAY, "").status == 401
    bare = Request("GET", "/ups/api/track/v1/details/1Z00000000", {"Authorization": f"Bearer {bearer}"})
    assert world.respond(bare, MONDAY).status == 400
    assert track_ups(world, "1Z00000000", MONDAY, bearer).status in {200, 404}
    assert track_ups(world, "1Z00000000", MONDAY, bearer).status == 429


def test_ups_pushes_one_event_without_history_and_repeats_the_credential() -> None:
    world = World.single("healthy_ups_ground", MONDAY)
    posted = [one for one in world.deliveries(MONDAY, MONDAY + ALL_OF_IT) if one.source_slug == "ups-main"]
    assert {one.headers["credential"] for one in posted} == {SOURCES["ups-main"].settings["webhook_secret"]}
    bodies = [json.loads(one.body) for one in posted]
    assert [body["activityStatus"]["code"] for body in bodies] == ["MP", "OR", "DP", "AR", "DS", "OT", "FS"]
    assert {body["gmtOffset"] for body in bodies} <= {"-04.00", "-05.00", "-06.00", "-07.00"}


def test_ups_names_the_number_of_the_post_only_from_the_hand_over_on() -> None:
    world = World.single("ups_mail_innovations", MONDAY)
    order = only(world)
    partners = {}
    for day in (2, 4):
        now = MONDAY + timedelta(days=day)
        answer = track_ups(world, order.vendor_numbers["a"], now, token(world, "ups-main", now))
        (package,) = json.loads(answer.body)["trackResponse"]["shipment"][0]["package"]
        partners[day] = package["alternateTrackingNumber"]
    assert partners == {2: [], 4: [{"number": order.vendor_numbers["b"], "type": "USPS_PIC"}]}


def test_easypost_lists_what_it_follows_page_by_page_newest_first() -> None:
    world = World.single("easypost_canada_post", MONDAY, copies=3)
    now = MONDAY + timedelta(days=1)
    first = trackers(world, now, "?page_size=2")
    assert first["has_more"]
    second = trackers(world, now, f"?page_size=2&before_id={first['trackers'][-1]['id']}")
    assert not second["has_more"]
    made = [one["created_at"] for one in (*first["trackers"], *second["trackers"])]
    assert len(made) == 3
    assert made == sorted(made, reverse=True)
    assert get(world, "/easypost/v2/trackers", now).status == 401


def test_a_tracker_is_unknown_until_easypost_has_heard_of_it() -> None:
    world = World.single("easypost_canada_post", MONDAY)
    order = only(world)
    begun = order.platform_moves[0].at
    (fresh,) = trackers(world, begun)["trackers"]
    assert (fresh["status"], fresh["tracking_details"]) == ("unknown", [])
    (ended,) = trackers(world, MONDAY + ALL_OF_IT)["trackers"]
    assert (ended["status"], ended["finalized"]) == ("delivered", True)
    moments = [detail["datetime"] for detail in ended["tracking_details"]]
    assert moments == sorted(moments)


def test_a_tracker_made_twice_is_one() -> None:
    world = World.single("healthy_usps", MONDAY)
    body = json.dumps({"tracker": {"tracking_code": "9400110000000000000000", "carrier": "USPS"}}).encode()
    headers = {"Authorization": KEY, "Content-Type": "application/json"}
    made = [world.respond(Request("POST", "/easypost/v2/trackers", headers, body), MONDAY) for _ in range(2)]
    assert made[0].status == 200
    assert made[0].body == made[1].body
    assert len(trackers(world, MONDAY)["trackers"]) == 1


def test_easypost_signs_in_both_generations() -> None:
    world = World.single("easypost_canada_post", MONDAY)
    posted = [one for one in world.deliveries(MONDAY, MONDAY + ALL_OF_IT) if one.source_slug == "easypost-main"]
    assert len(posted) == 7  # the tracker, and six scans
    assert all(one.headers["X-Hmac-Signature"].startswith("hmac-sha256-hex=") for one in posted)
    assert 0 < sum("X-Hmac-Signature-V2" in one.headers for one in posted) < len(posted)
    ids = [json.loads(one.body)["id"] for one in posted]
    assert len(set(ids)) == len(ids)
