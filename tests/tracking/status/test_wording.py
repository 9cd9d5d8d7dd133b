"""The customer's sentence: chosen by status and reason, complete in both languages, never promising movement."""

from dataclasses import replace
from datetime import UTC, date, datetime
from string import Formatter

import pytest

from tests.tracking.status.facts import at, event, observation
from tracking.status.contract import Sentence, ShipmentState
from tracking.status.projection import project
from tracking.status.wording import VERSION, SentenceFacts, UnknownSentence, en, es, languages, render, sentence_for
from tracking.status.wording.rendering import parameters_of
from tracking.vocabulary import Reason, ShipmentStatus

FACTS = SentenceFacts("FedEx", "America/New_York")
SCANNED = {"first_scan_at": at(1), "evidence": "item_scanned", "status_at": at(2)}


def state(status: str, **more) -> ShipmentState:
    return ShipmentState(status=status, **({"status_at": at(0)} | more))


def key(status: str, facts: SentenceFacts = FACTS, **more) -> str:
    return sentence_for(state(status, **more), facts).key


def parameters(text: str) -> set[str]:
    return {name.lower() for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_sentences_with_the_same_parameters():
    assert languages() == ("en", "es")
    assert set(en.TEXTS) == set(es.TEXTS)
    assert {name: parameters(text) for name, text in en.TEXTS.items()} == {
        name: parameters(text) for name, text in es.TEXTS.items()
    }


FULL = {
    "carrier": "FedEx",
    "date": "2026-11-21",
    "place": "Memphis",
    "estimate": "2026-11-23",
    "estimate_until": "2026-11-24",
    "return_by": "2026-12-01",
    "count": "2",
}


@pytest.mark.parametrize("name", sorted(en.TEXTS))
@pytest.mark.parametrize("carrier", ["FedEx", ""])
def test_every_sentence_reads_well_in_both_languages(name, carrier):
    stored = Sentence(name, {part: FULL[part] for part in parameters_of(name)} | {"carrier": carrier}, VERSION)

    texts = {language: render(stored, language) for language in languages()}

    assert len(set(texts.values())) == 2
    for text in texts.values():
        assert text[0].isupper()
        assert text.endswith(".")
        assert not set("{}_") & set(text)
        assert "  " not in text
        assert "2026" not in text
    assert "de el " not in texts["es"]
    assert " a el " not in texts["es"]


@pytest.mark.parametrize(
    ("status", "more", "expected"),
    [
        ("created", {}, "created"),
        ("label_created", {}, "label_created"),
        ("label_created", {"evidence": "carrier_has_data"}, "label_created"),
        ("label_created", {"evidence": "pickup_registered"}, "label_pickup_registered"),
        ("label_created", {"evidence": "batch_accepted"}, "label_batch_accepted"),
        ("created", {"evidence": "batch_accepted"}, "label_batch_accepted"),
        ("delayed", {"evidence": "carrier_has_data", "reason": "carrier_delay"}, "label_delayed"),
        ("delayed", {"estimate_told": True, "estimate_at": at(90)}, "label_delayed"),
        ("first_scan", SCANNED, "first_scan"),
        ("first_scan", SCANNED | {"estimate_told": True, "estimate_at": at(90)}, "first_scan_estimate"),
        ("in_transit", SCANNED, "in_transit"),
        ("in_transit", SCANNED | {"estimate_told": False, "estimate_at": at(90)}, "in_transit"),
        ("in_transit", SCANNED | {"estimate_told": True, "estimate_at": at(90)}, "in_transit_estimate"),
        (
            "in_transit",
            SCANNED | {"estimate_told": True, "estimate_at": at(90), "estimate_until": at(92)},
            "in_transit_estimate",
        ),
        (
            "in_transit",
            SCANNED | {"estimate_told": True, "estimate_at": at(90), "estimate_until": at(130)},
            "in_transit_window",
        ),
        # the estimated day is over: the carrier has reported the parcel on a later one
        (
            "in_transit",
            SCANNED | {"estimate_told": True, "estimate_at": at(90), "status_at": at(120)},
            "in_transit_late",
        ),
        (
            "in_transit",
            SCANNED | {"estimate_told": True, "estimate_at": at(90), "estimate_until": at(125), "status_at": at(120)},
            "in_transit_window",
        ),
        (
            "delayed",
            SCANNED | {"estimate_told": True, "estimate_at": at(90), "status_at": at(120), "reason": "carrier_delay"},
            "delayed_carrier",
        ),
        ("out_for_delivery", SCANNED, "out_for_delivery"),
        ("available_for_pickup", SCANNED, "available_for_pickup"),
        ("available_for_pickup", SCANNED | {"return_by": date(2026, 12, 1)}, "available_for_pickup_until"),
        ("delivered", SCANNED, "delivered"),
        ("delivered", SCANNED | {"signed_by": "A. Person"}, "delivered_signed"),
        ("delivered", SCANNED | {"delivered_place": ("Memphis", "TN", "", "US")}, "delivered_place"),
        (
            "delivered",
            SCANNED | {"delivered_place": ("Memphis", "TN", "", "US"), "signed_by": "A"},
            "delivered_place_signed",
        ),
        ("delayed", SCANNED, "delayed"),
        ("delayed", SCANNED | {"reason": "other"}, "delayed"),
        ("delayed", SCANNED | {"reason": "weather_delay"}, "delayed_weather"),
        ("exception", SCANNED | {"reason": "weather_delay"}, "delayed_weather"),
        (
            "delayed",
            SCANNED | {"reason": "carrier_delay", "estimate_told": True, "estimate_at": at(90)},
            "delayed_carrier_estimate",
        ),
        ("delayed", SCANNED | {"reason": "missed_window"}, "delayed_missed_window"),
        ("delayed", SCANNED | {"reason": "customs_hold"}, "exception_customs_hold"),
        ("exception", SCANNED, "exception_other"),
        ("exception", SCANNED | {"reason": "failed_attempt", "attempts": 1}, "exception_failed_attempt"),
        ("exception", SCANNED | {"reason": "failed_attempt", "attempts": 2}, "exception_failed_attempts"),
        ("exception", {"reason": "address_issue"}, "exception_address_issue"),
        ("returning", SCANNED | {"reason": "return_to_sender"}, "returning"),
        ("returning", SCANNED | {"reason": "refused"}, "returning_refused"),
        ("returned", SCANNED | {"reason": "refused"}, "returned"),
        ("cancelled", {}, "cancelled"),
        ("delivered", SCANNED | {"moved_after_end_at": at(9)}, "moved_after_delivered"),
        ("returned", SCANNED | {"moved_after_end_at": at(9)}, "moved_after_returned"),
        ("cancelled", SCANNED | {"moved_after_end_at": at(9)}, "moved_after_cancelled"),
    ],
)
def test_which_sentence_is_chosen(status, more, expected):
    assert key(status, **more) == expected


@pytest.mark.parametrize(
    ("status", "told", "expected"),
    [
        ("first_scan", True, "in_transit_late"),
        ("in_transit", True, "in_transit_late"),
        ("in_transit", False, "in_transit"),  # nobody was told of the day
        ("out_for_delivery", True, "out_for_delivery"),
        ("delayed", True, "delayed"),
    ],
)
def test_once_the_estimated_day_is_over_it_is_not_told_any_more(status, told, expected):
    more = SCANNED | {"estimate_told": told, "estimate_at": at(90)}

    assert key(status, replace(FACTS, estimate_is_past=True), **more) == expected


def test_a_parcel_without_number_and_sources_that_disagree():
    assert key("created", replace(FACTS, has_number=False)) == "created_without_number"
    assert key("in_transit", replace(FACTS, sources_disagree=True), **SCANNED) == "sources_disagree"


@pytest.mark.parametrize("status", ShipmentStatus.values)
@pytest.mark.parametrize("reason", ["", *Reason.values])
@pytest.mark.parametrize("scanned", [True, False])
def test_every_status_and_reason_has_a_sentence(status, reason, scanned):
    one = state(status, reason=reason, attempts=1, **(SCANNED if scanned else {}))

    assert render(sentence_for(one, FACTS), "es")


LABEL_KEYS = [name for name in en.TEXTS if name.startswith(("created", "label"))]


@pytest.mark.parametrize("name", LABEL_KEYS)
def test_label_wording_never_says_that_anything_moves(name):
    english, spanish = en.TEXTS[name].lower(), es.TEXTS[name].lower()

    assert not [word for word in ("on its way", "moving", "transit", "shipped", "left", "deliver") if word in english]
    assert not [word for word in ("en camino", "tránsito", "enviado", "salido", "entreg") if word in spanish]
    assert name.startswith("created") or ("not scanned" in english and "escane" in spanish)


def test_the_words_of_a_date():
    stored = Sentence("delayed_weather_estimate", {"carrier": "FedEx", "estimate": "2026-11-21"}, VERSION)

    assert render(stored, "en") == (
        "Your parcel is delayed by bad weather. FedEx now expects to deliver it on Saturday, November 21."
    )
    assert render(stored, "es-MX").endswith("FedEx prevé ahora entregarlo el sábado, 21 de noviembre.")


@pytest.mark.parametrize("language", ["", "fr", "en-GB", "EN", "xx_YY"])
def test_an_unknown_language_reads_english(language):
    assert render(Sentence("cancelled"), language) == "This shipment was cancelled."


@pytest.mark.parametrize(
    "stored",
    [
        Sentence("no_such_key"),
        Sentence("cancelled", {}, 99),
        Sentence("returned"),
        Sentence("returned", {"date": "soon"}),
    ],
)
def test_a_sentence_that_never_was_is_refused(stored):
    with pytest.raises(UnknownSentence):
        render(stored, "en")


def test_only_what_the_sentence_says_is_stored():
    stored = sentence_for(state("delivered", **SCANNED, signed_by="A. Person"), FACTS)

    assert stored == Sentence("delivered_signed", {"date": "2026-11-18"}, VERSION)


def test_a_delivery_is_told_by_the_day_of_its_place():
    late = datetime(2026, 11, 19, 4, 30, tzinfo=UTC)

    in_new_york = sentence_for(state("delivered", status_at=late), FACTS)
    by_the_carrier = sentence_for(state("delivered", status_at=late, status_local_date=date(2026, 11, 17)), FACTS)
    unknown_zone = sentence_for(state("delivered", status_at=late), replace(FACTS, zone="No/Where"))

    assert in_new_york.parameters["date"] == "2026-11-18"
    assert by_the_carrier.parameters["date"] == "2026-11-17"
    assert unknown_zone.parameters["date"] == "2026-11-19"


@pytest.mark.parametrize(("city", "shown"), [("  NEW\n{ORLEANS} ", "New Orleans"), ("McAllen", "McAllen")])
def test_places_and_names_are_made_fit_to_print(city, shown):
    stored = sentence_for(state("delivered", **SCANNED, delivered_place=(city, "", "", "US")), FACTS)

    assert stored.parameters["place"] == shown


def test_a_story_from_label_to_door():
    events = [event(0, "label_created")]
    assert _text(events) == "We have made the label for this parcel. FedEx has not scanned it yet."
    events.append(event(20, "in_transit"))
    assert _text(events) == "Your parcel is on its way. The estimated delivery day is Saturday, November 21."
    events.append(event(72, "delivered", place_city="DALLAS"))
    assert _text(events) == "Your parcel was delivered in Dallas on Saturday, November 21."


def _text(events):
    return render(sentence_for(project(events, [observation(21, estimate_at=at(75))]), FACTS), "en")
