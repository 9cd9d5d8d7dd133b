"""The same stories when half of the news never comes, or comes backwards and twice: the truth is found all the same."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests.journeys.player import CARRIERS, Player, through_the_door
from tests.journeys.stage import set_stage
from tests.journeys.test_stories import end_of
from tests.tracking.sandbox.helpers import MONDAY, only
from tracking import clock
from tracking.exception_queue.sweep import sweep
from tracking.ingest.drain import drain
from tracking.models import ExceptionCase, Order, Shipment, Signal, Source, TrackingEvent
from tracking.sandbox.engine import World
from tracking.sandbox.orders import PlayedOrder
from tracking.sandbox.wire import Delivery

pytestmark = pytest.mark.django_db

RECONCILED = timedelta(hours=2)  # by then a shop that is asked every half hour has told what it did
OUTCOMES: dict[str, tuple[str, set[str]]] = {
    "customs_hold": ("delivered", {"customs_hold", "stalled"}),
    "damaged": ("exception", {"damaged", "stalled"}),
    "label_never_lodged": ("label_created", {"no_first_scan", "missed_promise"}),
    "refused_and_returned": ("returned", {"refused", "return_to_sender"}),
    "two_failed_attempts": ("delivered", {"failed_attempt"}),
    "weather_delay": ("delivered", {"weather_delay"}),
}


def _lost(delivery: Delivery) -> None:
    """A webhook that never comes."""


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_without_polls_the_webhooks_tell_the_whole_story(name: str) -> None:
    world, order = _order(name)
    Player(world, MONDAY, polled=()).play(end_of(order))
    assert _outcome() == OUTCOMES[name]


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_without_webhooks_the_polls_tell_the_whole_story(name: str) -> None:
    world, order = _order(name)
    player = Player(world, MONDAY, polled={*CARRIERS, order.shop.slug}, post=_lost)
    player.play(max(move.at for move in order.moves) + RECONCILED)
    # The shop has nothing to tell any more: to ask it every half hour would only take time.
    Source.objects.filter(slug=order.shop.slug).update(polling_is_on=False)
    player.play(end_of(order))
    assert _outcome() == OUTCOMES[name]
    assert Order.objects.get().number == order.name


@pytest.mark.parametrize("name", ["two_failed_attempts", "refused_and_returned", "delivered_then_moving"])
def test_backwards_and_twice_ends_in_the_same_truth(name: str) -> None:
    world, order = _order(name)
    end = end_of(order)
    with transaction.atomic():
        Player(world, MONDAY, polled=()).play(end)
        in_order = _facts()
        transaction.set_rollback(True)
    posts = world.deliveries(MONDAY, end)
    _all_at([post for post in reversed(posts) for _ in range(2)], end)
    assert _facts() == in_order
    assert ExceptionCase.objects.count() <= 1


def _order(name: str) -> tuple[World, PlayedOrder]:
    world = World.single(name, MONDAY)
    set_stage(MONDAY)
    return world, only(world)


def _all_at(posts: Collection[Delivery], now: datetime) -> None:
    with clock.at(now):
        for post in posts:
            through_the_door(post)
            drain(clock=clock.now)
        sweep(clock=clock.now)


def _outcome() -> tuple[str, set[str]]:
    return Shipment.objects.get().status, set(Signal.objects.values_list("kind", flat=True))


def _facts() -> dict[str, object]:
    """What must not depend on how the news came: the parcel, its events, and what is open."""
    (parcel,) = Shipment.objects.filter(merged_into=None).values(
        "status", "status_at", "reason", "number", "evidence", "label_at", "first_scan_at", "last_scan_at", "attempts",
        "delivered_at", "ended_at", "signed_by", "delivered_city", "estimate_at", "sentence_key", "sentence_parameters",
        "order__number", "carrier__code", "service__name", "is_returning", "moved_after_end_at",
    )  # fmt: skip
    events = TrackingEvent.objects.order_by("occurred_at", "code__raw_code")
    return {
        **parcel,
        "events": list(events.values_list("occurred_at", "code__raw_code", "time_text")),
        "open": sorted(Signal.objects.filter(state="open").values_list("kind", "count", "severity")),
        "needs review": Order.objects.get().needs_review,
    }
