"""Headline, steps and words of the page: every standing, both languages."""

from datetime import UTC, datetime
from string import Formatter

import pytest

from tracking.customer_page import en, es
from tracking.customer_page.headline import Standing, headline
from tracking.customer_page.way import next_step, steps
from tracking.customer_page.words import Words, page_language
from tracking.vocabulary import Reason, ReportKind, ShipmentStatus

ENGLISH = Words("en")


def standing(status: str, reason: str = "", key: str = "") -> Standing:
    return Standing(status, reason, key or status, f"says {status} {reason}".strip())


@pytest.mark.parametrize(
    ("parcels", "said", "about"),
    [
        ([standing("in_transit")], "says in_transit", 0),
        ([standing("in_transit"), standing("delayed")], "says delayed", 2),
        (
            [standing("exception", "lost"), standing("exception", "damaged"), standing("returning")],
            "says exception lost",
            1,
        ),
        ([standing("available_for_pickup"), standing("delayed")], "says delayed", 2),
        ([standing("delivered"), standing("available_for_pickup")], "says available_for_pickup", 2),
        ([standing("delivered"), standing("delivered", key="moved_after_delivered")], "says delivered", 2),
        ([standing("delayed"), standing("delayed")], "says delayed", 1),
        ([standing("delivered"), standing("in_transit"), standing("created")], "1 of 3 parcels delivered.", 0),
        ([standing("delivered"), standing("delivered")], "All 2 parcels have been delivered.", 0),
        (
            [standing("in_transit"), standing("label_created"), standing("out_for_delivery")],
            "Your order comes in 3 parcels: 2 on their way, 1 being prepared.",
            0,
        ),
    ],
)
def test_the_headline_is_the_worst_else_a_count(parcels: list[Standing], said: str, about: int) -> None:
    assert headline(parcels, ENGLISH) == (said, about)


@pytest.mark.parametrize("status", ShipmentStatus.values)
@pytest.mark.parametrize("reason", ["", *Reason.values])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_standing_has_words(status: str, reason: str, language: str) -> None:
    words = Words(language)
    assert words.status(status) != status
    actor, what = words.next_step(next_step(status, reason, status), "")
    assert what
    assert "{" not in actor + what
    assert " a el " not in actor + what
    named = steps(status, has_scan=True, carrier="", words=words)
    assert bool(named) == (status != "cancelled")


def test_nothing_moves_before_the_first_scan() -> None:
    for status in ("label_created", "delayed", "exception"):
        states = [step.state for step in steps(status, has_scan=False, carrier="FedEx", words=ENGLISH)]
        assert states == ["done", "held", "next", "next", "next"]


def placeholders(text: str) -> set[str]:
    return {(name or "").lower() for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    for table in ("TEXTS", "NEXT", "STEPS", "STEP_STATE", "STATUS", "HISTORY", "ACTORS", "LEFT_AT", "KINDS", "COUNTS"):
        one, other = getattr(en, table), getattr(es, table)
        assert one.keys() == other.keys()
    assert {key: placeholders(text) for key, text in en.TEXTS.items()} == {
        key: placeholders(text) for key, text in es.TEXTS.items()
    }
    assert {key: actor for key, (actor, _) in en.NEXT.items()} == {key: actor for key, (actor, _) in es.NEXT.items()}
    assert set(en.KINDS) == set(ReportKind.values)


@pytest.mark.parametrize(
    ("language", "hour", "said"),
    [
        ("en", 0, "Wed, Nov 18, 12:05 AM"),
        ("en", 9, "Wed, Nov 18, 9:05 AM"),
        ("es", 0, "mié, 18 nov, 0:05"),
        ("es", 16, "mié, 18 nov, 16:05"),
    ],
)
def test_moments_read_as_people_write_them(language: str, hour: int, said: str) -> None:
    assert Words(language).moment(datetime(2026, 11, 18, hour, 5, tzinfo=UTC), "UTC") == said


@pytest.mark.parametrize(
    ("tag", "language"), [("es-MX", "es"), ("ES_es", "es"), ("fr", "en"), ("", "en"), ("en-GB", "en")]
)
def test_an_unknown_language_reads_english(tag: str, language: str) -> None:
    assert page_language(tag) == language
