"""One parcel as its customer reads it: finished words, no street, no name. Pure over the rows that were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tracking.customer_page.gathering import Found
from tracking.customer_page.story import Change, Happened, OpenCase
from tracking.customer_page.way import Step, next_step, steps
from tracking.customer_page.words import Words
from tracking.models import Shipment
from tracking.shipments.projection import destination_zone
from tracking.shipments.queries import written
from tracking.status.places import zone_of
from tracking.status.wording import written_day
from tracking.vocabulary import (
    BEFORE_SCAN_STATUSES,
    STATUS_LOOK,
    CaseState,
    Milestone,
    Precision,
    ShipmentStatus,
    WaitingParty,
)

MOST_LINES = 8
_ALWAYS_SHOWN = frozenset(
    {Milestone.LABEL_CREATED, Milestone.FIRST_SCAN, Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY}
)
_NO_DATE_ASKED = frozenset({ShipmentStatus.RETURNING, ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Dated:
    """A date with its honesty: what it is, the day, where it comes from, and the day it replaced ("" = none)."""

    label: str
    day: str
    why: str = ""
    was: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened."""

    when: str
    what: str
    place: str


@dataclass(frozen=True, slots=True)
class ParcelView:
    """All the page says of one parcel."""

    shipment_id: int
    status: str
    tint: str
    status_word: str
    sentence: str
    items: tuple[str, ...]
    date: Dated | None
    place: str
    place_at: str
    steps: list[Step]
    actor: str
    next_step: str
    our_part: str  # what our team does meanwhile, "" when nothing is open
    history: list[Line]
    carrier: str
    number: str
    link: str
    proof: tuple[str, ...]


def view(shipment: Shipment, found: Found, words: Words, language: str, now: datetime) -> ParcelView:
    """Return what the page says of a parcel. `language` is the tag its sentence is written in, `now` aware UTC."""
    carrier = shipment.carrier.name if shipment.carrier else ""
    changes = found.story.changes.get(shipment.pk, [])
    lines = _history(shipment, found.story.events.get(shipment.pk, []), changes, words)
    has_ended = shipment.ended_at is not None
    last = next((line for line in lines if line.place), None)
    case = found.story.cases.get(shipment.pk)
    key = next_step(shipment.status, shipment.reason, shipment.sentence_key, has_case=case is not None)
    actor, what = words.next_step(key, carrier)
    return ParcelView(
        shipment_id=shipment.pk,
        status=shipment.status,
        tint=STATUS_LOOK[shipment.status][0],
        status_word=words.status(shipment.status),
        sentence=written(shipment, language),
        items=_items(shipment, found),
        date=_date(shipment, changes, words, carrier, now),
        place=last.place if last and not has_ended else "",
        place_at=last.when if last else "",
        steps=steps(shipment.status, has_scan=shipment.first_scan_at is not None, carrier=carrier, words=words),
        actor=actor,
        next_step=what,
        our_part=_our_part(case, words, zone_of_page(found), now),
        history=lines,
        carrier=carrier,
        number=shipment.number,
        link=_link(shipment),
        proof=_proof(shipment, words),
    )


def zone_of_page(found: Found) -> str:
    """Return the IANA zone in which the page tells moments of ours: the store's."""
    return found.store.time_zone if found.store else "UTC"


def _items(shipment: Shipment, found: Found) -> tuple[str, ...]:
    """What is inside, where that is known: a fulfilment of one parcel, or an order of one parcel."""
    parcels: dict[int, set[int]] = {}
    for link in found.story.links:
        parcels.setdefault(link.fulfilment_id, set()).add(link.shipment_id)
    own = [link.lines for link in found.story.links if parcels[link.fulfilment_id] == {shipment.pk}]
    told = [(line.get("quantity") or 1, line.get("title") or "") for lines in own for line in lines]
    if not any(link.lines for link in found.story.links) and len(found.parcels) == 1:
        told = found.story.lines
    return tuple(f"{quantity} × {title}" for quantity, title in told if title)


def _date(shipment: Shipment, changes: Sequence[Change], words: Words, carrier: str, now: datetime) -> Dated | None:
    if shipment.status in _NO_DATE_ASKED:
        return None
    told, language = shipment.sentence_parameters, words.language
    if shipment.status == ShipmentStatus.DELIVERED:
        return Dated(words.text("delivered_on"), written_day(told["date"], language)) if told.get("date") else None
    if shipment.status == ShipmentStatus.AVAILABLE_FOR_PICKUP:
        until = told.get("return_by", "")
        label = words.text("collect_until") if until else words.text("expected")
        return Dated(label, written_day(until, language) if until else words.text("collect_now"))
    estimate = _estimate(told, words)
    if estimate:
        earlier = [_estimate(each.sentence_parameters, words) for each in changes]
        was = next((day for day in reversed(earlier) if day and day != estimate), "")
        return Dated(words.text("expected"), estimate, words.text("estimate_by", carrier), was)
    why = "after_scan" if shipment.status in BEFORE_SCAN_STATUSES else "no_estimate"
    said = " ".join(part for part in (words.text(why, carrier), _promise(shipment, words, now)) if part)
    return Dated(words.text("expected"), words.text("no_date"), said)


def _estimate(told: dict[str, str], words: Words) -> str:
    first, last = told.get("estimate", ""), told.get("estimate_until", "")
    if not first:
        return ""
    day = written_day(first, words.language)
    return words.text("between", first=day, last=written_day(last, words.language)) if last else day


def _promise(shipment: Shipment, words: Words, now: datetime) -> str:
    if shipment.promise_at is None:
        return ""
    zone = ZoneInfo(destination_zone(shipment))
    promised = shipment.promise_at.astimezone(zone).date()
    is_over = promised < now.astimezone(zone).date()
    day = written_day(promised.isoformat(), words.language)
    return words.text("promise_passed" if is_over else "promised", day=day)


def _our_part(case: OpenCase | None, words: Words, zone: str, now: datetime) -> str:
    if case is None:
        return ""
    if case.state == CaseState.WAITING and case.waiting_party == WaitingParty.CUSTOMER:
        return words.text("waits_for_you")
    if case.next_action_due_at > now:
        return words.text("team_by", moment=words.moment(case.next_action_due_at, zone))
    return words.text("team")


def _history(shipment: Shipment, events: Sequence[Happened], changes: Sequence[Change], words: Words) -> list[Line]:
    """Return what happened, newest first, a repetition once. A status is shown only if it was ever this parcel's."""
    shown = _ALWAYS_SHOWN | {change.to_status for change in changes} | {shipment.status}
    lines: list[Line] = []
    previous = ("", "", "")
    turned = False
    for event in reversed(events):
        milestone = ShipmentStatus.RETURNED if turned and event.milestone == Milestone.DELIVERED else event.milestone
        turned |= milestone == Milestone.RETURNING
        here = (milestone, event.reason, event.city.casefold())
        if milestone in shown and here != previous:
            lines.append(Line(_when(shipment, event, words), words.happened(milestone, event.reason), _place(event)))
            previous = here
    return lines[::-1][:MOST_LINES]


def _when(shipment: Shipment, event: Happened, words: Words) -> str:
    zone = zone_of(event.country, event.region) or destination_zone(shipment)
    if event.precision == Precision.DATE:
        day: date = event.local_date or event.at.astimezone(ZoneInfo(zone)).date()
        return words.short_day(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
    return words.moment(event.at, zone)


def _place(event: Happened) -> str:
    city = event.city.title() if event.city.isupper() else event.city
    return ", ".join(part for part in (city, event.region) if part)


def _link(shipment: Shipment) -> str:
    pattern = shipment.carrier.tracking_url if shipment.carrier else ""
    if not shipment.number or not pattern.startswith("https://"):
        return ""
    return pattern.replace("{number}", quote(shipment.number, safe=""))


def _proof(shipment: Shipment, words: Words) -> tuple[str, ...]:
    """What the carrier says of a delivery. Who signed is not told: whoever has the link can read the page."""
    if shipment.status != ShipmentStatus.DELIVERED:
        return ()
    city, left = shipment.delivered_city, words.left_at(shipment.delivered_to)
    city = city.title() if city.isupper() else city
    place = ", ".join(part for part in (city, shipment.delivered_region) if part)
    told = (
        words.text("delivered_in", place=place) if place else "",
        words.text("left", where=left) if left else "",
        words.text("signed") if shipment.signed_by else "",
    )
    return tuple(each for each in told if each)
