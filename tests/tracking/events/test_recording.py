"""Events: one row for one thing that happened, however often and by whatever route it is told."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracking.connectors.contract import LookupKey, ObservedEvent, Place, When
from tracking.events.operations import Told, mark_not_repeated, record
from tracking.models import Shipment, Source, TrackingCode, TrackingEvent

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 17, 12, tzinfo=UTC)


@pytest.fixture
def source(now: datetime) -> Source:
    return Source.objects.create(slug="fedex", kind="fedex", created_at=now)


@pytest.fixture
def parcel(now: datetime) -> Shipment:
    return Shipment.objects.create(created_at=now)


def event(code: str = "AR", at: datetime = AT, **changes: Any) -> ObservedEvent:
    plain = ObservedEvent(
        tracking_number="1",
        carrier="fedex",
        when=When(at.isoformat(), "instant", at),
        keys=(LookupKey("eventType", code),),
        raw_code=code,
    )
    return replace(plain, **changes)


def told(parcel: Shipment, source: Source, event: ObservedEvent, at: datetime, message_id: int = 1) -> Told:
    return Told(parcel.pk, source.pk, source.kind, event, at, message_id)


def stored() -> list[tuple[int, datetime, str]]:
    rows = TrackingEvent.objects.select_related("code")
    return sorted((row.identity, row.occurred_at, row.text) for row in rows)


def test_nothing_told_is_nothing_recorded() -> None:
    assert record([]).touched == frozenset()


def test_an_event_is_recorded_once_and_its_first_receipt_stays(parcel: Shipment, source: Source, now: datetime) -> None:
    first = record([told(parcel, source, event(), now, 1)])
    second = record([told(parcel, source, event(), now + timedelta(hours=1), 2)])
    assert (first.new, first.repeated, first.touched) == (1, 0, {parcel.pk})
    assert (second.new, second.repeated, second.touched) == (0, 1, frozenset())
    row = TrackingEvent.objects.get()
    assert (row.received_at, row.message_id) == (now, 1)


def test_identical_events_in_one_batch_are_one_row_with_all_blanks_filled(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    parts: list[dict[str, Any]] = [{"description": "Arrived"}, {"place": Place(city="DENVER")}, {"signed_by": "ANN"}]
    done = record([told(parcel, source, event(**part), now) for part in parts])
    assert (done.new, done.repeated) == (1, 2)
    row = TrackingEvent.objects.get()
    assert (row.text, row.city, row.signed_by) == ("Arrived", "DENVER", "ANN")


def test_a_better_wording_replaces_a_worse_and_a_blank_replaces_nothing(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    for words in ("Arrived", "Arrived at FedEx hub", ""):
        record([told(parcel, source, event(description=words), now)])
    assert TrackingEvent.objects.get().text == "Arrived at FedEx hub"


def test_words_are_kept_once_with_their_code_and_read_the_same(parcel: Shipment, source: Source, now: datetime) -> None:
    record([told(parcel, source, event(description=words, at=AT + timedelta(hours=n)), now) for n, words in WORDS])
    rows = TrackingEvent.objects.order_by("occurred_at")
    assert [(row.text, row.own_text) for row in rows] == [
        ("Arrived at hub 12", "Arrived at hub 12"),
        ("Arrived at hub 7", ""),
        ("Departed", ""),
    ]
    assert TrackingCode.objects.count() == 2


WORDS = [(0, "Arrived at hub 12"), (1, "Arrived at hub 7"), (2, "Departed")]


def test_words_told_anew_are_taken_though_their_code_has_them(parcel: Shipment, source: Source, now: datetime) -> None:
    for words in ("Arrived", "Left", "Arrived"):
        record([told(parcel, source, event(description=words), now)])
        again = record([told(parcel, source, event(description=words), now)])
        assert TrackingEvent.objects.get().text == words
        assert again.touched == frozenset()  # said before: no row is written
    assert TrackingEvent.objects.get().own_text == ""


def test_texts_that_share_a_code_without_shape_have_only_their_own_words() -> None:
    code = TrackingCode(sample_text="Arrived at hub 7", text_shape="")
    assert TrackingEvent(code=code).text == ""
    assert TrackingEvent(code=code, own_text="Left").text == "Left"


def test_the_time_as_told_is_kept_where_it_is_no_exact_moment(parcel: Shipment, source: Source, now: datetime) -> None:
    day = When("2026-11-20", "date", AT.date())
    record([told(parcel, source, each, now) for each in (event(), replace(event("OD"), when=day))])
    assert dict(TrackingEvent.objects.values_list("code__raw_code", "time_text")) == {"AR": "", "OD": "2026-11-20"}


@pytest.mark.parametrize(
    "other",
    [event("OD"), event(at=AT + timedelta(seconds=1)), event(keys=(LookupKey("eventType", "AR", "84"),))],
    ids=["code", "time", "subcode"],
)
def test_another_code_or_time_is_another_event(
    parcel: Shipment, source: Source, now: datetime, other: ObservedEvent
) -> None:
    record([told(parcel, source, each, now) for each in (event(), other)])
    assert TrackingEvent.objects.count() == 2


def test_the_same_words_of_two_sources_or_parcels_are_different_events(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    other_source = Source.objects.create(slug="two", kind="fedex", created_at=now)
    other_parcel = Shipment.objects.create(created_at=now)
    pairs = itertools.product((parcel, other_parcel), (source, other_source))
    record([told(each, teller, event(), now) for each, teller in pairs])
    assert TrackingEvent.objects.count() == 4
    assert TrackingCode.objects.count() == 1


def test_a_future_event_told_again_after_its_time_is_marked_as_heard(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    future = event(at=now + timedelta(days=3))
    record([told(parcel, source, future, now)])
    later = now + timedelta(days=4)
    assert record([told(parcel, source, future, later)]).touched == {parcel.pk}
    assert TrackingEvent.objects.get().heard_again_at == later


def test_what_a_complete_snapshot_leaves_out_is_marked_and_unmarked_when_told_again(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    both = [told(parcel, source, event(), now), told(parcel, source, event("OD"), now)]
    record(both)
    assert mark_not_repeated([(parcel.pk, source.pk, both[:1])], now=now) == {parcel.pk}
    assert mark_not_repeated([(parcel.pk, source.pk, both[:1])], now=now) == set()
    assert list(TrackingEvent.objects.order_by("code__raw_code").values_list("not_repeated_at", flat=True)) == [
        None,
        now,
    ]
    assert record(both).touched == {parcel.pk}
    assert not TrackingEvent.objects.exclude(not_repeated_at=None).exists()


def test_a_snapshot_marks_only_what_its_own_source_told_of_its_own_parcel(
    parcel: Shipment, source: Source, now: datetime
) -> None:
    other_source = Source.objects.create(slug="two", kind="fedex", created_at=now)
    other_parcel = Shipment.objects.create(created_at=now)
    record([told(parcel, other_source, event(), now), told(other_parcel, source, event(), now)])
    assert mark_not_repeated([(parcel.pk, source.pk, [])], now=now) == set()


def test_a_code_keeps_at_most_500_texts(
    parcel: Shipment, source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.events.meanings.SHAPES_PER_CODE", 5)
    words = [f"Remark {chr(97 + index // 26)}{chr(97 + index % 26)} of the driver" for index in range(40)]
    for index, text in enumerate(words):
        at = AT + timedelta(minutes=index)
        record([told(parcel, source, event(at=at, description=text), now)])
    assert TrackingEvent.objects.count() == 40
    assert TrackingCode.objects.count() == 6
    assert TrackingCode.objects.filter(text_shape="").count() == 1


TELLINGS = st.lists(
    st.tuples(st.sampled_from(["AR", "OD", "DL"]), st.integers(0, 3), st.sampled_from(["", "text"])), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tellings=TELLINGS, cut=st.integers(0, 12))
def test_any_split_into_batches_gives_the_same_rows(
    parcel: Shipment, source: Source, now: datetime, tellings: list[tuple[str, int, str]], cut: int
) -> None:
    items = [
        told(parcel, source, event(code, AT + timedelta(hours=hours), description=text), now)
        for code, hours, text in tellings
    ]
    TrackingEvent.objects.all().delete()
    record(items)
    whole = stored()
    TrackingEvent.objects.all().delete()
    new = record(items[:cut]).new + record(items[cut:]).new
    assert stored() == whole
    assert new == len(whole) == len({(code, hours) for code, hours, _ in tellings})


ARRIVED: list[tuple[int, dict[str, Any]]] = [
    (1, {"description": "Arrived", "place": Place(city="DENVER", postcode="80201")}),
    (2, {"signed_by": "ANN"}),
    (3, {"description": "Arrived at FedEx hub", "place": Place(city="BOULDER")}),
]


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_neither_order_nor_batches_of_work_decide_which_words_stand(
    parcel: Shipment, source: Source, now: datetime, cut: int
) -> None:
    """What was received last has the last word, also when it was worked first, or together with the others."""
    for order in itertools.permutations(ARRIVED):
        TrackingEvent.objects.all().delete()
        said = [told(parcel, source, event(**facts), now + timedelta(hours=n), n) for n, facts in order]
        for batch in (said[:cut], said[cut:]) if cut else ([each] for each in said):
            record(batch)
        row = TrackingEvent.objects.get()
        assert (row.text, row.city, row.postcode) == ("Arrived at FedEx hub", "BOULDER", "80201")
        assert (row.signed_by, row.received_at, row.message_id) == ("ANN", now + timedelta(hours=1), 1)
