"""Resolution of codes, what a row may say, text shapes and identities."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.connectors.contract import LookupKey
from tracking.status.contract import MappingRow
from tracking.status.identity import code_identity, event_identity
from tracking.status.mapping import UNMAPPED, Mapping
from tracking.status.shapes import MAX_SHAPE, text_shape
from tracking.status.validation import clashes, validate


def row(name, field="code", code="DE", subcode="", **more):
    values = {
        "source_kind": "", "carrier": "", "pattern": "", "milestone": "info", "reason": "", "evidence": "none",
    }  # fmt: skip
    return MappingRow(id=name, field=field, code=code, subcode=subcode, **(values | more))


TWO_KEYS = (LookupKey("code", "DE", "08"), LookupKey("code", "DE"))


def decides(rows, keys=TWO_KEYS, text=""):
    """Name the deciding row, whatever the order of the rows."""
    rows = list(rows)
    names = set()
    for seed in range(4):
        Random(seed).shuffle(rows)
        names.add(Mapping(rows).resolve("fedex", "fedex", keys, text).row)
    assert len(names) == 1
    return names.pop()


@pytest.mark.parametrize(
    ("rows", "winner"),
    [
        ([], ""),
        ([row("other", code="PU")], ""),
        ([row("other field", field="status")], ""),
        ([row("other kind", source_kind="usps")], ""),
        ([row("other carrier", carrier="usps")], ""),
        ([row("plain")], "plain"),
        # keys in their order, even if a later key has a narrower row
        ([row("first", subcode="08"), row("second", source_kind="fedex", carrier="fedex")], "first"),
        # within a key: text first, longer text first
        ([row("text", pattern="left"), row("scope", source_kind="fedex", carrier="fedex")], "text"),
        ([row("short", pattern="left", source_kind="fedex"), row("long", pattern="left with")], "long"),
        ([row("elsewhere", pattern="with neighbour"), row("plain")], "plain"),
        # then narrower scope
        ([row("both", source_kind="fedex", carrier="fedex"), row("kind", source_kind="fedex"), row("any")], "both"),
        ([row("kind", source_kind="fedex"), row("any")], "kind"),
        ([row("carrier", carrier="fedex"), row("any")], "carrier"),
        ([row("carrier", carrier="fedex"), row("kind", source_kind="fedex")], "kind"),
        # then exact codes
        ([row("star", code="*"), row("exact")], "exact"),
        ([row("star", subcode="*"), row("exact", subcode="08")], "exact"),
        ([row("star", subcode="*")], "star"),
        ([row("all", code="*", subcode="*")], "all"),
        ([row("text on star", code="*", subcode="*", pattern="left"), row("exact", subcode="08")], "text on star"),
        # a row may pass on to the next key
        ([row("pass", subcode="08", is_pass=True, milestone=""), row("next")], "next"),
        ([row("pass", subcode="08", is_pass=True, milestone=""), row("same key", subcode="*", code="*")], "same key"),
        ([row("pass", subcode="*", is_pass=True, milestone="")], ""),
    ],
)
def test_which_row_decides(rows, winner):
    assert decides(rows, text="Left  with NEIGHBOUR") == winner


def test_a_pass_row_skips_the_weaker_rows_of_its_own_key_only():
    rows = [
        row("pass", subcode="08", is_pass=True, milestone=""),
        row("weaker", subcode="*", milestone="exception"),
    ]

    assert decides(rows, keys=[LookupKey("code", "DE", "08")]) == ""


def test_no_row_is_unmapped_and_never_guessed():
    meaning = Mapping([row("x")]).resolve("fedex", "fedex", [], "Delivered")

    assert meaning == UNMAPPED
    assert (meaning.milestone, meaning.evidence) == ("unmapped", "none")


def test_the_meaning_carries_all_that_the_row_says():
    full = row(
        "r", milestone="delayed", reason="weather_delay", evidence="item_scanned", turn="return_cancelled", hint=True
    )

    meaning = Mapping([full]).resolve("fedex", "", [LookupKey("code", "DE")], "")

    assert (meaning.milestone, meaning.reason, meaning.evidence) == ("delayed", "weather_delay", "item_scanned")
    assert (meaning.turn, meaning.hint, meaning.row) == ("return_cancelled", True, "r")


FINE = row("fine", milestone="in_transit", evidence="item_scanned")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"evidence": "batch_accepted"}, "item_scanned"),
        ({"evidence": "not_physical"}, "item_scanned"),
        ({"milestone": "label_created"}, "cannot prove a scan"),
        ({"milestone": "info"}, "cannot prove a scan"),
        ({"milestone": "moving"}, "milestone"),
        ({"milestone": ""}, "milestone is missing"),
        ({"milestone": "unmapped", "evidence": "none"}, "cannot say unmapped"),
        ({"reason": "rain"}, "reason"),
        ({"evidence": ""}, "evidence is missing"),
        ({"turn": "left"}, "turn"),
        ({"hint": True}, "hint needs a reason"),
        ({"milestone": "info", "evidence": "none", "turn": "return_cancelled"}, "turns the parcel"),
        ({"field": ""}, "field"),
        ({"code": ""}, "code is missing"),
        ({"is_pass": True}, "decides nothing"),
    ],
)
def test_a_row_that_is_refused_says_why(change, word):
    wrong = validate(replace(FINE, **change))

    assert wrong
    assert any(word in sentence for sentence in wrong)
    assert all(sentence.endswith(".") for sentence in wrong)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"milestone": "delayed", "evidence": "none", "reason": "weather_delay"},
        {"milestone": "exception", "evidence": "carrier_has_data", "reason": "other", "hint": True},
        {"milestone": "label_created", "evidence": "batch_accepted"},
        {"milestone": "", "is_pass": True},
        {"turn": "return_cancelled"},
    ],
)
def test_a_row_that_is_accepted(change):
    assert validate(replace(FINE, **change)) == []


@pytest.mark.parametrize("milestone", ["first_scan", "in_transit", "out_for_delivery", "available_for_pickup",
                                       "delivered", "returning", "returned"])  # fmt: skip
@pytest.mark.parametrize(
    "evidence", ["none", "carrier_has_data", "pickup_registered", "batch_accepted", "not_physical"]
)
def test_movement_needs_a_scan(milestone, evidence):
    assert validate(row("x", milestone=milestone, evidence=evidence))


def test_two_rows_for_the_same_code_clash():
    assert clashes([row("a", pattern="Left"), row("b", pattern="LEFT"), row("c")]) == ["Rows a, b match the same code."]
    assert clashes([row("a"), row("b", carrier="fedex")]) == []


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("Arrived at USPS facility in MEMPHIS, TN 38101 on November 18, 2026 at 7:15 pm",
         "arrived at <place> on <date> at <time>"),
        ("Your item departed SAN JOSE, CA", "your item departed <place>"),
        ("Departed from Salt Lake City, UT 84101", "departed from <place>"),
        ("Delivered, Front Door/Porch", "delivered, front door/porch"),
        ("Delivery attempt 2 on 11/18/2026", "delivery attempt # on <date>"),
        ("Scheduled for 2026-11-18 10:30", "scheduled for <date> <time>"),
        ("  Two\n\tlines  ", "two lines"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_shape(text, shape):
    assert text_shape(text) == shape


def test_text_shape_takes_the_places_that_the_event_itself_names():
    assert text_shape("Ankunft in Köln", ["Köln"]) == text_shape("Ankunft in Bonn", ["Bonn"]) == "ankunft in <place>"


@given(st.text(max_size=2000))
def test_a_shape_is_short_lower_case_and_its_own_shape(text):
    shape = text_shape(text)

    assert len(shape) <= MAX_SHAPE
    assert not any(char.isdigit() and char.isascii() for char in shape)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_do_not_make_new_shapes(a, b):
    assert text_shape(f"Held for {a} hours") == text_shape(f"Held for {b} hours")


KEYS = (LookupKey("eventType", "DE", "08"), LookupKey("eventType", "DE"))


def test_identities_are_fixed_for_ever():
    """Stored rows hold these numbers: a change of the hash would make every event of the past new again."""
    assert event_identity(7, "2026-11-18T10:00:00-05:00", KEYS, "x") == 554419498603307737
    assert code_identity("fedex", "fedex", KEYS, "x") == -1661222040031321931


def test_the_text_counts_in_an_event_only_without_codes():
    assert event_identity(7, "t", KEYS, "one") == event_identity(7, "t", KEYS, "two")
    assert event_identity(7, "t", (), "one") != event_identity(7, "t", (), "two")


@pytest.mark.parametrize(
    ("source", "time", "keys"),
    [
        (8, "t", KEYS),
        (7, "u", KEYS),
        (7, "t", KEYS[:1]),
        (7, "t", KEYS[::-1]),
        (7, "t", (LookupKey("eventType", "DE0", "8"),)),
    ],
)
def test_another_source_time_or_code_is_another_event(source, time, keys):
    assert event_identity(source, time, keys, "") != event_identity(7, "t", KEYS, "")


def test_parts_never_run_together():
    assert code_identity("a", "bc", (), "") != code_identity("ab", "c", (), "")
    one = (LookupKey("f", "1:2", ""),)
    other = (LookupKey("f", "1", "2"),)
    assert code_identity("k", "", one, "") != code_identity("k", "", other, "")


@given(st.integers(), st.text(), st.text())
def test_identities_fit_a_bigint(source, time, shape):
    assert -(2**63) <= event_identity(source, time, (), shape) < 2**63
