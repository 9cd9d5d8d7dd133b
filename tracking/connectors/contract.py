"""What connectors take in and give out. Pure data: no database, no clock, no settings.

A connector turns the bytes of one inbound message into a `Reading`. It never guesses a meaning: it gives each
event its ordered look-up keys and lets the published mapping decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from tracking.connectors.http import HttpClient

KEPT_TOKEN = "kept_token"  # noqa: S105 - the name under which settings at the door hold the value of the kept token


@dataclass(frozen=True, slots=True)
class LookupKey:
    """One way to look an event's meaning up; `field` names the vendor field the code came from."""

    field: str
    code: str
    subcode: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened or should happen; all parts optional, `country` ISO 3166-1 alpha-2."""

    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class When:
    """A time as a vendor told it.

    `value` is an aware UTC datetime for precision `instant`, a naive datetime in the place's own time for `local`,
    a `date` for `date`. `text` is the vendor's own string, always kept: it is part of the event's identity.
    """

    text: str
    precision: str
    value: datetime | date


@dataclass(frozen=True, slots=True)
class ObservedEvent:
    """One thing a source says happened to the parcel named `tracking_number` (as sent, not normalized)."""

    tracking_number: str
    carrier: str  # operating carrier code ("fedex", "usps"), "" when the source does not say
    when: When
    keys: tuple[LookupKey, ...]  # most decisive first; the mapping decides key by key
    raw_code: str
    raw_subcode: str = ""
    description: str = ""
    place: Place = Place()
    signed_by: str = ""
    fulfilment_id: str = ""  # for shop events that name a fulfilment and not a number


@dataclass(frozen=True, slots=True)
class Observation:
    """What a snapshot says about the parcel as a whole; absent facts are None or empty."""

    tracking_number: str
    carrier: str
    not_found: bool | None = None  # True: the carrier does not know the number; False: it does
    estimate_at: When | None = None
    estimate_until: When | None = None
    delay_flag: str = ""  # vendor's structured delay ("WEATHER", "OPERATIONAL"...), "" when none
    return_by: date | None = None  # day on which an unclaimed parcel goes back
    signed_by: str = ""
    delivered_place: Place | None = None
    delivered_to: str = ""  # vendor's word for the spot: porch, mailbox, front desk
    proof_url: str = ""
    attempts: int | None = None
    destination: Place | None = None
    in_possession: bool | None = None  # the carrier says outright whether it holds the parcel; None: it does not say


@dataclass(frozen=True, slots=True)
class ShipmentUpdate:
    """Facts about one parcel: names, service, label."""

    tracking_number: str
    carrier: str
    service: str = ""
    order_number: str = ""
    label_created_at: When | None = None
    voided: bool = False
    direction: str = "outbound"
    partner_numbers: tuple[tuple[str, str], ...] = ()  # (number, carrier code) of a hand-over
    master_number: str = ""
    return_number: str = ""  # number of the return leg, when the carrier names one
    ship_from: Place | None = None
    ship_to: Place | None = None
    unique_id: str = ""  # the vendor's id of this parcel, tells several parcels under one number apart
    ship_date: date | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    external_id: str
    sku: str
    title: str
    quantity: int
    requires_shipping: bool = True


@dataclass(frozen=True, slots=True)
class FulfilmentUpdate:
    """One fulfilment of an order; one parcel per tracking number, or one parcel without number."""

    external_id: str
    order_external_id: str
    version_at: datetime | None
    created_at: datetime | None
    status: str  # "success", "cancelled", "error", "failure", "pending"
    tracking_numbers: tuple[str, ...] = ()
    carrier_name: str = ""  # free text as sent
    tracking_urls: tuple[str, ...] = ()
    service: str = ""
    location_id: str = ""
    requires_shipping: bool = True
    lines: tuple[OrderLine, ...] = ()
    ship_to: Place | None = None


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """One order as a shop or platform tells it; datetimes aware UTC, money in minor units."""

    external_id: str
    number: str
    version_at: datetime | None
    created_at: datetime | None
    currency: str = ""
    total_minor: int | None = None
    email: str = ""
    customer_name: str = ""
    phone: str = ""
    locale: str = ""
    is_test: bool = False
    cancelled_at: datetime | None = None
    ship_to: Place | None = None
    shipping_method: str = ""
    tags: tuple[str, ...] = ()
    promised_date: date | None = None
    lines: tuple[OrderLine, ...] = ()
    fulfilments: tuple[FulfilmentUpdate, ...] = ()
    is_partial: bool = False  # a stub: only the ids are known, never overwrite facts with its blanks


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """A shop's legal request; `kind` = data_request | customer_redact | shop_redact."""

    kind: str
    customer_external_id: str = ""
    email: str = ""
    phone: str = ""
    order_external_ids: tuple[str, ...] = ()
    shop: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One part that could not be read; `where` is a path into the payload, `message` a sentence."""

    where: str
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one message says. `complete_for`: numbers whose full event list this message carries."""

    orders: tuple[OrderUpdate, ...] = ()
    fulfilments: tuple[FulfilmentUpdate, ...] = ()
    shipments: tuple[ShipmentUpdate, ...] = ()
    events: tuple[ObservedEvent, ...] = ()
    observations: tuple[Observation, ...] = ()
    privacy: tuple[PrivacyRequest, ...] = ()
    errors: tuple[Unreadable, ...] = ()
    complete_for: frozenset[str] = frozenset()
    ignored: str = ""  # why a well-formed message has nothing for us ("topic not used"), else ""
    fetch_back: tuple[str, ...] = ()  # addresses at the vendor that hold what the message only announces

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was read (errors apart)."""
        told = (self.orders, self.fulfilments, self.shipments, self.events, self.observations, self.privacy)
        return not any((*told, self.fetch_back))


class UnreadableMessage(Exception):
    """The whole message cannot be read; the text is a sentence for the administrator."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """An inbound message as stored; header names lower-case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    topic: str = ""
    transport: str = "webhook"


@dataclass(frozen=True, slots=True)
class Verification:
    """Answer of the signature check. `delivery_id` empty when the vendor sends none; `sent_at` when it signs a time.

    `is_key_unknown`: it may be right, but the vendor's key is not among those kept; they should be fetched again.
    `secret_headers`: names (lower case) of headers that hold the secret itself and so must not be stored.
    """

    ok: bool
    why_not: str = ""
    delivery_id: str = ""
    topic: str = ""
    sent_at: datetime | None = None
    is_key_unknown: bool = False
    secret_headers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SettingField:
    """One thing an administrator sets on a source."""

    key: str
    label: str
    is_secret: bool = False
    help: str = ""
    needed_for: str = ""  # "webhook", "poll" or "" (optional)
    default: str = ""


@dataclass(frozen=True, slots=True)
class ParcelAsk:
    """A parcel to ask a carrier about."""

    number: str
    carrier: str = ""
    ship_date: date | None = None
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class PolledPart:
    """One parcel's (or order's) part of a poll answer: canonical bytes, stored as one inbound message."""

    about: str  # number or order id the part speaks of
    body: bytes
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Quota:
    """What the vendor reports about our allowance; None where it says nothing."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """Result of one poll call. `cursor` is the new position for cursor pollers, "" = unchanged; `token` a new token
    minted during the call, to be kept."""

    parts: tuple[PolledPart, ...]
    quota: Quota = Quota()
    cursor: str = ""
    more: bool = False  # cursor pollers: ask again at once
    errors: tuple[Unreadable, ...] = ()
    token: "Token | None" = None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token to keep (encrypted) between calls; `expires_at` aware UTC."""

    value: str
    expires_at: datetime
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """What a connector needs to call out: settings and secrets of one source, the token kept from earlier, the time."""

    settings: Mapping[str, str]
    http: HttpClient
    now: datetime
    token: Token | None = None


@dataclass(frozen=True, slots=True)
class PollLimits:
    """Fixed facts of a vendor's poll API. `style` = numbers | cursor | none; `per_call` numbers in one call;
    `calls` allowed per `per_seconds` (token bucket default, editable per source). `changes_are_pushed`: every change
    of an object has its webhook, not only the new objects."""

    style: str = "none"
    per_call: int = 1
    calls: int = 0
    per_seconds: int = 3600
    changes_are_pushed: bool = False


class Connector(Protocol):
    """One system's connector. One file (or package) and one line in `registry.py`."""

    kind: str
    label: str
    origin: str  # vocabulary.Origin
    carrier: str  # carrier code for carriers, "" otherwise
    setting_fields: tuple[SettingField, ...]
    poll: PollLimits

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check the signature over the raw bytes, without calling anybody.

        `settings["webhook_secret"]` may hold several secrets, one a line; `settings[KEPT_TOKEN]` is what `get_token`
        brought last ("" when nothing did), for vendors whose keys have to be fetched before.
        """
        ...

    def read(self, message: RawMessage) -> Reading:
        """Understand one message. Raises UnreadableMessage when the whole of it makes no sense; a bad part becomes an
        entry of `errors` and never hides the good parts."""
        ...

    def get_token(self, account: Account) -> Token | None:
        """Mint an access token (network). None when the kind needs none. Raises CallFailed."""
        ...

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Ask the vendor (network, one call). Number pollers use `asks` (at most poll.per_call), others `cursor`.

        Raises CallFailed.
        """
        ...

    def test_connection(self, account: Account) -> str:
        """Make the cheapest real call; return a sentence of what was found. Raises CallFailed with a sentence."""
        ...


@runtime_checkable
class FetchesBack(Protocol):
    """What a connector can do besides whose webhooks only name an address (`Reading.fetch_back`)."""

    def refuses(self, settings: Mapping[str, str], url: str) -> str:
        """Return why this address is not fetched (it is not the vendor's); "" when it may be."""
        ...

    def fetch_back(self, account: Account, url: str) -> PollAnswer:
        """Fetch one page of what the address holds (network). With `more`, `cursor` is the address of the next page; no
        parts mean that there is nothing yet. Raises CallFailed."""
        ...
