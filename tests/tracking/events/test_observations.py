"""Snapshots: the newest word of each source counts, absent facts take nothing back."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, permutations

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


SPOKEN: list[tuple[int, dict[str, object]]] = [
    (0, {"estimate_at": estimate(ESTIMATE), "delivered_place": Place("PORTLAND", "OR", "97201", "US")}),
    (1, {"signed_by": "ANN", "delay_flag": "WEATHER", "proof_url": "https://example.com/1"}),
    (2, {"estimate_at": estimate(ESTIMATE + timedelta(days=2)), "delivered_place": Place("SALEM")}),
    (3, {"proof_url": "https://example.com/3"}),
]


@pytest.mark.parametrize("knows_its_time", [False, True], ids=["received", "about"])
def test_neither_order_nor_batches_of_work_decide_what_stands(
    ids: tuple[int, int], now: datetime, knows_its_time: bool
) -> None:
    """Each fact is of the newest snapshot that tells it, and the first estimate of the first, whoever is worked first:
    by when they were received, or, where all say so, of what time they speak."""

    def said(hours: int, facts: dict[str, object]) -> Said:
        at = now + timedelta(hours=hours)
        return Said(*ids, word(**facts), at, about_at=at - timedelta(minutes=5) if knows_its_time else None)

    facts = [field.name for field in Observation._meta.concrete_fields if field.name != "id"]
    found = []
    for order in permutations(SPOKEN):
        for batches in (range(1), range(0, 4, 2), range(4)):
            Observation.objects.all().delete()
            for first, end in pairwise([*batches, 4]):
                observe(said(*each) for each in order[first:end])
            found.append(Observation.objects.values(*facts).get())
    assert found == [found[0]] * len(found)
    row = Observation.objects.get()
    assert (row.estimate_at, row.original_estimate_at) == (ESTIMATE + timedelta(days=2), ESTIMATE)
    assert (row.delivered_city, row.delivered_postcode) == ("SALEM", "97201")
    assert (row.signed_by, row.delay_flag, row.proof_url) == ("ANN", "", "https://example.com/3")


def test_a_late_snapshot_is_the_same_whichever_of_both_is_worked_first(ids: tuple[int, int], now: datetime) -> None:
    newer = Said(*ids, word(delay_flag="WEATHER"), now, about_at=now)
    late = Said(*ids, word(estimate_at=estimate(ESTIMATE)), now + timedelta(hours=1), about_at=now - timedelta(hours=9))
    for order in permutations([newer, late]):
        Observation.objects.all().delete()
        for each in order:
            observe([each])
        row = Observation.objects.get()
        assert (row.observed_at, row.delay_flag) == (now, "WEATHER")
        assert (row.estimate_at, row.estimate_told_at) == (ESTIMATE, now - timedelta(hours=9))
