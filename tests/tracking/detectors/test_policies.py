"""Policies: the most specific row wins; care raises severities; presets are complete."""

from typing import Any

import pytest

from tests.tracking.detectors.parcels import at, moving, parcel
from tracking.detectors.contract import Policy, Window
from tracking.detectors.policies import PolicyBook, Scope, preset_policy, resolve
from tracking.detectors.presets import (
    KINDS,
    LEAD,
    LEADING,
    NEXT_ACTION_IN_PHASE,
    PLAIN_WINDOWS,
    WINDOWS,
    KindPreset,
    PolicyPreset,
    scaled_hours,
)
from tracking.detectors.registry import detect
from tracking.vocabulary import CauseFamily, Severity, SignalKind

HIGH_FEDEX = Scope(care_level="high", carrier="fedex", service="ground", warehouse="EWR3", is_international=True)


def row(days: float, **conditions: Any) -> PolicyPreset:
    return PolicyPreset("stalled", "stalled", days, **conditions)


ANY = row(9)
CARE, CARRIER, SERVICE = row(1, care_level="high"), row(2, carrier="fedex"), row(3, service="ground")
WAREHOUSE, ABROAD = row(4, warehouse="EWR3"), row(5, international=True)


@pytest.mark.parametrize(
    ("rows", "scope", "days"),
    [
        ([ANY], Scope(), 9),
        ([CARE, ANY], Scope(), 9),
        ([CARE, ANY], HIGH_FEDEX, 1),
        ([ANY, ABROAD, WAREHOUSE, SERVICE, CARRIER, CARE], HIGH_FEDEX, 1),  # one condition each: listed order decides
        ([ABROAD, WAREHOUSE, SERVICE, CARRIER], HIGH_FEDEX, 2),
        ([ABROAD, WAREHOUSE, SERVICE], HIGH_FEDEX, 3),
        ([ABROAD, WAREHOUSE], HIGH_FEDEX, 4),
        ([CARE, row(6, carrier="fedex", warehouse="EWR3")], HIGH_FEDEX, 6),  # two conditions beat one
        ([row(7, carrier="ups"), ANY], HIGH_FEDEX, 9),
        ([row(7, international=False), ANY], HIGH_FEDEX, 9),
        ([row(7, international=False), ANY], Scope(), 7),
        ([ANY, row(8)], Scope(), 8),  # the last of two alike
    ],
)
def test_the_most_specific_row_wins(rows: list[PolicyPreset], scope: Scope, days: float) -> None:
    assert resolve(rows, KINDS, scope).windows["stalled"].days == days


def test_a_policy_says_which_row_decided() -> None:
    sources = resolve([ANY, row(6, care_level="high", carrier="fedex", international=True)], KINDS, HIGH_FEDEX).sources
    assert sources["stalled"] == "high care, fedex, international"
    assert preset_policy(Scope()).sources["stalled"] == "all shipments"


def test_high_care_halves_windows_and_raises_severities() -> None:
    usual, care = preset_policy(Scope()), preset_policy(Scope(care_level="high"))
    grown = {"pickup_expiring": 1.5, "will_miss_promise.clear": 1, "source_conflict": 1}
    for name, window in usual.windows.items():
        assert care.windows[name] == Window(window.days * grown.get(name, 0.5), window.is_clock)
    ladder = ["low", "medium", "high", "critical", "critical"]
    for kind, severity in usual.severities.items():
        assert care.severities[kind] == ladder[ladder.index(severity) + 1]


def test_an_empty_policy_means_the_presets() -> None:
    facts, empty = parcel(moving()), Policy({}, {})
    for now in (at("19 19:59"), at("19 20:00"), at("25 20:00")):
        assert detect(facts, empty, now) == detect(facts, preset_policy(Scope()), now)


def test_a_policy_decides_window_severity_and_cause() -> None:
    own = KindPreset("stalled", "critical", "warehouse", "Look.", 1, 1)
    policy = resolve([row(1)], [own], Scope())
    (found,) = detect(parcel(moving()), policy, at("17 20:00")).signals
    assert (found.kind, found.severity, found.cause) == ("stalled", "critical", "warehouse")


def test_a_book_answers_like_its_rows() -> None:
    book = PolicyBook(WINDOWS, KINDS)
    assert book.policy_for(HIGH_FEDEX) == resolve(WINDOWS, KINDS, HIGH_FEDEX)
    assert book.policy_for(HIGH_FEDEX) is book.policy_for(HIGH_FEDEX)
    assert book.policy_for(Scope()) == preset_policy(Scope())


def test_presets_are_words_the_product_knows() -> None:
    for preset in KINDS:
        assert preset.severity in Severity.values
        assert preset.cause in CauseFamily.values
        assert preset.next_action.endswith((".", "?"))
        assert len(preset.next_action) <= 300
        assert preset.first_response_hours > 0
        assert preset.due_hours > 0
    for window in WINDOWS:
        assert window.kind in SignalKind.values
        assert window.window.split(".")[0] == window.kind
        assert window.window in PLAIN_WINDOWS
    assert len(set(WINDOWS)) == len(WINDOWS)


def test_every_kind_has_its_place_among_the_leading() -> None:
    assert sorted(LEADING) == sorted(SignalKind.values)
    assert LEAD["return_to_sender"] < LEAD["refused"]
    assert LEAD["presumed_lost"] < LEAD["missed_promise"]


def test_the_next_action_of_a_return_changes_when_it_is_back() -> None:
    assert "returned to stock" in NEXT_ACTION_IN_PHASE["return_to_sender", "returned"]
    assert {kind for kind, _ in NEXT_ACTION_IN_PHASE} <= set(SignalKind.values)


@pytest.mark.parametrize(
    ("hours", "usual", "severity", "scaled"),
    [(8, "medium", "medium", 8), (8, "medium", "high", 4), (8, "medium", "critical", 2), (2, "high", "low", 8)],
)
def test_the_more_severe_the_sooner_due(hours: float, usual: str, severity: str, scaled: float) -> None:
    assert scaled_hours(hours, usual, severity) == scaled
