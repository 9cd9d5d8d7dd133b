"""Asking sources: who is due, in what batches, how often at most, and what a failing vendor costs."""

import json
import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from threading import Event, Thread
from unittest.mock import patch

import pytest
from django.db import connection

from tests.tracking.ingest.making import (
    SECRET,
    drained,
    fedex_body,
    fulfilment_body,
    outcome,
    post,
    scan,
    source_of,
    stored,
)
from tests.tracking.ingest.vendors import (
    LATE,
    Vendor,
    fedex_answer,
    fedex_numbers,
    response,
    shop_answer,
    unreachable,
    usps_answer,
)
from tracking.connectors.contract import Connector, PolledPart
from tracking.connectors.http import CallFailed, HttpRequest, HttpResponse
from tracking.connectors.registry import get
from tracking.ingest import polling
from tracking.ingest.allowance import note_failure, take_call
from tracking.ingest.calling import Polled
from tracking.ingest.operations import store_polled
from tracking.ingest.polling import poll_all, poll_source
from tracking.ingest.schedule import Intervals, phase_of, plan_polls
from tracking.ingest.sources import pause, resume
from tracking.ingest.sources import test_connection as try_connection
from tracking.models import InboundMessage, PollPolicy, PollState, Shipment, Source, WakeFlag
from tracking.vocabulary import FeedState

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
USPS_NUMBER = "9400150899563000000077"


def announce(now: datetime, numbers: Iterable[str], company: str = "FedEx") -> None:
    """Let the shop announce parcels."""
    shop = Source.objects.filter(slug="shopify").first() or source_of("shopify", now)
    for index, number in enumerate(numbers):
        stored(shop, fulfilment_body(int(f"{now.timestamp():.0f}{index}"), [number], tracking_company=company), now)
    drained(now)


def fedex_parcels(count: int) -> list[str]:
    return [f"7000000{index:05d}" for index in range(count)]


def ask(source: Source, vendor: Vendor, now: datetime) -> Polled:
    return poll_source(source_id=source.pk, clock=lambda: now, transport=vendor)


@pytest.fixture
def fedex(now: datetime) -> Source:
    return source_of("fedex", now)


@pytest.fixture
def usps(now: datetime) -> Source:
    return source_of("usps", now)


@pytest.fixture
def shop(now: datetime) -> Source:
    return source_of("shopify", now)


# --- Who is asked about, and when -------------------------------------------------------------------------------


def test_each_parcel_is_asked_about_once_in_calls_of_thirty(fedex: Source, now: datetime) -> None:
    numbers = fedex_parcels(65)
    announce(now, numbers)
    vendor = Vendor(fedex_answer)
    done = ask(fedex, vendor, now)
    assert [len(fedex_numbers(request)) for request in vendor.asked] == [30, 30, 5]
    assert Counter(number for request in vendor.asked for number in fedex_numbers(request)) == Counter(numbers)
    assert (done.calls, done.stored, vendor.tokens) == (3, 65, 1)
    assert ask(fedex, vendor, now + HOUR).calls == 0


def test_parcels_are_asked_about_at_their_own_carrier(fedex: Source, usps: Source, now: datetime) -> None:
    announce(now, ["700000000001"])
    announce(now + MINUTE, [USPS_NUMBER], "USPS")
    assert set(PollState.objects.values_list("source__slug", "number")) == {
        ("fedex", "700000000001"),
        ("usps", USPS_NUMBER),
    }


PHASES = [
    ("label only", {}, 12 * HOUR),
    ("moving", {"first_scan_at": -DAY, "last_event_at": -DAY}, 4 * HOUR),
    ("out for delivery", {"first_scan_at": -DAY, "last_event_at": -HOUR, "status": "out_for_delivery"}, 30 * MINUTE),
    ("silent for 5 days", {"first_scan_at": -9 * DAY, "last_event_at": -5 * DAY - MINUTE}, DAY),
    ("not yet silent", {"first_scan_at": -9 * DAY, "last_event_at": -5 * DAY}, 4 * HOUR),
    ("just ended", {"first_scan_at": -9 * DAY, "last_event_at": -DAY, "ended_at": -DAY}, 12 * HOUR),
    ("ended 3 days ago", {"last_event_at": -3 * DAY - MINUTE, "ended_at": -3 * DAY - MINUTE}, None),
    ("last event 45 days ago", {"first_scan_at": -50 * DAY, "last_event_at": -45 * DAY - MINUTE}, None),
    ("label 45 days old", {"created_at": -90 * DAY, "number_at": -45 * DAY - MINUTE}, None),
]


@pytest.mark.parametrize(("facts", "wait"), [row[1:] for row in PHASES], ids=[row[0] for row in PHASES])
def test_how_soon_a_parcel_is_asked_about_again(
    now: datetime, facts: dict[str, timedelta | str], wait: timedelta | None
) -> None:
    moments = {name: now + value if isinstance(value, timedelta) else value for name, value in facts.items()}
    shipment = Shipment(**{"created_at": now - HOUR, **moments})
    assert Intervals().next_for(shipment, now) == (now + wait if wait else None)


def test_a_policy_of_the_administrator_decides_and_zero_means_never(fedex: Source, now: datetime) -> None:
    PollPolicy.objects.update_or_create(phase="label_only", defaults={"minutes": 7})
    announce(now, ["700000000001"])
    ask(fedex, Vendor(lambda request: fedex_answer(request, left_out=["700000000001"])), now)
    assert PollState.objects.get().next_poll_at == now + 7 * MINUTE
    PollPolicy.objects.update(minutes=0)
    announce(now + MINUTE, ["700000000002"])
    assert not PollState.objects.filter(number="700000000002").exists()


def test_a_parcel_that_becomes_livelier_is_asked_about_sooner_never_later(
    presets: None, fedex: Source, now: datetime
) -> None:
    announce(now, ["700000000001"])
    PollState.objects.update(next_poll_at=now + 12 * HOUR)
    outcome(fedex, fedex_body("700000000001", scan(LATE, "OD", "On FedEx vehicle for delivery")), now)
    assert PollState.objects.get().next_poll_at == now + 30 * MINUTE
    PollState.objects.update(next_poll_at=now + MINUTE)
    plan_polls(shipment_ids=Shipment.objects.values_list("pk", flat=True), now=now)
    assert PollState.objects.get().next_poll_at == now + MINUTE


def test_a_parcel_that_moves_again_after_its_end_is_asked_about_again(now: datetime, fedex: Source) -> None:
    announce(now, ["700000000001"])
    PollState.objects.update(next_poll_at=None)
    Shipment.objects.update(first_scan_at=now, last_event_at=now)
    plan_polls(shipment_ids=Shipment.objects.values_list("pk", flat=True), now=now)
    assert PollState.objects.get().next_poll_at == now + 4 * HOUR


def test_what_happened_during_the_call_decides_when_to_ask_next(fedex: Source, now: datetime) -> None:
    announce(now, ["700000000001"])

    def answer(request: HttpRequest) -> HttpResponse:
        Shipment.objects.update(status="out_for_delivery", first_scan_at=now, last_event_at=now)
        return fedex_answer(request)

    ask(fedex, Vendor(answer), now)
    assert PollState.objects.get().next_poll_at == now + 30 * MINUTE


def test_a_source_connected_later_is_asked_about_the_parcels_on_their_way(now: datetime) -> None:
    announce(now, fedex_parcels(3))
    old, ended, _ = Shipment.objects.order_by("id")
    Shipment.objects.filter(pk=old.pk).update(number_at=now - 46 * DAY)
    Shipment.objects.filter(pk=ended.pk).update(ended_at=now - 4 * DAY)
    announce(now + MINUTE, [USPS_NUMBER], "USPS")
    source_of("fedex", now)
    source_of("fedex", now)
    assert list(PollState.objects.values_list("number", "next_poll_at")) == [("700000000002", now)]


def test_a_resumed_source_is_asked_about_what_it_missed(fedex: Source, now: datetime) -> None:
    pause(source_id=fedex.pk)
    announce(now, ["700000000001"])
    assert not PollState.objects.exists()
    vendor = Vendor(lambda request: fedex_answer(request) if "fedex" in request.url else shop_answer())
    poll_all(clock=lambda: now, transport=vendor)
    assert not any("fedex" in request.url for request in vendor.asked)
    resume(source_id=fedex.pk, now=now)
    poll_all(clock=lambda: now, transport=vendor)
    assert fedex_numbers(vendor.asked[-1]) == ["700000000001"]
    assert phase_of(Shipment.objects.get(), now) == "label_only"


# --- Answers ----------------------------------------------------------------------------------------------------


def test_a_repeated_answer_only_counts_up(fedex: Source, now: datetime) -> None:
    announce(now, ["700000000001"])
    for hours in range(3):
        PollState.objects.update(next_poll_at=now)
        ask(fedex, Vendor(fedex_answer), now + hours * HOUR)
        drained(now + hours * HOUR)
    message = InboundMessage.objects.get(transport="poll")
    assert (message.seen_count, message.received_at, message.last_seen_at) == (3, now, now + 2 * HOUR)


def test_only_the_last_answer_counts_as_repeated(fedex: Source, now: datetime) -> None:
    told = [
        store_polled(source_id=fedex.pk, parts=[PolledPart("1", body)], now=now) for body in (b"a", b"b", b"b", b"a")
    ]
    assert told == [(1, 0), (1, 0), (0, 1), (1, 0)]


def test_a_repeated_answer_wakes_nobody(fedex: Source, now: datetime) -> None:
    store_polled(source_id=fedex.pk, parts=[PolledPart("1", b"a")], now=now)
    WakeFlag.objects.all().delete()
    store_polled(source_id=fedex.pk, parts=[PolledPart("1", b"a")], now=now)
    assert not WakeFlag.objects.exists()


def test_a_parcel_twice_in_one_answer_is_one_part(fedex: Source, now: datetime) -> None:
    parts = [PolledPart("1", b"a"), PolledPart("2", b"a"), PolledPart("1", b"a")]
    assert store_polled(source_id=fedex.pk, parts=parts, now=now) == (2, 1)


def test_absurd_names_of_parts_are_kept_apart_and_recognized(fedex: Source, now: datetime) -> None:
    parts = [PolledPart("x\x00" * 300 + end, b"a") for end in ("1", "2", "\ud800")]
    assert store_polled(source_id=fedex.pk, parts=parts, now=now) == (3, 0)
    assert store_polled(source_id=fedex.pk, parts=parts, now=now) == (0, 3)


def test_a_number_left_out_of_the_answer_counts_as_its_failure(fedex: Source, now: datetime) -> None:
    announce(now, fedex_parcels(2))
    left_out = fedex_parcels(2)[:1]
    ask(fedex, Vendor(lambda request: fedex_answer(request, left_out)), now)
    assert dict(PollState.objects.values_list("number", "failures")) == {"700000000000": 1, "700000000001": 0}


def test_a_worker_that_dies_during_the_call_has_its_parcels_asked_again_when_its_lease_ends(
    fedex: Source, now: datetime
) -> None:
    announce(now, ["700000000001"])

    def die(request: HttpRequest) -> HttpResponse:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(fedex, Vendor(die), now)
    assert ask(fedex, Vendor(fedex_answer), now + polling.LEASE - MINUTE).calls == 0
    assert ask(fedex, Vendor(fedex_answer), now + polling.LEASE).stored == 1


@pytest.mark.django_db(transaction=True)
def test_no_call_is_made_inside_a_transaction_and_only_one_asker_is_at_work(now: datetime) -> None:
    fedex = source_of("fedex", now)
    announce(now, ["700000000001"])
    inside, go_on = Event(), Event()
    was_atomic: list[bool] = []

    def slow(request: HttpRequest) -> HttpResponse:
        was_atomic.append(connection.in_atomic_block)
        inside.set()
        assert go_on.wait(20)
        return fedex_answer(request)

    def first() -> None:
        ask(fedex, Vendor(slow), now)
        connection.close()

    thread = Thread(target=first)
    thread.start()
    assert inside.wait(20)
    PollState.objects.update(next_poll_at=now)
    second = ask(fedex, Vendor(fedex_answer), now)
    go_on.set()
    thread.join(20)
    assert (was_atomic, second.calls) == ([False], 0)
    assert InboundMessage.objects.filter(transport="poll").count() == 1


# --- Allowances -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "seconds"), [(60, 3600), (7, 600), (2, 300), (1, 120)])
def test_no_period_ever_sees_more_calls_than_allowed(usps: Source, now: datetime, calls: int, seconds: int) -> None:
    Source.objects.filter(pk=usps.pk).update(calls_allowed=calls, period_seconds=seconds)
    period, connector = timedelta(seconds=seconds), get("usps")
    made: list[datetime] = []
    for step in range(91):
        moment = now + period * step / 30
        while take_call(usps.pk, connector, now=moment):
            made.append(moment)
    for moment in made:
        assert sum(moment <= other < moment + period for other in made) <= calls
    assert len(made) >= 3 * (calls * 2 // 3)  # three periods; what is spread out is used


def test_a_clock_that_runs_back_gives_no_calls_away(usps: Source, now: datetime) -> None:
    connector = get("usps")
    while take_call(usps.pk, connector, now=now):
        pass
    assert not take_call(usps.pk, connector, now=now - HOUR)
    assert not take_call(usps.pk, connector, now=now)


def test_an_empty_bucket_puts_parcels_off_without_a_call(usps: Source, now: datetime) -> None:
    announce(now, [USPS_NUMBER], "USPS")
    Source.objects.filter(pk=usps.pk).update(bucket_tokens=0, bucket_at=now)
    vendor = Vendor(usps_answer)
    assert ask(usps, vendor, now) == Polled()
    assert (vendor.asked, PollState.objects.get().next_poll_at) == ([], now + MINUTE)


def test_the_vendors_word_on_its_quota_is_shown_and_obeyed(shop: Source, now: datetime) -> None:
    ask(shop, Vendor(lambda request: shop_answer()), now)
    shop.refresh_from_db()
    assert (shop.quota_limit, shop.quota_remaining, shop.quota_told_at) == (2000, 1500, now)
    assert shop.quota_resets_at == now + timedelta(seconds=5)
    Source.objects.update(quota_remaining=0, quota_resets_at=now + 2 * HOUR, next_poll_at=None)
    assert ask(shop, Vendor(lambda request: shop_answer()), now + HOUR).calls == 0
    assert ask(shop, Vendor(lambda request: shop_answer()), now + 2 * HOUR).calls == 1


# --- Failures ---------------------------------------------------------------------------------------------------


def test_retry_after_is_obeyed(fedex: Source, now: datetime) -> None:
    announce(now, ["700000000001"])
    vendor = Vendor(lambda request: response(429, {}, retry_after="1800"))
    assert ask(fedex, vendor, now).failures == 1
    fedex.refresh_from_db()
    assert fedex.blocked_until == now + 30 * MINUTE
    PollState.objects.update(next_poll_at=now)
    assert ask(fedex, vendor, now + 29 * MINUTE) == Polled()
    vendor.answer = fedex_answer
    assert ask(fedex, vendor, now + 30 * MINUTE).calls == 1
    fedex.refresh_from_db()
    assert (fedex.blocked_until, fedex.feed_state, len(vendor.asked)) == (None, FeedState.OK, 2)


def test_the_circuit_opens_after_three_failures_tries_again_and_heals(fedex: Source, now: datetime) -> None:
    announce(now, ["700000000001"])
    vendor, moment = Vendor(unreachable), now
    blocks = []
    for _ in range(9):
        PollState.objects.update(next_poll_at=moment)
        assert ask(fedex, vendor, moment).failures == 1
        fedex.refresh_from_db()
        blocks.append((fedex.blocked_until - moment) / MINUTE if fedex.blocked_until else 0)
        moment = fedex.blocked_until or moment + MINUTE
    assert blocks == [0, 0, 2, 4, 8, 16, 32, 60, 60]
    assert (fedex.feed_state, fedex.last_failure) == (FeedState.FAILING, "The vendor did not answer in time.")
    vendor.answer = fedex_answer
    PollState.objects.update(next_poll_at=moment)
    assert ask(fedex, vendor, moment).calls == 1
    fedex.refresh_from_db()
    assert (fedex.failures_in_a_row, fedex.blocked_until, fedex.feed_state) == (0, None, FeedState.OK)


def test_a_vendor_that_was_away_for_months_does_not_break_the_arithmetic(fedex: Source, now: datetime) -> None:
    Source.objects.update(failures_in_a_row=5000)
    assert note_failure(fedex.pk, CallFailed("temporary", "away"), now=now) == now + HOUR


def test_a_failing_source_does_not_stop_the_others(
    fedex: Source, usps: Source, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    announce(now, ["700000000001"])
    announce(now + MINUTE, [USPS_NUMBER], "USPS")

    class Broken(Vendor):
        def send(self, request: HttpRequest) -> HttpResponse:
            if "fedex" in request.url:
                raise ZeroDivisionError(f"a fault of ours that quotes {SECRET}")
            return super().send(request) if "usps" in request.url else shop_answer()

    done = poll_all(clock=lambda: now + MINUTE, transport=Broken(usps_answer))
    fedex.refresh_from_db()
    assert (done.failures, done.calls) == (1, 2)
    assert fedex.last_failure == "The fedex connector could not work with the vendor's answer (ZeroDivisionError)."
    assert "the fedex connector failed" in caplog.text
    assert SECRET not in caplog.text


def test_secrets_that_no_key_opens_stop_their_source_alone(fedex: Source, usps: Source, now: datetime) -> None:
    announce(now, [USPS_NUMBER], "USPS")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tracking_source SET secrets = 'made with a key that is lost' WHERE slug <> 'usps'")
    done = poll_all(clock=lambda: now, transport=Vendor(usps_answer))
    told = Source.objects.defer("secrets", "token").get(slug="fedex")
    assert (done.calls, done.failures) == (1, 2)
    assert "Enter them again" in told.last_failure


def test_a_missing_permission_is_told_as_what_to_do(usps: Source, now: datetime) -> None:
    announce(now, [USPS_NUMBER], "USPS")
    vendor = Vendor(usps_answer, scope="addresses")
    assert ask(usps, vendor, now).failures == 1
    usps.refresh_from_db()
    assert "Add the tracking product" in usps.last_failure
    assert (usps.feed_state, usps.blocked_until) == (FeedState.FAILING, now + 15 * MINUTE)
    assert (vendor.tokens, vendor.asked) == (1, [])


@pytest.mark.parametrize("kind", ["fedex", "usps"])
def test_a_token_is_kept_and_a_refused_one_is_renewed_once(now: datetime, kind: str) -> None:
    source = source_of(kind, now)
    announce(now, ["700000000001" if kind == "fedex" else USPS_NUMBER], kind)
    good = fedex_answer if kind == "fedex" else usps_answer
    vendor = Vendor(good)
    for minutes in (0, 10):
        PollState.objects.update(next_poll_at=now)
        assert ask(source, vendor, now + minutes * MINUTE).calls == 1
    assert vendor.tokens == 1

    def refuse_the_old_one(request: HttpRequest) -> HttpResponse:
        return response(401, {}) if "planted-token-1" in request.headers["Authorization"] else good(request)

    vendor.answer = refuse_the_old_one
    PollState.objects.update(next_poll_at=now)
    assert ask(source, vendor, now + 20 * MINUTE).calls == 1
    source.refresh_from_db()
    assert (vendor.tokens, source.token["value"], source.failures_in_a_row) == (2, "planted-token-2", 0)
    PollState.objects.update(next_poll_at=now)
    assert ask(source, vendor, now + 2 * HOUR).calls == 1  # past its life
    assert vendor.tokens == 3


def test_a_vendor_that_refuses_every_token_is_left_alone_for_a_while(usps: Source, now: datetime) -> None:
    announce(now, [USPS_NUMBER], "USPS")
    vendor = Vendor(lambda request: response(401, {}))
    ask(usps, vendor, now)
    usps.refresh_from_db()
    assert (vendor.tokens, len(vendor.asked), usps.blocked_until) == (1, 1, now + 15 * MINUTE)


# --- Pages ------------------------------------------------------------------------------------------------------


def order(index: int) -> dict[str, str]:
    return {"id": f"gid://shopify/Order/{index}", "name": f"#{index}", "updatedAt": "2026-11-17T10:00:00Z"}


def test_pages_are_followed_to_their_end_and_the_next_look_is_in_half_an_hour(shop: Source, now: datetime) -> None:
    numbers = count()

    def pages(request: HttpRequest) -> HttpResponse:
        index = next(numbers)
        return shop_answer([order(index)], after=f"page {index}", more=index < 4)

    assert ask(shop, Vendor(pages), now).stored == 5
    shop.refresh_from_db()
    assert shop.next_poll_at == now + 30 * MINUTE
    assert ask(shop, Vendor(pages), now + 29 * MINUTE) == Polled()


def test_pages_without_end_are_left_and_taken_up_again(shop: Source, now: datetime) -> None:
    numbers = count()

    def endless(request: HttpRequest) -> HttpResponse:
        index = next(numbers)
        return shop_answer([order(index)], after=f"page {index}", more=True)

    vendor = Vendor(endless)
    assert ask(shop, vendor, now).calls == polling.MOST_PAGES
    assert ask(shop, vendor, now + MINUTE).calls > 0
    asked = [json.loads(request.body)["variables"]["after"] for request in vendor.asked]
    assert len(set(asked)) == len(asked)


def test_a_cursor_that_stands_still_is_not_followed(shop: Source, now: datetime) -> None:
    connector: Connector = get("shopify")
    answer = connector.fetch
    vendor = Vendor(lambda request: shop_answer([order(1)], after="same", more=True))

    def still(*args: object) -> object:
        return type(told := answer(*args))(told.parts, told.quota, "", more=True)  # type: ignore[arg-type]

    with patch.object(type(connector), "fetch", staticmethod(still)):
        assert ask(shop, vendor, now).calls == 1
    shop.refresh_from_db()
    assert shop.next_poll_at == now + 30 * MINUTE


def test_a_page_that_fails_is_asked_for_again_from_the_same_place(shop: Source, now: datetime) -> None:
    vendor = Vendor(lambda request: shop_answer([order(1)], after="page 1", more=True))
    with patch.object(polling, "MOST_PAGES", 1):
        ask(shop, vendor, now)
    vendor.answer = unreachable
    ask(shop, vendor, now)
    assert ask(shop, vendor, now + 9 * MINUTE) == Polled()
    vendor.answer = lambda request: shop_answer([order(1)])
    ask(shop, vendor, now + 10 * MINUTE)
    asked = [json.loads(request.body)["variables"]["after"] for request in vendor.asked]
    assert asked == [None, "page 1", "page 1"]


# --- Secrets ----------------------------------------------------------------------------------------------------


def test_secrets_stand_nowhere_in_the_clear(usps: Source, now: datetime, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fedex, shop = source_of("fedex", now), source_of("shopify", now)
    announce(now, ["700000000001"])
    announce(now + MINUTE, [USPS_NUMBER], "USPS")
    post("fedex", b"{}", now, headers={"fdx-signature": "wrong"})
    for answer in (usps_answer, unreachable, lambda request: response(500, {})):
        PollState.objects.update(next_poll_at=now)
        Source.objects.update(blocked_until=None, next_poll_at=None)
        poll_all(clock=lambda: now + MINUTE, transport=Vendor(answer))
    try_connection(source_id=shop.pk, now=now, transport=Vendor(lambda request: shop_answer()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT source::text FROM tracking_source AS source")
        rows = str(cursor.fetchall())
    assert Source.objects.get(pk=fedex.pk).token["value"].startswith("planted")
    assert "planted" not in rows
    assert "planted" not in caplog.text.replace("INSERT", "")
    assert caplog.text


def test_a_connection_test_does_not_resume_a_paused_source(shop: Source, now: datetime) -> None:
    pause(source_id=shop.pk)
    shop_named = Vendor(lambda request: response(200, {"data": {"shop": {"name": "Mugs"}}}))
    assert try_connection(source_id=shop.pk, now=now, transport=shop_named) == (
        True,
        'Shopify answered for the shop "Mugs".',
    )
    shop.refresh_from_db()
    assert shop.feed_state == FeedState.PAUSED
    assert try_connection(source_id=shop.pk, now=now, transport=Vendor(unreachable))[0] is False
