"""Snapshots: the newest word of each source counts, absent facts take nothing back."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tracking.connectors.contract import Observation as Word
from tracking.connectors.contract import Place, When
from tracking.events.observations import Said, observe
from tracking.models import Observation, Shipment, Source

pytestmark = pytest.mark.django_db

ESTIMATE = datetime(2026, 11, 20, 17, tzinfo=UTC)


@pytest.fixture
def ids(now: datetime) -> tuple[int, int]:
    source = Source.objects.create(slug="fedex", kind="fedex", created_at=now)
    return Shipment.objects.create(created_at=now).pk, source.pk


def estimate(moment: datetime) -> When:
    return When(moment.isoformat(), "instant", moment)


def word(**facts: object) -> Word:
    return Word("1", "fedex", **facts)  # type: ignore[arg-type]


def say(ids: tuple[int, int], at: datetime, told: Word) -> Observation:
    observe([Said(*ids, told, at)])
    return Observation.objects.get()


def test_the_first_estimate_is_kept_beside_the_newest(ids: tuple[int, int], now: datetime) -> None:
    say(ids, now, word(estimate_at=estimate(ESTIMATE)))
    row = say(ids, now + timedelta(hours=1), word(estimate_at=estimate(ESTIMATE + timedelta(days=2))))
    assert (row.original_estimate_at, row.estimate_at) == (ESTIMATE, ESTIMATE + timedelta(days=2))


def test_a_word_that_comes_late_changes_nothing(ids: tuple[int, int], now: datetime) -> None:
    say(ids, now, word(estimate_at=estimate(ESTIMATE), delay_flag="WEATHER"))
    row = say(ids, now - timedelta(hours=1), word(estimate_at=estimate(ESTIMATE - timedelta(days=1))))
    assert (row.estimate_at, row.delay_flag, row.observed_at) == (ESTIMATE, "WEATHER", now)


def test_absent_facts_take_nothing_back_but_a_delay_that_is_over(ids: tuple[int, int], now: datetime) -> None:
    place = Place("PORTLAND", "OR", "97201", "US")
    told = word(
        estimate_at=estimate(ESTIMATE), delay_flag="WEATHER", return_by=date(2026, 12, 1), signed_by="ANN",
        delivered_place=place, delivered_to="Porch", proof_url="https://example.com/p",
    )  # fmt: skip
    say(ids, now, told)
    row = say(ids, now + timedelta(hours=1), word())
    assert (row.estimate_at, row.delay_flag, row.return_by) == (ESTIMATE, "", date(2026, 12, 1))
    assert (row.signed_by, row.delivered_city, row.delivered_to) == ("ANN", "PORTLAND", "Porch")


def test_not_found_keeps_its_beginning_until_the_carrier_knows_the_number(ids: tuple[int, int], now: datetime) -> None:
    say(ids, now, word(not_found=True))
    row = say(ids, now + timedelta(hours=5), word(not_found=True))
    assert (row.not_found, row.not_found_since) == (True, now)
    row = say(ids, now + timedelta(hours=6), word())  # it does not say
    assert (row.not_found, row.not_found_since) == (True, now)
    row = say(ids, now + timedelta(hours=7), word(not_found=False))
    assert (row.not_found, row.not_found_since) == (False, None)
    assert say(ids, now + timedelta(hours=8), word(not_found=True)).not_found_since == now + timedelta(hours=8)


def test_a_batch_holds_the_same_as_its_words_one_by_one(ids: tuple[int, int], now: datetime) -> None:
    words = [
        Said(*ids, word(not_found=True), now),
        Said(*ids, word(estimate_at=estimate(ESTIMATE)), now + timedelta(hours=1)),
        Said(*ids, word(not_found=False, estimate_at=estimate(ESTIMATE + timedelta(days=1))), now + timedelta(hours=2)),
    ]
    facts = [field.name for field in Observation._meta.concrete_fields if field.name != "id"]
    for each in words:
        observe([each])
    one_by_one = Observation.objects.values(*facts).get()
    Observation.objects.all().delete()
    assert observe(reversed(words)) == {ids[0]}
    assert Observation.objects.values(*facts).get() == one_by_one


def test_an_estimate_for_a_day_means_its_end_at_the_destination(ids: tuple[int, int], now: datetime) -> None:
    told = word(estimate_at=When("2026-11-20", "date", date(2026, 11, 20)))
    observe([Said(*ids, told, now, "America/Los_Angeles")])
    row = Observation.objects.get()
    assert (row.estimate_at, row.estimate_precision) == (datetime(2026, 11, 21, 7, 59, 59, tzinfo=UTC), "date")


def test_a_snapshot_that_speaks_of_an_earlier_time_is_no_news(ids: tuple[int, int], now: datetime) -> None:
    newer = Said(*ids, word(estimate_at=estimate(ESTIMATE)), now, about_at=now)
    older = word(estimate_at=estimate(ESTIMATE - timedelta(days=1)), delay_flag="WEATHER")
    observe([newer])
    observe([Said(*ids, older, now + timedelta(hours=1), about_at=now - timedelta(hours=9))])
    row = Observation.objects.get()
    assert (row.estimate_at, row.delay_flag, row.observed_at) == (ESTIMATE, "", now)


def test_the_last_estimate_known_is_taken_from_a_late_snapshot_as_told_then(
    ids: tuple[int, int], now: datetime
) -> None:
    early = now - timedelta(hours=9)
    observe([Said(*ids, word(delay_flag="WEATHER"), now, about_at=now)])
    observe([Said(*ids, word(estimate_at=estimate(ESTIMATE)), now + timedelta(hours=1), about_at=early)])
    row = Observation.objects.get()
    assert (row.estimate_at, row.estimate_told_at, row.delay_flag) == (ESTIMATE, early, "WEATHER")


def test_when_an_estimate_was_last_named_is_kept(ids: tuple[int, int], now: datetime) -> None:
    say(ids, now, word(estimate_at=estimate(ESTIMATE)))
    assert say(ids, now + timedelta(hours=1), word()).estimate_told_at == now
    later = now + timedelta(hours=2)
    assert say(ids, later, word(estimate_at=estimate(ESTIMATE))).estimate_told_at == later
