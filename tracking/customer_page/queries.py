"""The customer's page of one order, ready to print."""

from dataclasses import dataclass
from datetime import datetime

from tracking.brand_colours import style_sheet
from tracking.customer_page.gathering import Found, find
from tracking.customer_page.headline import Standing, headline
from tracking.customer_page.parcel import ParcelView, view, zone_of_page
from tracking.customer_page.reporting import Choice, choices
from tracking.customer_page.story import Reported
from tracking.customer_page.words import Words, page_language
from tracking.vocabulary import CaseState


@dataclass(frozen=True, slots=True)
class ReportView:
    """What a customer reported, and what happens with it."""

    said: str
    then: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page of an order says, in `language`."""

    language: str
    brand: str
    colours: str  # style sheet in the store's colour, "" for none
    number: str
    kicker: str
    headline: str
    lead: str
    parcels: tuple[ParcelView, ...]
    reports: tuple[ReportView, ...]
    choices: tuple[Choice, ...]  # what can be reported, parcel by parcel
    as_of: str
    words: Words


def page(*, token: str, language: str, now: datetime) -> Page | None:
    """Return the page a token opens, None for an unknown one. `language` "" = the customer's own; `now` aware UTC.

    The number of queries does not depend on how many parcels there are.
    """
    found = find(token, now)
    if found is None:
        return None
    tag = page_language(language) if language else own_language(found)
    words = Words(tag)
    parcels = tuple(view(each, found, words, tag, now) for each in found.parcels)
    title, about = _headline(found, parcels, words)
    zone = zone_of_page(found)
    return Page(
        language=words.language,
        brand=(found.store.brand or found.store.name) if found.store else "",
        colours=style_sheet(found.store.brand_colour) if found.store else "",
        number=found.order.number if found.order else "",
        kicker=_kicker(found, parcels, about, words),
        headline=title,
        lead="" if parcels or _is_cancelled(found) else words.text("preparing_order_next"),
        parcels=parcels,
        reports=tuple(_reported(each, words, zone, now) for each in found.story.reports),
        choices=choices(found.parcels, words),
        as_of=words.text("as_of", moment=words.moment(now, zone), zone=zone.rpartition("/")[2].replace("_", " ")),
        words=words,
    )


def own_language(found: Found) -> str:
    """Return the tag of the language an order's customer is written to in: their own, else the store's, else English.

    The same rule as `shipments.queries.customer_language`, for an order that need not have a parcel.
    """
    customer = found.order.customer if found.order else None
    return (customer.locale if customer else "") or (found.store.default_language if found.store else "") or "en"


def _is_cancelled(found: Found) -> bool:
    return bool(found.order and found.order.cancelled_at)


def _headline(found: Found, parcels: tuple[ParcelView, ...], words: Words) -> tuple[str, int]:
    if not parcels:
        return words.text("order_cancelled" if _is_cancelled(found) else "preparing_order"), 0
    rows = zip(found.parcels, parcels, strict=True)
    return headline([Standing(row.status, row.reason, row.sentence_key, shown.sentence) for row, shown in rows], words)


def _kicker(found: Found, parcels: tuple[ParcelView, ...], about: int, words: Words) -> str:
    order = words.text("order", number=found.order.number) if found.order else words.text("your_parcel")
    if about:
        return f"{order} · {words.text('parcel_of', n=about, of=len(parcels))}"
    return f"{order} · {words.count('parcels', len(parcels))}" if len(parcels) > 1 else order


def _reported(report: Reported, words: Words, zone: str, now: datetime) -> ReportView:
    moment = words.moment(report.reported_at, zone)
    return ReportView(
        words.text("reported_at", kind=words.kind(report.kind), moment=moment), then(report, words, zone, now)
    )


def then(report: Reported, words: Words, zone: str, now: datetime) -> str:
    """Return what happens with a report and by when: by the clock of its case."""
    if report.case_due_at is None or report.case_state == CaseState.RESOLVED:
        return words.text("reported_done")
    if report.case_due_at <= now:
        return words.text("reported_soon")
    return words.text("reported_by", moment=words.moment(report.case_due_at, zone))
