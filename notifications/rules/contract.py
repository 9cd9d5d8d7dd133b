"""Types of the rules: news and facts in, drafts of decisions out. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

NOBODY = "nobody"
"""Recipient of a decision when there is no one to write to."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be so for a rule to speak; an empty condition asks nothing.

    `sentences` name keys of the public sentence, a trailing "*" stands for any ending. Money in minor units.
    """

    sentences: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    carriers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    care_level: str = ""
    minimum_minor: int | None = None
    maximum_minor: int | None = None
    case_kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: on which news and facts it speaks, to whom, about what, with which words, and when.

    `topic` may hold {attempts}, {estimate}, {day}, {kind}, {step}, {case} and {news}; an empty part is left out
    together with its colon.
    """

    key: str
    name: str
    news: tuple[str, ...]
    topic: str
    template: str = ""  # services make their own form of it
    conditions: Conditions = Conditions()
    audience: str = "customer"
    addresses: tuple[str, ...] = ()  # of the audience "named"; of "system" names of accounts, empty: all of the channel
    channel: str = "email"
    purpose: str = "progress"
    mode: str = "on"
    needs_scan: bool = True
    true_while: tuple[str, ...] = ()  # sentences; empty: those of the conditions
    held_by: tuple[str, ...] = ()  # kinds of open signals that a person has to look at first
    delay_minutes: int = 0
    quiet_from: time | None = None  # in the recipient's zone
    quiet_until: time | None = None
    digest_minutes: int = 0  # 0: each parcel on its own
    ignores_cap: bool = False
    approval: str = "auto"
    high_care_approval: str = "auto"
    approval_minutes: int = 60  # working minutes, for approve_or_send

    @property
    def lasting(self) -> tuple[str, ...]:
        """The sentences while which the message stays true."""
        return self.true_while or self.conditions.sentences


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one version, with the limits that hold for all of them."""

    version: int
    rules: tuple[Rule, ...]
    cap_count: int = 4
    cap_hours: int = 24
    too_old_days: int = 7
    undo_seconds: int = 15

    @property
    def cap_span(self) -> timedelta:
        """How far back the cap counts."""
        return timedelta(hours=self.cap_hours)


@dataclass(frozen=True, slots=True)
class Happening:
    """One row of the ledger, as the rules see it. Datetimes aware UTC. `shipment_id` is the parcel that lives on."""

    id: int
    kind: str
    at: datetime
    shipment_id: int | None = None
    order_id: int | None = None
    case_id: int | None = None
    occurred_at: datetime | None = None
    sentence: str = ""
    status: str = ""
    reason: str = ""
    cause: str = ""
    actor_id: int | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What is true of one parcel when it is decided. Datetimes aware UTC; `estimate` and `day` ISO, "" for none."""

    shipment_id: int
    order_id: int | None
    sentence: str
    status: str
    reason: str
    evidence: str
    evidence_rank: int
    has_first_scan: bool
    known_since: datetime
    ended_at: datetime | None = None
    direction: str = "outbound"
    carrier: str = ""
    service: str = ""
    country: str = ""
    store: str = ""
    store_id: int | None = None
    care_level: str = "standard"
    total_minor: int | None = None
    attempts: int = 0
    estimate: str = ""
    zone: str = "UTC"
    parcels_of_order: int = 1
    holds_messages: bool = False
    is_test: bool = False
    open_signals: frozenset[str] = frozenset()
    customer: "Recipient | None" = None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is true of a case when it is decided."""

    case_id: int
    kind: str
    severity: str
    owner: "Recipient | None"
    team: "Recipient | None"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to write to. `key` is stable ("customer:12"); the address itself stays outside."""

    key: str
    has_address: bool
    address_key: str = ""
    is_suppressed: bool = False
    refuses: frozenset[str] = frozenset()  # purposes


@dataclass(frozen=True, slots=True)
class Desk:
    """How messaging stands as a whole."""

    is_killed: bool = False
    paused: frozenset[str] = frozenset()  # channels
    absent: frozenset[str] = frozenset()  # services nobody connected: their rules do not speak
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # channel -> keys of its active accounts
    working: Callable[[datetime, float], datetime] | None = None  # moment + working hours of those who approve


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known for one batch."""

    parcels: Mapping[int, ParcelFacts]
    cases: Mapping[int, CaseFacts]
    desk: Desk


@dataclass(slots=True)
class Said:
    """A message that stands in the outbox, or is about to. `number` is 0 until it has a row."""

    subject: tuple[str, int]
    topic: str
    recipient: str
    channel: str
    is_waiting: bool
    covers: set[int]
    created_at: datetime
    number: int = 0
    true_while: tuple[str, ...] = ()
    is_superseded: bool = False

    @property
    def key(self) -> tuple[tuple[str, int], str, str, str]:
        """What may be said once."""
        return (self.subject, self.topic, self.recipient, self.channel)


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision before it is written: withheld with `reason`, or a message: `why`, `send_at`, `said`."""

    happening: Happening
    rule: Rule | None
    rule_version: int
    recipient: str
    audience: str
    topic: str
    reason: str = ""
    why: str = ""
    send_at: datetime | None = None
    approval: str = "auto"
    said: Said | None = None
    joins: Said | None = None
    replaces: tuple[Said, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
