"""What is said about the future comes true: for any parcel, a signal fires when it was said to, and not before."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.detectors.parcels import ask, parcel
from tracking.detectors.contract import Findings, ShipmentFacts
from tracking.status.contract import ReasonFact, ShipmentState, SourceWord, StatusStep
from tracking.vocabulary import Evidence, Reason, ShipmentStatus

SECOND = timedelta(seconds=1)
TIMES = st.datetimes(datetime(2026, 10, 25), datetime(2026, 12, 5), timezones=st.just(UTC))
MAYBE = st.none() | TIMES
PRECISIONS = st.sampled_from(["instant", "local", "date"])
REASONS = st.builds(
    lambda name, times, count, identity, cleared, outbound: ReasonFact(
        name, min(times), max(times), count, "exception", identity, cleared, outbound
    ),
    st.sampled_from(Reason.values),
    st.tuples(TIMES, TIMES),
    st.integers(1, 3),
    st.integers(1, 99),
    MAYBE,
    MAYBE,
)
STATES = st.builds(
    ShipmentState,
    status=st.sampled_from(ShipmentStatus.values),
    status_at=MAYBE,
    status_precision=PRECISIONS,
    reason=st.sampled_from(["", *Reason.values]),
    is_hint=st.booleans(),
    evidence=st.sampled_from(Evidence.values),
    evidence_at=MAYBE,
    first_scan_at=MAYBE,
    first_scan_precision=PRECISIONS,
    last_scan_at=MAYBE,
    out_for_delivery_at=MAYBE,
    available_at=MAYBE,
    delivered_at=MAYBE,
    returning_since=MAYBE,
    is_returning=st.booleans(),
    reasons=st.lists(REASONS, max_size=4, unique_by=lambda fact: fact.reason).map(tuple),
    moved_after_end_at=MAYBE,
    conflict_since=MAYBE,
    source_words=st.just((SourceWord(1, 0, "delivered", datetime(2026, 11, 1, tzinfo=UTC)),)),
    estimate_at=MAYBE,
    estimate_precision=PRECISIONS,
    return_by=st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 10)),
    not_found_since=MAYBE,
    delivered_place=st.sampled_from([("", "", "", ""), ("Dallas", "TX", "", "US")]),
    steps=st.lists(st.builds(StatusStep, st.sampled_from(ShipmentStatus.values), TIMES, st.just(1)), max_size=2).map(
        tuple
    ),
)
PARCELS = st.builds(
    parcel,
    STATES,
    has_number=st.booleans(),
    is_fulfilled=st.booleans(),
    fulfilled_at=MAYBE,
    label_at=MAYBE,
    number_at=MAYBE,
    pickup_cutoff_at=MAYBE,
    is_international=st.booleans(),
    care_level=st.sampled_from(["standard", "high"]),
    direction=st.sampled_from(["outbound", "outbound", "return"]),
    promise_at=MAYBE,
    promise_is_date=st.booleans(),
    order_cancelled=st.sampled_from([False, False, False, True]),
    estimate_inside_since=MAYBE,
    paused_from=MAYBE,
    not_received_at=MAYBE,
)
many = settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def kinds(findings: Findings) -> set[str]:
    return {one.kind for one in findings.signals}


@many
@given(PARCELS, TIMES)
def test_a_signal_fires_when_due_and_not_a_second_before(facts: ShipmentFacts, now: datetime) -> None:
    for one in ask(facts, now).watches:
        if one.due_at is not None:
            assert one.kind in kinds(ask(facts, one.due_at))
            assert one.kind not in kinds(ask(facts, one.due_at - SECOND))


@many
@given(PARCELS, TIMES)
def test_a_signal_is_open_until_the_moment_it_clears(facts: ShipmentFacts, now: datetime) -> None:
    for one in ask(facts, now).watches:
        if one.clears_at is not None:
            assert one.signal is not None
            assert one.clears_at > now
            assert one.kind in kinds(ask(facts, one.clears_at - timedelta(microseconds=1)))
            assert one.kind not in kinds(ask(facts, one.clears_at))


@many
@given(PARCELS, TIMES, st.floats(0, 1))
def test_nothing_changes_before_the_next_check(facts: ShipmentFacts, now: datetime, part: float) -> None:
    findings = ask(facts, now)
    end = findings.next_check_at or now + timedelta(days=60)
    between = now + (end - now) * part
    if between < end:
        assert kinds(ask(facts, between)) == kinds(findings)


@many
@given(PARCELS, TIMES)
def test_every_answer_can_be_stored_and_shown(facts: ShipmentFacts, now: datetime) -> None:
    findings = ask(facts, now)
    assert len(kinds(findings)) == len(findings.signals)
    for one in findings.signals:
        assert one.evidence.endswith(".")
        assert len(one.evidence) <= 500
        assert len(one.fingerprint) <= 120
    for watch in findings.watches:
        assert (watch.signal is None) == bool(watch.why_not)
        assert watch.signal is None or watch.due_at is None or watch.due_at <= now
