"""The rules as pure logic: tables of news and facts against what is decided, and laws that hold for all of them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.rules.contract import (
    CaseFacts,
    Conditions,
    Desk,
    Draft,
    Facts,
    Happening,
    ParcelFacts,
    Recipient,
    Rule,
    RuleSet,
)
from notifications.rules.engine import decide, topic_of
from notifications.rules.matching import exactness, fits
from notifications.rules.presets import RULES, preset
from notifications.rules.reading import InvalidRules, read_rules, write_rules
from notifications.rules.standing import Standing
from notifications.rules.timing import after_quiet_hours
from notifications.vocabulary import Withheld
from tracking.status.wording.en import TEXTS
from tracking.vocabulary import EVIDENCE_RANK, MOVING_MILESTONES, Evidence, ShipmentStatus, SignalKind

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
ANN = Recipient("customer:1", has_address=True)
MOVING = frozenset(MOVING_MILESTONES)


def parcel(sentence: str = "in_transit", status: str = "in_transit", **facts: object) -> ParcelFacts:
    scanned = status in MOVING
    known = {
        "shipment_id": 1, "order_id": 10, "sentence": sentence, "status": status, "reason": "",
        "evidence": "item_scanned" if scanned else "carrier_has_data", "evidence_rank": 4 if scanned else 1,
        "has_first_scan": scanned, "known_since": NOW - timedelta(days=2), "zone": "America/Chicago", "customer": ANN,
    }  # fmt: skip
    return ParcelFacts(**(known | facts))  # type: ignore[arg-type]


def news(of: ParcelFacts, **facts: object) -> Happening:
    told = {
        "id": 1, "kind": "shipment.sentence_changed", "at": NOW, "shipment_id": of.shipment_id, "order_id": of.order_id,
        "occurred_at": NOW - timedelta(hours=1), "sentence": of.sentence, "status": of.status, "reason": of.reason,
        "cause": "event",
    }  # fmt: skip
    return Happening(**(told | facts))  # type: ignore[arg-type]


def decided(
    *happenings: Happening,
    about: ParcelFacts,
    rules: RuleSet | None = None,
    standing: Standing | None = None,
    case: CaseFacts | None = None,
    desk: Desk | None = None,
    now: datetime = NOW,
) -> list[Draft]:
    facts = Facts({about.shipment_id: about}, {case.case_id: case} if case else {}, desk or Desk())
    return decide(happenings, facts, rules or preset(), standing or Standing(), now=now)


WRONG_PLACE = frozenset({"misdelivery_suspected"})
SCANNED: dict[str, object] = {"has_first_scan": True}

TABLE = [
    ("label_created", "label_created", {}, "label_created", ""),
    ("first_scan", "first_scan", {}, "first_scan", ""),
    ("in_transit_estimate", "in_transit", {}, "first_scan", ""),
    ("out_for_delivery", "out_for_delivery", {}, "out_for_delivery:2026-03-02", ""),
    ("delivered_place", "delivered", {}, "delivered", ""),
    ("delayed_weather_estimate", "delayed", SCANNED | {"estimate": "2026-03-05"}, "delayed:2026-03-05", ""),
    ("delayed", "delayed", {"has_first_scan": True}, "delayed", ""),
    ("exception_failed_attempts", "exception", {"has_first_scan": True, "attempts": 2}, "failed_attempt:2", ""),
    ("available_for_pickup_until", "available_for_pickup", {}, "available_for_pickup", ""),
    ("exception_address_issue", "exception", {}, "address_issue", ""),
    ("exception_customs_hold", "exception", {"has_first_scan": True}, "customs_hold", ""),
    ("returning_refused", "returning", {}, "returning", ""),
    ("returned", "returned", {}, "returned", ""),
    ("exception_lost", "exception", {}, "lost", ""),
    ("exception_damaged", "exception", {}, "exception_damaged", "no_rule"),
    ("cancelled", "cancelled", {}, "cancelled", "no_rule"),
    ("sources_disagree", "in_transit", {}, "sources_disagree", "source_conflict"),
    ("in_transit", "in_transit", {"has_first_scan": False, "evidence_rank": 1}, "first_scan", "label_only"),
    ("in_transit", "in_transit", {"has_first_scan": False, "evidence_rank": 3}, "first_scan", "evidence_too_low"),
    ("delivered", "delivered", {"open_signals": WRONG_PLACE}, "delivered", "case_open_needs_human"),
    ("delivered", "delivered", {"holds_messages": True}, "delivered", "post_terminal_conflict"),
    ("first_scan", "first_scan", {"open_signals": frozenset({"source_conflict"})}, "first_scan", "source_conflict"),
    ("first_scan", "first_scan", {"is_test": True}, "first_scan", "test_order"),
    ("first_scan", "first_scan", {"customer": None}, "first_scan", "no_address"),
    ("first_scan", "first_scan", {"direction": "return"}, "first_scan", "no_rule"),
    ("delivered", "delivered", {"ended_at": NOW - timedelta(days=9)}, "delivered", "delivered_before_import"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "status", "facts", "topic", "reason"), TABLE)
def test_what_is_said_of_each_state(
    sentence: str, status: str, facts: dict[str, object], topic: str, reason: str
) -> None:
    about = parcel(sentence, status, **facts)
    drafts = decided(news(about), about=about)
    assert [(draft.topic, draft.reason) for draft in drafts] == [(topic, reason)]


def test_the_more_exact_of_two_rules_is_heard_and_the_other_says_why_not() -> None:
    generic = next(rule for rule in RULES if rule.key == "delayed")
    exact = replace(generic, key="delayed_fedex", conditions=replace(generic.conditions, carriers=("fedex",)))
    about = parcel("delayed", "delayed", has_first_scan=True, carrier="fedex")
    for rules in ((generic, exact), (exact, generic)):
        drafts = decided(news(about), about=about, rules=RuleSet(1, rules))
        found = {draft.rule.key: draft.reason for draft in drafts if draft.rule}
        assert found == {"delayed": "superseded", "delayed_fedex": ""}
    other = replace(about, carrier="usps")
    assert [
        draft.rule.key for draft in decided(news(other), about=other, rules=RuleSet(1, (generic, exact))) if draft.rule
    ] == ["delayed"]


def test_the_apology_speaks_instead_of_the_plain_delay_that_came_with_it() -> None:
    about = parcel("delayed", "delayed", has_first_scan=True, care_level="high")
    case = CaseFacts(5, SignalKind.CARRIER_DELAY, "high", owner=None, team=None)
    opened = Happening(id=1, kind="case.opened", at=NOW, shipment_id=1, order_id=10, case_id=5)
    drafts = decided(opened, replace(news(about), id=2), about=about, case=case)
    assert {(draft.topic, draft.reason, draft.approval) for draft in drafts} == {
        ("apology", "", "approve_or_send"),
        ("delayed", "superseded", "auto"),
    }


@pytest.mark.parametrize(("mode", "reason"), [("off", "rule_disabled"), ("preview", "preview_only")])
def test_a_rule_that_is_off_or_on_show_says_so(mode: str, reason: str) -> None:
    about = parcel("first_scan", "first_scan")
    rules = RuleSet(1, tuple(replace(rule, mode=mode) for rule in RULES))
    assert [draft.reason for draft in decided(news(about), about=about, rules=rules)] == [reason]


def test_colleagues_hear_of_what_customers_do_not() -> None:
    rule = Rule("owner", "Owner", ("case.opened",), "case:{case}:opened", "lost", audience="owner", needs_scan=False)
    about = parcel("exception_lost", "exception", is_test=True)
    case = CaseFacts(5, "lost", "critical", owner=Recipient("user:3", True), team=None)
    opened = Happening(id=1, kind="case.opened", at=NOW, shipment_id=1, case_id=5)
    (draft,) = decided(opened, about=about, case=case, rules=RuleSet(1, (rule,)))
    assert (draft.recipient, draft.topic, draft.reason) == ("user:3", "case:5:opened", "")
    (draft,) = decided(opened, about=about, case=replace(case, owner=None), rules=RuleSet(1, (rule,)))
    assert draft.reason == "no_address"


@pytest.mark.parametrize(
    ("local", "expected"),
    [("2026-03-02 20:59", None), ("2026-03-02 21:00", "2026-03-03 08:00"), ("2026-03-02 23:30", "2026-03-03 08:00"),
     ("2026-03-03 07:59", "2026-03-03 08:00"), ("2026-03-03 08:00", None),
     ("2026-03-07 23:30", "2026-03-08 08:00"), ("2026-11-01 01:30", "2026-11-01 08:00")],
)  # fmt: skip
def test_quiet_hours_are_those_of_the_recipient_also_when_clocks_change(local: str, expected: str | None) -> None:
    zone = ZoneInfo("America/Chicago")
    rule = Rule("r", "R", ("x",), "t", "t", quiet_from=time(21), quiet_until=time(8))
    at = datetime.fromisoformat(local).replace(tzinfo=zone)
    end = datetime.fromisoformat(expected).replace(tzinfo=zone) if expected else at
    assert after_quiet_hours(rule, at, "America/Chicago") == end


@pytest.mark.parametrize(("start", "end"), [(time(0), time(0)), (None, time(8)), (time(8), None)])
def test_quiet_hours_without_length_are_none(start: time | None, end: time | None) -> None:
    rule = Rule("r", "R", ("x",), "t", "t", quiet_from=start, quiet_until=end)
    assert after_quiet_hours(rule, NOW, "UTC") == NOW


def test_a_rule_set_is_the_same_after_it_was_stored() -> None:
    assert read_rules(1, write_rules(preset())) == preset()


@pytest.mark.parametrize(
    "bad",
    [
        {"key": "a"},
        {"key": "a", "name": "A", "news": ["x"], "topic": "{nobody}", "template": "t"},
        {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t", "colour": "red"},
        {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t", "mode": "perhaps"},
        {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t", "quiet_from": "25:00"},
        {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t", "delay_minutes": -1},
        {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t", "conditions": {"moon": "full"}},
    ],
)
def test_rules_that_cannot_work_are_refused_by_name(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidRules, match=r"^(A|a):"):
        read_rules(1, {"rules": [bad]})


def test_two_rules_of_one_name_are_refused() -> None:
    rule = {"key": "a", "name": "A", "news": ["x"], "topic": "t", "template": "t"}
    with pytest.raises(InvalidRules, match="Two rules"):
        read_rules(1, {"rules": [rule, rule]})


def test_parts_of_a_topic_that_are_empty_leave_no_trace() -> None:
    rule = Rule("r", "R", ("x",), "delayed:{estimate}", "t")
    about = parcel()
    assert topic_of(rule, news(about), about, None) == "delayed"
    assert topic_of(rule, news(about), replace(about, estimate="2026-03-05"), None) == "delayed:2026-03-05"


def test_patterns() -> None:
    assert fits("delivered_place", ("delivered*",)) and not fits("delivered_place", ("delivered",))
    assert exactness(RULES[0]) < exactness(replace(RULES[0], conditions=Conditions(care_level="high", carriers=("x",))))


SENTENCES = st.sampled_from(sorted(TEXTS))
PARCELS = st.builds(
    parcel,
    sentence=SENTENCES,
    status=st.sampled_from(ShipmentStatus.values),
    evidence=st.sampled_from(Evidence.values),
    has_first_scan=st.booleans(),
    holds_messages=st.booleans(),
    is_test=st.booleans(),
    direction=st.sampled_from(["outbound", "return"]),
    care_level=st.sampled_from(["standard", "high"]),
    parcels_of_order=st.integers(1, 3),
    attempts=st.integers(0, 3),
    open_signals=st.frozensets(st.sampled_from(SignalKind.values), max_size=3),
    customer=st.none() | st.builds(Recipient, st.just("customer:1"), st.booleans(), is_suppressed=st.booleans()),
).map(lambda each: replace(each, evidence_rank=EVIDENCE_RANK[each.evidence]))
STORIES = st.lists(st.tuples(PARCELS, SENTENCES, st.sampled_from(["event", "remapped", "imported"])), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(STORIES)
def test_laws(story: list[tuple[ParcelFacts, str, str]]) -> None:
    """For any story: every change has a decision; a message moves nothing before the scan; a topic is said once."""
    standing, said, live = Standing(), [], 0
    for number, (about, told, cause) in enumerate(story):
        at = NOW + timedelta(hours=number)
        one = news(about, id=number + 1, sentence=told, cause=cause, at=at, occurred_at=at)
        drafts = decided(one, about=about, standing=standing, now=at)
        assert drafts
        for draft in drafts:
            assert bool(draft.reason) != bool(draft.why)
            assert not draft.reason or draft.reason in Withheld.values
            if draft.reason:
                continue
            live += 1
            assert draft.said is not None and draft.rule is not None
            said.append(draft.said)
            assert about.has_first_scan or not (draft.rule.needs_scan or about.status in MOVING)
            assert fits(about.sentence, draft.rule.lasting) and cause == "event"
            assert not (about.holds_messages or about.is_test or about.direction == "return")
            assert draft.send_at is None or draft.send_at >= at
    standing_now = [each.key for each in said if not each.is_superseded]
    assert len(standing_now) == len(set(standing_now))
    assert live == len(said)
