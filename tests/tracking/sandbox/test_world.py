from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.tracking.sandbox.helpers import ALL_OF_IT, MONDAY, only
from tracking.sandbox.engine import World
from tracking.sandbox.truth import truth

START = datetime(2026, 10, 8, 16, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def world() -> World:
    return World(7, START)


def test_the_same_seed_and_start_give_the_same_bytes(world: World) -> None:
    until = world.live_from + HOUR
    assert World(7, START).deliveries(START, until) == world.deliveries(START, until)


def test_another_seed_gives_another_world() -> None:
    first, second = World(7, START, orders=100), World(8, START, orders=100)
    assert first.deliveries(START, first.live_from) != second.deliveries(START, second.live_from)


def test_deliveries_come_in_order_and_every_cut_gives_the_same(world: World) -> None:
    whole = world.deliveries(START, START + timedelta(days=20))
    middle = START + timedelta(days=9, hours=7)
    assert whole == world.deliveries(START, middle) + world.deliveries(middle, START + timedelta(days=20))
    assert [delivery.at for delivery in whole] == sorted(delivery.at for delivery in whole)
    assert all(START < delivery.at <= START + timedelta(days=20) for delivery in whole)


def test_the_history_holds_300_orders_most_of_them_healthy(world: World) -> None:
    history = [order for order in world.orders if order.placed_at <= world.live_from]
    assert len(history) == 300
    assert sum(order.story.share > 0 for order in history) > 180
    assert all(order.placed_at >= START for order in history)


@pytest.mark.parametrize("day", range(7))
def test_at_least_25_parcels_of_different_ages_are_in_trouble_on_every_day_of_the_week(day: int) -> None:
    world = World(3, START + timedelta(days=day))
    now = world.live_from
    kinds: Counter[str] = Counter()
    ages = set()
    for order in world.orders:
        for known in truth(order.story.name).should_know:
            end = known.end(order)
            if known.moment(order) <= now and not (end and end <= now):
                kinds[known.signal] += 1
                ages.add((now - known.moment(order)).days)
    assert kinds.total() >= 25
    assert len(kinds) >= 10
    assert len(ages) >= 5


def test_names_and_numbers_are_unique_but_for_the_reused_one(world: World) -> None:
    orders = world.orders
    assert len({(order.shop.key, order.name) for order in orders}) == len(orders)
    numbers = [
        number for order in orders for key, number in order.vendor_numbers.items() if not order.plan(key).same_as
    ]
    assert len(numbers) == len(set(numbers))


def test_order_numbers_rise_with_time_in_each_store(world: World) -> None:
    for shop in {order.shop.key for order in world.orders}:
        placed = sorted((order.placed_at, order.number) for order in world.orders if order.shop.key == shop)
        numbers = [number for _, number in placed]
        assert numbers == sorted(numbers)


def test_new_orders_keep_coming_after_the_history_and_end_within_the_hour() -> None:
    world = World(7, START)
    before = len(world.orders)
    world.deliveries(world.live_from, world.live_from + HOUR)
    fresh = world.orders[before:]
    assert len(fresh) == 30
    for order in fresh:
        last = max(scan.at for scans in order.scans.values() for scan in scans)
        assert order.placed_at < last < order.placed_at + HOUR


def test_a_silent_source_says_nothing_and_the_others_go_on(world: World) -> None:
    (slug, since, until) = world.silences[0]
    said = {delivery.source_slug for delivery in world.deliveries(since, until - timedelta(seconds=1))}
    assert slug not in said
    assert said


def test_a_single_story_begins_on_a_working_day_after_the_start() -> None:
    order = only(World.single("stalled", MONDAY))
    assert MONDAY < order.placed_at < MONDAY + timedelta(days=1)
    saturday = MONDAY + timedelta(days=5)
    assert only(World.single("stalled", saturday)).placed_at.weekday() == 0


def test_copies_are_orders_of_their_own() -> None:
    world = World.single("source_silent", MONDAY, copies=25)
    assert len({order.name for order in world.orders}) == 25
    assert len({order.vendor_numbers["a"] for order in world.orders}) == 25


def test_the_duplicates_of_a_story_are_the_same_bytes_and_the_repeats_are_not() -> None:
    world = World.single("out_of_order_and_duplicates", MONDAY)
    carrier = [d for d in world.deliveries(MONDAY, MONDAY + ALL_OF_IT) if d.source_slug == "fedex-main"]
    copies = Counter(delivery.body for delivery in carrier)
    assert sum(count > 1 for count in copies.values()) == 2
    shop = [d for d in world.deliveries(MONDAY, MONDAY + ALL_OF_IT) if d.source_slug == "northlight-shopify"]
    ids = Counter(delivery.headers["X-Shopify-Webhook-Id"] for delivery in shop)
    assert max(ids.values()) == 2
    topics = [delivery.headers["X-Shopify-Topic"] for delivery in shop]
    assert topics.index("fulfillments/create") < topics.index("orders/create")
