"""Silent sources: found by their own habit, reported once, clocks stand for a day, over when heard again."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.shipments.telling import HOUR, event, fulfilment, order, set_up, tell
from tracking.connectors.contract import Quota
from tracking.connectors.http import CallFailed
from tracking.exception_queue.quiet import why_quiet
from tracking.exception_queue.sweep import sweep
from tracking.ingest.allowance import note_failure, note_success
from tracking.ingest.hearing import note_heard, percentile_99, usual_gap
from tracking.ingest.silence import Watched, watch_feeds
from tracking.ingest.sources import pause
from tracking.models import (
    DomainEvent,
    ExceptionCase,
    FeedHour,
    FeedIncident,
    PollState,
    Shipment,
    Signal,
    Source,
)
from tracking.vocabulary import FeedState

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 15, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def stage(db: None) -> None:
    set_up()


def parcels(many: int, at: datetime = START, source: str = "fedex", first: int = 0) -> list[str]:
    """Let the shop announce parcels and a carrier scan each of them."""
    names = [str(first + index) for index in range(many)]
    numbers = [f"8000000{int(name):05d}" for name in names]
    announced = zip(names, numbers, strict=True)
    tell("shop", *map(order, names), *(fulfilment(number, of=name, name=name) for name, number in announced), at=at)
    tell(source, *(event(number, "in_transit", at) for number in numbers), at=at)
    heard(source, at)
    return numbers


def heard(slug: str, at: datetime) -> None:
    Source.objects.filter(slug=slug).update(last_message_at=at)


def open_incident() -> FeedIncident:
    return FeedIncident.objects.get(ended_at=None)


def swept(at: datetime) -> None:
    sweep(clock=lambda: at)


def kinds() -> set[str]:
    return set(Signal.objects.filter(state="open").values_list("kind", flat=True))


def test_a_source_silent_for_a_day_and_back() -> None:
    numbers = parcels(20)
    assert watch_feeds(now=START + 6 * HOUR) == Watched()
    assert watch_feeds(now=START + 6 * HOUR + timedelta(seconds=1)) == Watched(opened=1)
    incident = open_incident()
    assert (incident.reason, incident.began_at, incident.parcels, incident.parcels_alone) == (
        "silent", START, 20, 20,
    )  # fmt: skip
    assert (incident.source.feed_state, incident.limit) == (FeedState.SILENT, 6 * HOUR)
    assert watch_feeds(now=START + 7 * HOUR) == Watched()
    stalls_at = START + 3 * DAY  # Thursday
    swept(stalls_at)
    assert not ExceptionCase.objects.exists()
    back = START + 3 * DAY + HOUR
    tell("fedex", *(event(number, "in_transit", back) for number in numbers), at=back)
    heard("fedex", back)
    assert watch_feeds(now=back) == Watched(closed=1)
    swept(back)
    incident.refresh_from_db()
    assert (incident.ended_at, incident.ended_because) == (back, "heard")
    assert not ExceptionCase.objects.exists()
    assert Source.objects.get(slug="fedex").feed_state == FeedState.OK
    told = DomainEvent.objects.filter(kind__startswith="feed.").order_by("id").values_list("kind", flat=True)
    assert list(told) == ["feed.incident_opened", "feed.incident_closed"]


def test_after_a_day_the_clocks_run_again_and_the_cases_belong_to_the_incident() -> None:
    parcels(20)
    watch_feeds(now=START + 7 * HOUR)
    swept(START + 4 * DAY - timedelta(seconds=1))  # three carrier days and the one that did not count
    assert not ExceptionCase.objects.exists()
    swept(START + 4 * DAY)
    cases = ExceptionCase.objects.filter(incident=open_incident())
    assert {(case.kind, case.cause) for case in cases} == {("stalled", "feed")}
    assert cases.count() == 20
    heard("fedex", START + 4 * DAY + HOUR)
    watch_feeds(now=START + 4 * DAY + HOUR)
    swept(START + 4 * DAY + HOUR)
    assert {(case.kind, case.cause) for case in cases.all()} == {("stalled", "carrier")}  # still true, and theirs now


def test_nineteen_parcels_are_no_incident() -> None:
    parcels(19)
    assert watch_feeds(now=START + DAY) == Watched()
    parcels(1, first=19)
    assert watch_feeds(now=START + DAY + timedelta(minutes=9)) == Watched()  # counted a moment ago
    assert watch_feeds(now=START + DAY + timedelta(minutes=10)) == Watched(opened=1)


def test_three_failed_polls_are_an_incident_and_an_answer_ends_it() -> None:
    parcels(20)
    fedex = Source.objects.get(slug="fedex")
    down = CallFailed("temporary", "Nobody answers.")
    for minutes in (30, 40):
        note_failure(fedex.pk, down, now=START + timedelta(minutes=minutes))
    assert watch_feeds(now=START + timedelta(minutes=41)) == Watched()
    note_failure(fedex.pk, down, now=START + timedelta(minutes=50))
    assert watch_feeds(now=START + timedelta(minutes=51)) == Watched(opened=1)
    incident = open_incident()
    assert (incident.reason, incident.began_at) == ("failed_polls", START + timedelta(minutes=30))
    note_success(fedex.pk, Quota(), now=START + 2 * HOUR)
    assert watch_feeds(now=START + 2 * HOUR) == Watched(closed=1)
    assert FeedHour.objects.get().last_at == START + 2 * HOUR


def test_failed_polls_of_a_source_that_still_pushes_are_no_silence() -> None:
    parcels(20)
    fedex = Source.objects.get(slug="fedex")
    for minutes in (10, 20, 30):
        note_failure(fedex.pk, CallFailed("temporary", "Nobody answers."), now=START + timedelta(minutes=minutes))
    heard("fedex", START + timedelta(minutes=25))
    assert watch_feeds(now=START + timedelta(minutes=31)) == Watched()


def test_a_parcel_that_another_source_tells_of_is_not_paused() -> None:
    numbers = parcels(20)
    Source.objects.filter(slug="usps").update(polling_is_on=True)
    tell("usps", event(numbers[0], "in_transit", START, carrier="usps"), at=START)
    watch_feeds(now=START + 7 * HOUR)
    assert (open_incident().parcels, open_incident().parcels_alone) == (20, 19)
    swept(START + 3 * DAY)
    case = ExceptionCase.objects.get()
    assert (case.shipment.number, case.cause, case.incident) == (numbers[0], "carrier", None)


def test_two_silent_sources_of_one_parcel_leave_it_without_news() -> None:
    numbers = parcels(20)
    tell("usps", *(event(number, "in_transit", START, carrier="usps") for number in numbers), at=START)
    heard("usps", START)
    assert watch_feeds(now=START + 7 * HOUR) == Watched(opened=2)
    swept(START + 3 * DAY)
    assert not ExceptionCase.objects.exists()


def test_a_signal_that_fired_before_the_silence_was_noticed_stays() -> None:
    parcels(20)
    heard("fedex", START + 3 * DAY - HOUR)
    swept(START + 3 * DAY)
    watch_feeds(now=START + 3 * DAY + 6 * HOUR)
    swept(START + 3 * DAY + 6 * HOUR)
    assert {(case.kind, case.cause, case.state) for case in ExceptionCase.objects.all()} == {
        ("stalled", "carrier", "new")
    }


def test_a_stall_stays_a_stall_while_nobody_can_say_that_it_became_a_loss() -> None:
    parcels(20)
    swept(START + 3 * DAY)
    heard("fedex", START + 9 * DAY)
    watch_feeds(now=START + 9 * DAY + 7 * HOUR)
    for days in (9.5, 10):
        swept(START + days * DAY)
        assert kinds() <= {"stalled", "presumed_lost"}
        assert Signal.objects.filter(state="open").count() == 20


def test_a_label_announced_during_the_silence_waits_too() -> None:
    parcels(20)
    fedex = Source.objects.get(slug="fedex")
    watch_feeds(now=START + 7 * HOUR)
    later = START + 8 * HOUR
    tell("shop", order("late"), fulfilment("899999999999", of="late", name="late"), at=later)
    PollState.objects.create(
        source=fedex, shipment=Shipment.objects.get(number="899999999999"), number="899999999999", next_poll_at=later
    )
    watch = {each.kind: each for each in why_quiet(Shipment.objects.get(number="899999999999"), later)}
    assert watch["no_first_scan"].due_at is not None
    assert watch["no_first_scan"].due_at >= START + DAY


def test_the_usual_gap_of_the_hour_decides_beyond_six_hours() -> None:
    fedex = parcels_of_a_slow_source()
    saturday = START + 5 * DAY
    assert usual_gap(fedex.pk, saturday + 10 * HOUR) == 2 * DAY + timedelta(minutes=10)
    assert usual_gap(fedex.pk, START + 3 * DAY) < HOUR  # a working day
    heard("fedex", saturday)
    assert watch_feeds(now=saturday + 30 * HOUR) == Watched()  # four times the usual weekend would be eight days


def parcels_of_a_slow_source() -> Source:
    """Twenty parcels; the source was heard every ten minutes on working days for five weeks, never on weekends."""
    parcels(20)
    fedex = Source.objects.get(slug="fedex")
    first = START - 35 * DAY - timedelta(hours=15)  # Monday 00:00
    moments = [first + week * 7 * DAY + step * timedelta(minutes=10) for week in range(5) for step in range(5 * 144)]
    note_heard([(fedex.pk, moment) for moment in moments])
    return fedex


def gaps(*hours: float) -> list[timedelta]:
    return [each * HOUR for each in hours]


@pytest.mark.parametrize(
    ("short", "between", "found"),
    [
        (0, [], 0),
        (0, gaps(2, 3, 1), 3),
        (98, gaps(5, 9), 5),  # 99 of 100
        (99, gaps(5), 0),
        (1000, gaps(30, 30, 30, 30), 0),
    ],
)
def test_the_gap_that_ninety_nine_of_a_hundred_do_not_exceed(
    short: int, between: Iterable[timedelta], found: float
) -> None:
    assert percentile_99(short, between) == found * HOUR


def test_a_source_that_answers_and_is_asked_seldom_is_not_silent() -> None:
    parcels(20)
    fedex = Source.objects.get(slug="fedex")
    note_success(fedex.pk, Quota(), now=START + HOUR)
    state = PollState.objects.create(
        source=fedex, shipment=Shipment.objects.earliest("pk"), number="1", next_poll_at=START + 12 * HOUR
    )
    assert watch_feeds(now=START + 11 * HOUR) == Watched()
    state.next_poll_at = START + 10 * HOUR  # it should have been asked by now
    state.save()
    assert watch_feeds(now=START + 11 * HOUR) == Watched(opened=1)


def test_a_source_paused_by_a_person_is_no_incident_and_ends_one() -> None:
    parcels(20)
    watch_feeds(now=START + 7 * HOUR)
    pause(source_id=Source.objects.get(slug="fedex").pk)
    assert watch_feeds(now=START + 8 * HOUR) == Watched(closed=1)
    assert FeedIncident.objects.get().ended_because == "no_longer_asked"
    assert watch_feeds(now=START + 9 * HOUR) == Watched()


def test_an_incident_ends_when_no_parcel_depends_on_the_source_any_more() -> None:
    parcels(20)
    watch_feeds(now=START + 7 * HOUR)
    Shipment.objects.update(ended_at=START)
    assert watch_feeds(now=START + 8 * HOUR) == Watched(closed=1)
    assert FeedIncident.objects.get().ended_because == "no_parcels"


def test_looking_costs_the_same_with_many_sources() -> None:
    costs = []
    for many in (1, 30):
        for index in range(many):
            Source.objects.create(slug=f"s{many}-{index}", kind="usps", created_at=START, last_message_at=START)
        with CaptureQueriesContext(connection) as queries:
            watch_feeds(now=START + HOUR)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 8
