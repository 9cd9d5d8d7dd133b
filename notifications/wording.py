"""What templates may speak of: plain values from the rows, and the links below a message."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core import signing

from notifications.configuration import wording
from notifications.rendering import Footer
from tracking.brand_colours import is_colour
from tracking.models import Customer, ExceptionCase, Shipment, Store
from tracking.status.contract import Sentence
from tracking.status.wording import UnknownSentence, languages, written_day
from tracking.status.wording import render as render_sentence

SALT = "notifications.unsubscribe"


def sentence_of(shipment: Shipment, language: str) -> str:
    """Return the public sentence as the tracking page shows it."""
    sentence = Sentence(shipment.sentence_key, shipment.sentence_parameters, shipment.sentence_version)
    try:
        return render_sentence(sentence, language)
    except UnknownSentence:
        return ""


def values_for(
    shipments: Sequence[Shipment], *, language: str, customer: Customer | None, case: ExceptionCase | None = None
) -> dict[str, Any]:
    """Return the documented variables for a message about these parcels; the first one is the parcel."""
    first = shipments[0] if shipments else None
    store = store_of(first)
    order = first.order if first else None
    return {
        "customer": {"first_name": _first_name(customer)},
        "order": {"number": order.number if order else ""},
        "store": {"name": brand(store)},
        "parcel": _parcel(first, language) | _extra(first, language),
        "parcels": [_parcel(each, language) for each in shipments],
        "page_url": page_url(first),
        "case": {
            "next_action": case.next_action if case else "",
            "kind": case.get_kind_display() if case else "",
        },
    }


def _parcel(shipment: Shipment | None, language: str) -> dict[str, Any]:
    if shipment is None:
        return {"number": "", "carrier": "", "sentence": ""}
    return {
        "number": shipment.number,
        "carrier": shipment.carrier.name if shipment.carrier else "",
        "sentence": sentence_of(shipment, language),
    }


def _extra(shipment: Shipment | None, language: str) -> dict[str, Any]:
    if shipment is None:
        return {"estimate": "", "return_by": "", "attempts": 0, "town": ""}
    told = shipment.sentence_parameters
    return {
        "estimate": _day(told.get("estimate_until") or told.get("estimate", ""), language),
        "return_by": _day(shipment.return_by.isoformat() if shipment.return_by else "", language),
        "attempts": shipment.attempts,
        "town": shipment.ship_to_city,
    }


def _day(iso: str, language: str) -> str:
    return written_day(iso, language) if iso else ""


def _first_name(customer: Customer | None) -> str:
    name = customer.name.split() if customer and not customer.erased_at else []
    return name[0][:40] if name and "@" not in name[0] else ""


def store_of(shipment: Shipment | None) -> Store | None:
    """Return the store a parcel belongs to."""
    if shipment is None:
        return None
    return shipment.store or (shipment.order.store if shipment.order else None)


def brand(store: Store | None) -> str:
    """Return the name customers know a store by."""
    return (store.brand or store.name) if store else ""


def page_url(shipment: Shipment | None) -> str:
    """Return the address of a parcel's public page."""
    return f"{settings.PUBLIC_URL}/track/{shipment.public_token}/" if shipment else settings.PUBLIC_URL


def wanted_languages(customer: Customer | None, store: Store | None) -> Iterable[str]:
    """Return the languages to write in, best first."""
    told = [customer.locale if customer else "", store.default_language if store else ""]
    return [each for each in told if each]


def sentence_language(language: str) -> str:
    """Return the language public sentences are read in beside a text in this language."""
    return language if language in languages() else "en"


def unsubscribe_url(email_key: str, store_id: int, purpose: str) -> str:
    """Return the signed link by which a person refuses messages of one purpose. It never expires and names nobody."""
    token = signing.dumps([email_key, store_id, purpose], salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}/u/{token}"


def footer_for(language: str, store: Store | None, url: str) -> Footer:
    """Return what stands around a customer's message."""
    words = wording(language)
    colour = store.brand_colour if store and is_colour(store.brand_colour) else ""
    return Footer(brand(store), colour, words.why.format(store=brand(store)), words.unsubscribe, url)
