"""Conditions of rules, and rules that can never match. Pure."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.routing.matching import CaseFacts, Rule, first_match, shadows, takes
from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind

FACTS = CaseFacts(
    kind="stalled", severity="medium", cause="carrier", carrier_id=1, service_id=3, warehouse_id=2, country="US",
    total_minor=25_000, currency="USD", care_level="high", tags=("vip", "gift"),
)  # fmt: skip


def rule(position: int = 1, **conditions: object) -> Rule:
    return Rule(id=position, position=position, version=1, team_id=1, strategy="round_robin", **conditions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({"causes": ("carrier", "us")}, True),
        ({"causes": ("us",)}, False),
        ({"service_id": 3}, True),
        ({"service_id": 4}, False),
        ({"care_level": "high"}, True),
        ({"care_level": "standard"}, False),
        ({"tags": ("vip", "other")}, True),
        ({"tags": ("other",)}, False),
        ({"minimum": 25_000}, True),
        ({"minimum": 25_001}, False),
        ({"maximum": 25_000}, True),
        ({"maximum": 24_999}, False),
        ({"minimum": 1, "currency": "USD"}, True),
        ({"minimum": 1, "currency": "EUR"}, False),
        ({"currency": "EUR"}, False),
    ],
)
def test_conditions(conditions: dict[str, Any], fits: bool) -> None:
    assert takes(rule(**conditions), FACTS) is fits


def test_a_case_without_an_order_fits_no_condition_on_its_value() -> None:
    unknown = replace(FACTS, total_minor=None, currency="")
    assert not takes(rule(minimum=0), unknown)
    assert takes(rule(), unknown)


@pytest.mark.parametrize(
    ("rules", "dead"),
    [
        ([{}, {"kinds": ("lost",)}], {2: [1]}),
        ([{"kinds": ("lost",)}, {}], {}),
        ([{"kinds": ("lost", "stalled")}, {"kinds": ("lost",)}], {2: [1]}),
        ([{"kinds": ("lost",)}, {"kinds": ("lost", "stalled")}], {}),
        ([{"kinds": ("lost",)}, {"kinds": ("stalled",)}, {"kinds": ("lost", "stalled")}], {3: [1, 2]}),
        ([{"severities": tuple(Severity.values)}, {"country": "US"}], {2: [1]}),
        ([{"carrier_id": 1}, {"carrier_id": 1, "country": "US"}], {2: [1]}),
        ([{"carrier_id": 1, "country": "US"}, {"carrier_id": 1}], {}),
        ([{"tags": ("vip", "gift")}, {"tags": ("vip",)}], {2: [1]}),
        ([{"tags": ("vip",)}, {"tags": ("vip", "gift")}], {}),
        ([{"tags": ("vip",)}, {}], {}),
        ([{"minimum": 100, "currency": "USD"}, {"minimum": 200, "currency": "USD"}], {2: [1]}),
        ([{"minimum": 100, "currency": "USD"}, {"minimum": 200, "currency": "EUR"}], {}),
        ([{"minimum": 0}, {"country": "US"}], {}),
        ([{"minimum": 200, "maximum": 100}], {1: []}),
        ([{"care_level": "high"}, {"care_level": "standard"}, {"country": "US"}], {3: [1, 2]}),
        ([{}, {"is_last": True}], {}),
    ],
)
def test_rules_that_can_never_match_are_named(rules: list[dict[str, object]], dead: dict[int, list[int]]) -> None:
    assert shadows([rule(place, **conditions) for place, conditions in enumerate(rules, start=1)]) == dead


KINDS, SEVERITIES = SignalKind.values[:3], Severity.values[:2]
OPEN_ENDED = st.sampled_from((None, 1, 2))
RULES = st.builds(
    rule,
    kinds=st.lists(st.sampled_from(KINDS), max_size=2, unique=True).map(tuple),
    severities=st.lists(st.sampled_from(SEVERITIES), max_size=1).map(tuple),
    carrier_id=OPEN_ENDED,
    country=st.sampled_from(("", "US")),
    minimum=st.sampled_from((None, 0, 100)),
    maximum=st.sampled_from((None, 50, 200)),
    currency=st.sampled_from(("", "USD")),
    care_level=st.sampled_from(("", "high")),
    tags=st.lists(st.sampled_from(("vip", "gift")), max_size=2, unique=True).map(tuple),
)
CASES = st.builds(
    CaseFacts,
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from(SEVERITIES),
    cause=st.sampled_from(CauseFamily.values),
    carrier_id=OPEN_ENDED,
    warehouse_id=OPEN_ENDED,
    country=st.sampled_from(("", "US", "MX")),
    total_minor=st.sampled_from((None, 0, 50, 100, 300)),
    currency=st.sampled_from(("", "USD", "EUR")),
    care_level=st.sampled_from(CareLevel.values),
    tags=st.lists(st.sampled_from(("vip", "gift", "other")), max_size=2, unique=True).map(tuple),
)


@settings(max_examples=200)
@given(st.lists(RULES, min_size=2, max_size=5), st.lists(CASES, min_size=1, max_size=20))
def test_no_case_ever_reaches_a_rule_that_is_named(drawn: list[Rule], cases: list[CaseFacts]) -> None:
    rules = [replace(each, id=place, position=place) for place, each in enumerate(drawn, start=1)]
    dead = shadows(rules)
    for facts in cases:
        found = first_match(rules, facts)
        assert found is None or found.id not in dead
