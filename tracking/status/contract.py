"""Types of the projection: facts in, state out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class EventFact:
    """One tracking event as the projection sees it. Datetimes aware UTC."""

    identity: int  # 64-bit content hash: last tie-break, so that order never depends on arrival
    occurred_at: datetime
    precision: str  # vocabulary.Precision
    received_at: datetime  # first receipt
    source_id: int
    precedence: int  # 0 = highest (carrier) ... 4 (own feed)
    milestone: str
    evidence: str
    reason: str = ""
    turn: str = ""
    hint: bool = False
    local_date: date | None = None  # the place's own calendar day, when known
    heard_again_at: datetime | None = None  # last time a source repeated it
    is_correction: bool = False  # a person's word: wins over everything up to its time
    corrected_status: str = ""  # for corrections: the status a person set
    settles: bool = False  # a person settled a movement after the end
    is_void: bool = False  # the label was voided
    place_city: str = ""
    place_region: str = ""
    place_postcode: str = ""
    place_country: str = ""
    signed_by: str = ""
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class ObservationFact:
    """One source's latest observation. Datetimes aware UTC."""

    source_id: int
    precedence: int
    observed_at: datetime  # when it was told (receipt)
    not_found: bool | None = None
    not_found_since: datetime | None = None
    estimate_at: datetime | None = None
    estimate_until: datetime | None = None
    estimate_precision: str = ""
    estimate_told_at: datetime | None = None  # last receipt that named the estimate; None: `observed_at`
    original_estimate_at: datetime | None = None  # the first estimate this source gave
    delay_flag: str = ""
    return_by: date | None = None
    signed_by: str = ""
    delivered_city: str = ""
    delivered_region: str = ""
    delivered_postcode: str = ""
    delivered_country: str = ""
    delivered_to: str = ""
    proof_url: str = ""


@dataclass(frozen=True, slots=True)
class ReasonFact:
    """A reason reported by an event, with what became of it since. `count` = distinct local days for this reason."""

    reason: str
    first_at: datetime
    last_at: datetime
    count: int
    milestone: str  # of the last event that carried it
    last_identity: int
    cleared_by_scan_at: datetime | None = None  # first later physical scan without this reason
    cleared_by_outbound_scan_at: datetime | None = None  # the same, scans of a return left out
    since_at: datetime | None = None  # first report after the last scan that answered an earlier one; None: `first_at`


@dataclass(frozen=True, slots=True)
class SourceWord:
    """Last word of one source: its own status if it were alone."""

    source_id: int
    precedence: int
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One change of status in the parcel's story."""

    status: str
    occurred_at: datetime
    identity: int


@dataclass(frozen=True, slots=True)
class ShipmentState:
    """What is true of one parcel, a pure function of all its events and observations. Datetimes aware UTC."""

    status: str
    status_at: datetime | None  # when the deciding event happened
    status_precision: str = "instant"
    reason: str = ""  # reason of the deciding event, or of the return
    is_hint: bool = False  # the deciding event's mapping row says `hint`: its milestone alone opens no case
    evidence: str = "none"  # best evidence that the carrier holds the parcel
    evidence_at: datetime | None = None  # occurred_at of the first event that gave this evidence
    label_at: datetime | None = None
    first_scan_at: datetime | None = None
    first_scan_precision: str = "instant"
    last_scan_at: datetime | None = None  # last physical event
    last_event_at: datetime | None = None
    out_for_delivery_at: datetime | None = None  # last one, None once superseded by a later status
    available_at: datetime | None = None  # since when ready for pickup, None when not
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    returning_since: datetime | None = None
    is_returning: bool = False
    reasons: tuple[ReasonFact, ...] = ()
    moved_after_end_at: datetime | None = None  # physical event or exception after the end, not settled
    holds_messages: bool = False
    conflict_since: datetime | None = None  # sources differ in class since both have spoken
    source_words: tuple[SourceWord, ...] = ()
    future_identities: frozenset[int] = frozenset()  # kept, flagged, ignored
    estimate_at: datetime | None = None
    estimate_until: datetime | None = None
    estimate_precision: str = ""
    estimate_source_id: int | None = None
    estimate_told: bool = False  # False: stored, not told; see `snapshots.is_tellable` and `snapshots.is_overtaken`
    return_by: date | None = None
    not_found_since: datetime | None = None  # the carrier does not know the number (and nothing contradicts)
    signed_by: str = ""
    delivered_place: tuple[str, str, str, str] = ("", "", "", "")  # city, region, postcode, country
    delivered_to: str = ""
    proof_url: str = ""
    attempts: int = 0
    unmapped: int = 0  # events whose code has no meaning
    steps: tuple[StatusStep, ...] = ()  # every status change in order of occurrence
    status_identity: int = 0  # of the deciding event, 0 = none
    status_local_date: date | None = None  # the deciding event's own calendar day, when known
    last_place: tuple[str, str, str, str] = ("", "", "", "")  # of the last scan that names one, as delivered_place


@dataclass(frozen=True, slots=True)
class Sentence:
    """The customer's sentence as stored: key + parameters + wording version make it reproducible."""

    key: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a tracking code means under one mapping version. `row` = which row decided ("" = none)."""

    milestone: str
    reason: str = ""
    evidence: str = "none"
    turn: str = ""
    hint: bool = False
    row: str = ""


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row of a mapping version. `source_kind`/`carrier` empty = any; `pattern` = case-insensitive text prefix,
    "" = any text; `is_pass` = decide nothing here, go on with the next key."""

    id: str
    source_kind: str
    carrier: str
    field: str
    code: str  # "*" = any
    subcode: str  # "*" = any, "" = none
    pattern: str
    milestone: str
    reason: str
    evidence: str
    turn: str = ""
    hint: bool = False
    is_pass: bool = False
    description: str = ""
