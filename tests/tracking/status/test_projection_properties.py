"""What holds for every story: over all preset codes, several sources, mixed precision, corrections, returns, future
reports. Order of arrival, repetition and split never matter."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.status.facts import at
from tracking.status import presets
from tracking.status.contract import EventFact, MappingRow, ObservationFact, ShipmentState
from tracking.status.evidence import is_physical
from tracking.status.projection import project
from tracking.status.wording import SentenceFacts, render, sentence_for
from tracking.vocabulary import (
    BEFORE_SCAN_STATUSES,
    MOVING_MILESTONES,
    SILENT_MILESTONES,
    TERMINAL_STATUSES,
    Evidence,
    Milestone,
    Reason,
    ShipmentStatus,
)

# Every meaning that any preset row can give, and every combination of words that an administrator may write.
_ROWS: list[MappingRow] = [row for kind in presets.kinds() for row in presets.load(kind) if not row.is_pass]
PRESET = sorted({(row.milestone, row.reason, row.evidence, row.turn, row.hint) for row in _ROWS})
ANY = st.tuples(
    st.sampled_from(Milestone.values),
    st.sampled_from(["", *Reason.values]),
    st.sampled_from(Evidence.values),
    st.sampled_from(["", "return_cancelled"]),
    st.booleans(),
)
SCANS = st.tuples(
    st.sampled_from(sorted(MOVING_MILESTONES)), st.just(""), st.just("item_scanned"), st.just(""), st.just(False)
)
MEANINGS = st.one_of(st.sampled_from(PRESET), SCANS, ANY)
HOURS = st.integers(0, 40)


@st.composite
def reports(draw: st.DrawFn) -> EventFact:
    """A carrier's or another source's report, now and then told by its day or from the future."""
    milestone, reason, evidence, turn, hint = draw(MEANINGS)
    source = draw(st.integers(1, 4))
    hour = draw(HOURS)
    ahead = draw(st.sampled_from([0, 0, 0, 20, 30, 50]))
    return EventFact(
        identity=0,
        occurred_at=at(hour),
        precision=draw(st.sampled_from(["instant", "instant", "local", "date"])),
        received_at=at(hour - ahead),
        heard_again_at=draw(st.sampled_from([None, at(hour - 1), at(hour + 1)])),
        source_id=source,
        precedence=source % 3,
        milestone=milestone,
        evidence=evidence,
        reason=reason,
        turn=turn,
        hint=hint,
        local_date=draw(st.sampled_from([None, date(2026, 11, 18), date(2026, 11, 19)])),
        is_void=milestone == Milestone.CANCELLED and draw(st.booleans()),
        place_city=draw(st.sampled_from(["", "MEMPHIS", "Hebron"])),
    )


@st.composite
def words_of_people(draw: st.DrawFn) -> EventFact:
    """A correction or a settlement."""
    moment = at(draw(HOURS))
    settles = draw(st.booleans())
    return EventFact(
        identity=0,
        occurred_at=moment,
        precision="instant",
        received_at=moment,
        source_id=99,
        precedence=0,
        milestone="info",
        evidence="none",
        is_correction=not settles,
        corrected_status="" if settles else draw(st.sampled_from(ShipmentStatus.values)),
        settles=settles,
    )


observations = st.lists(
    st.builds(
        ObservationFact,
        source_id=st.integers(1, 4),
        precedence=st.integers(0, 3),
        observed_at=HOURS.map(at),
        not_found=st.sampled_from([None, True, False]),
        estimate_at=st.none() | HOURS.map(lambda hour: at(hour + 48)),
        estimate_until=st.none() | HOURS.map(lambda hour: at(hour + 60)),
        return_by=st.none() | st.just(date(2026, 12, 1)),
        signed_by=st.sampled_from(["", "A. Person"]),
        delivered_city=st.sampled_from(["", "DALLAS"]),
    ),
    max_size=4,
)


def numbered(events: list[EventFact]) -> list[EventFact]:
    return [replace(one, identity=index * 7919 % 1009) for index, one in enumerate(events, start=1)]


told = st.lists(reports(), max_size=10).map(numbered)
stories = st.lists(st.one_of(reports(), reports(), reports(), words_of_people()), max_size=10).map(numbered)


def test_the_presets_give_many_different_meanings():
    assert len(PRESET) > 15


@settings(max_examples=300)
@given(stories, observations, st.randoms(use_true_random=False))
def test_order_of_arrival_never_matters(events: list[EventFact], seen: list[ObservationFact], random: Random):
    mixed, mixed_seen = list(events), list(seen)
    random.shuffle(mixed)
    random.shuffle(mixed_seen)

    assert project(mixed, mixed_seen) == project(events, seen)


@given(stories, observations, st.data())
def test_repetition_never_matters(events: list[EventFact], seen: list[ObservationFact], data: st.DataObject):
    again = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []

    assert project([*again, *events], [*seen, *seen]) == project(events, seen)


@given(stories, st.data())
def test_the_same_event_told_in_two_messages_is_one_event_heard_again(events: list[EventFact], data: st.DataObject):
    single = [one if one.settles or one.is_correction else replace(one, heard_again_at=None) for one in events]
    later = {one.identity: one.received_at + timedelta(hours=data.draw(st.integers(1, 60))) for one in single}
    copies = [replace(one, received_at=later[one.identity]) for one in single]
    merged = [replace(one, heard_again_at=later[one.identity]) for one in single]

    assert project([*copies, *single]) == project(merged)


@given(told)
def test_a_scan_and_the_first_scan_go_together(events: list[EventFact]):
    state = project(events)
    believed = [one for one in events if is_physical(one) and one.identity not in state.future_identities]

    assert (state.first_scan_at is not None) == (state.evidence == "item_scanned") == bool(believed)
    assert (state.last_scan_at is None) == (state.first_scan_at is None)
    if state.first_scan_at is not None:
        assert state.evidence_at is not None
        assert state.last_scan_at is not None
        assert state.first_scan_at <= state.last_scan_at
        assert state.label_at is None or state.label_at <= state.first_scan_at


@given(told)
def test_nothing_moves_without_a_scan(events: list[EventFact]):
    state = project([one for one in events if not is_physical(one)])

    assert state.status not in MOVING_MILESTONES
    assert (state.first_scan_at, state.last_scan_at) == (None, None)
    assert state.evidence != "item_scanned"
    assert not {step.status for step in state.steps} & MOVING_MILESTONES


@given(told)
def test_what_says_nothing_changes_nothing(events: list[EventFact]):
    silent = {one.identity for one in events if one.milestone in SILENT_MILESTONES and not one.reason}
    with_notes = project(events)
    without = project([one for one in events if one.identity not in silent])

    assert (with_notes.status, with_notes.status_at, with_notes.steps) == (
        without.status,
        without.status_at,
        without.steps,
    )
    assert (with_notes.first_scan_at, with_notes.last_scan_at) == (without.first_scan_at, without.last_scan_at)
    assert with_notes.conflict_since == without.conflict_since


@given(told)
def test_future_reports_count_for_nothing(events: list[EventFact]):
    state = project(events)
    rest = project([one for one in events if one.identity not in state.future_identities])

    assert replace(state, future_identities=frozenset()) == rest


@given(stories, st.sampled_from(ShipmentStatus.values))
def test_a_persons_last_word_stands(events: list[EventFact], status: str):
    word = EventFact(
        9999, at(100), "instant", at(100), 99, 0, "info", "none", is_correction=True, corrected_status=status
    )

    state = project([*events, word])

    assert state.status == status
    assert state.conflict_since is None
    assert not state.holds_messages
    if status in BEFORE_SCAN_STATUSES:
        assert state.first_scan_at is None


@given(told)
def test_a_return_goes_on_until_it_is_turned_round(events: list[EventFact]):
    state = project([replace(one, turn="") for one in events])

    statuses = [step.status for step in state.steps]
    back = next((index for index, status in enumerate(statuses) if status in ("returning", "returned")), None)
    assert back is None or set(statuses[back:]) <= {"returning", "returned", "cancelled"}


@given(stories)
def test_the_parts_of_a_state_agree(events: list[EventFact]):
    state = project(events)

    assert (state.ended_at is not None) == (state.status in TERMINAL_STATUSES)
    assert state.status == (state.steps[-1].status if state.steps else "created")
    assert (state.status_at is None) == (state.status_identity == 0)
    assert (state.available_at is not None) == (state.status == "available_for_pickup")
    assert (state.out_for_delivery_at is not None) == (state.status == "out_for_delivery")
    assert (state.returning_since is not None) == state.is_returning
    assert state.holds_messages == (state.moved_after_end_at is not None)
    assert state.moved_after_end_at is None or state.status in TERMINAL_STATUSES
    assert all(one.status != other.status for one, other in zip(state.steps, state.steps[1:], strict=False))
    for fact in state.reasons:
        assert fact.since_at is not None
        assert fact.first_at <= fact.since_at <= fact.last_at
        assert fact.count >= 1
        assert fact.cleared_by_scan_at is None or fact.cleared_by_scan_at > fact.last_at


@given(st.lists(reports(), max_size=8).map(numbered))
def test_one_source_alone_is_its_own_word_and_never_in_conflict(events: list[EventFact]):
    state = project([replace(one, source_id=1, precedence=0) for one in events])

    assert state.conflict_since is None
    assert [word.status for word in state.source_words] == ([] if state.status_at is None else [state.status])


@given(stories, observations, st.booleans())
def test_every_state_has_an_honest_sentence(events: list[EventFact], seen: list[ObservationFact], disagree: bool):
    state = project(events, seen)
    sentence = sentence_for(state, SentenceFacts("FedEx", "America/New_York", True, disagree))

    english, spanish = render(sentence, "en"), render(sentence, "es")

    for text in (english, spanish):
        assert not set("{}_") & set(text)
        assert text.endswith(".")
    if not _was_ever_scanned_or_said_so(state, events):
        assert "on its way" not in english
        assert "en camino" not in spanish


def _was_ever_scanned_or_said_so(state: ShipmentState, events: list[EventFact]) -> bool:
    return state.first_scan_at is not None or any(one.is_correction for one in events)
