"""The facts of one parcel as the shipment page shows them: each with where it comes from."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.reader import Reader
from tracking.models import Shipment, TrackingEvent
from tracking.privacy import masking
from tracking.shipments.queries import Story
from tracking.templatetags.parcels import service_words, there
from tracking.vocabulary import EVIDENCE_RANK, CareLevel, Evidence, Precision


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: what it is, its value, where it comes from. `tone`: "" or "bad" (wants attention) or "none"."""

    label: str
    value: str
    origin: str = ""
    tone: str = ""
    title: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of evidence that the carrier holds the parcel."""

    label: str
    is_reached: bool
    is_current: bool


def moment(at: datetime | None, precision: str, reader: Reader) -> str:
    """A carrier's time as exactly as it is known: a day only stays a day."""
    if at is None:
        return ""
    if precision == Precision.DATE:
        return f"{at:%a} {at.day} {at:%b}"
    return reader.moment(at)


def strip(story: Story, reader: Reader) -> list[Fact]:
    """The six facts everybody asks for first."""
    parcel = story.shipment
    return [
        _label(story, reader),
        _scan("First real scan", parcel.first_scan_at, parcel.first_scan_precision, story.first_scan, reader),
        _scan("Last scan", parcel.last_scan_at, Precision.INSTANT, story.last_scan, reader),
        _estimate(parcel),
        _promise(parcel, reader),
        _exception(story, reader),
    ]


def _label(story: Story, reader: Reader) -> Fact:
    parcel, event = story.shipment, story.label_event
    at = parcel.label_at or parcel.label_told_at or parcel.number_at
    if at is None:
        return Fact("Label created", "not yet", "no number known", "none")
    if event is not None and event.source is not None:
        return Fact("Label created", moment(at, event.precision, reader), f"{event.source} says so")
    teller = next((str(name.told_by) for name in story.numbers if name.told_by), "")
    return Fact("Label created", reader.moment(at), f"told by {teller}" if teller else "")


def _scan(label: str, at: datetime | None, precision: str, event: TrackingEvent | None, reader: Reader) -> Fact:
    if at is None:
        return Fact(label, "not yet", "a label is not movement" if label.startswith("First") else "", "none")
    where = ", ".join(part for part in (event.city, event.region or event.country) if part) if event else ""
    told = str(event.source) if event and event.source else ""
    shown = moment(at, event.precision if event else precision, reader)
    return Fact(label, shown, " · ".join(part for part in (where, told) if part))


def _estimate(parcel: Shipment) -> Fact:
    if parcel.estimate_at is None:
        return Fact("Estimate", "none", "no source gives a date", "none")
    current = there(parcel.estimate_at, parcel, parcel.estimate_precision)
    said = f"{parcel.estimate_source} says so" if parcel.estimate_source else ""
    first = parcel.original_estimate_at
    was = f"first {there(first, parcel, parcel.estimate_precision)}" if first and first != parcel.estimate_at else ""
    return Fact("Estimate", current, " · ".join(part for part in (said, was) if part))


def _promise(parcel: Shipment, reader: Reader) -> Fact:
    if parcel.promise_at is None:
        return Fact("Promise", "none", "no promise known", "none")
    precision = Precision.DATE if parcel.promise_is_date else Precision.INSTANT
    late = parcel.ended_at is None and parcel.promise_at < reader.now
    return Fact("Promise", there(parcel.promise_at, parcel, precision), parcel.promise_origin, "bad" if late else "")


def _exception(story: Story, reader: Reader) -> Fact:
    case = story.open_case
    if case is not None:
        owner = case.owner.get_full_name() or case.owner.get_username() if case.owner else "nobody"
        due = f"owner {owner}, next action due {reader.moment(case.next_action_due_at)}"
        return Fact("Exception", case.get_kind_display(), due, "bad", masking.text(case.evidence))
    if story.past_cases:
        last = story.past_cases[0]
        when = reader.moment(last.resolved_at) if last.resolved_at else ""
        return Fact("Exception", last.get_outcome_display(), f"{last.get_kind_display()}, resolved {when}")
    return Fact("Exception", "none", "nothing was flagged", "none")


def details(parcel: Shipment, person: masking.Person, reader: Reader) -> list[Fact]:
    """The lasting facts: who carries it, from where, to where, with how much care, and what proves delivery."""
    to = ", ".join(part for part in (parcel.ship_to_city, parcel.ship_to_region, parcel.ship_to_country) if part)
    facts = [
        Fact("Carrier", str(parcel.carrier or "not known"), service_words(parcel.service)),
        Fact("Warehouse", str(parcel.warehouse or "not known")),
        Fact("Goes to", to or "not known", "across a border" if parcel.is_international else ""),
        Fact("Customer", person.name or "not known", person.email),
        Fact("Direction", parcel.get_direction_display()),
        Fact("Care", CareLevel(parcel.care_level).label, parcel.care_policy),
    ]
    return facts + _proof(parcel, reader) + _dates(parcel, reader)


def _proof(parcel: Shipment, reader: Reader) -> list[Fact]:
    place = (parcel.delivered_city, parcel.delivered_region, parcel.delivered_country)
    where = ", ".join(part for part in place if part)
    told = (
        ("Delivered", reader.moment(parcel.delivered_at) if parcel.delivered_at else "", where),
        ("Left at", masking.text(parcel.delivered_to), ""),
        ("Signed by", masking.name(parcel.signed_by), "initials" if parcel.signed_by else ""),
        ("Delivery attempts", str(parcel.attempts) if parcel.attempts else "", ""),
    )
    return [Fact(label, value, origin) for label, value, origin in told if value]


def _day(day: date | None) -> str:
    return f"{day:%a} {day.day} {day:%b}" if day else ""


def _dates(parcel: Shipment, reader: Reader) -> list[Fact]:
    told = (
        ("Return by", _day(parcel.return_by)),
        ("Ended", reader.moment(parcel.ended_at) if parcel.ended_at else ""),
        ("Label voided", reader.moment(parcel.voided_at) if parcel.voided_at else ""),
        ("Order cancelled", reader.moment(parcel.order_cancelled_at) if parcel.order_cancelled_at else ""),
        ("Next check", reader.moment(parcel.next_check_at) if parcel.next_check_at else ""),
    )
    return [Fact(label, value) for label, value in told if value]


def evidence_steps(parcel: Shipment) -> list[Step]:
    """How far the proof goes that the carrier holds the parcel, weakest first."""
    ladder = sorted((word for word in Evidence if word != Evidence.NOT_PHYSICAL), key=lambda word: EVIDENCE_RANK[word])
    reached = EVIDENCE_RANK.get(parcel.evidence, 0)
    return [Step(word.label, EVIDENCE_RANK[word] <= reached, EVIDENCE_RANK[word] == reached) for word in ladder]


def warnings(parcel: Shipment, reader: Reader) -> list[SafeString]:
    """What somebody should know before they trust the status: one sentence of fact each, with its consequence."""
    found = []
    if parcel.claimed_twice:
        found.append("Two orders claim this tracking number. Check which of them this parcel belongs to.")
    if parcel.moved_after_end_at:
        at = reader.moment(parcel.moved_after_end_at)
        found.append(
            f"A scan at {at} came after the end of this parcel. The customer hears nothing more until it is settled."
        )
    if parcel.conflict_since:
        found.append(f"Sources have disagreed since {reader.moment(parcel.conflict_since)}; see their last words.")
    if parcel.not_found_since:
        found.append(f"The carrier has not known this number since {reader.moment(parcel.not_found_since)}.")
    if parcel.unmapped_events:
        found.append(f"{parcel.unmapped_events} of its events have no meaning yet and change nothing.")
    return [format_html("{}", sentence) for sentence in found]
