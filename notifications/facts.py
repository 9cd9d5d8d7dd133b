"""Gathers what the rules and the senders need to know, for a whole batch in a fixed number of queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Count

from notifications.channels.registry import CHANNELS, SERVICES
from notifications.models import ChannelAccount, ChannelState, MessagingSwitch, OptOut, SuppressedAddress
from notifications.rules.contract import CaseFacts, Desk, Facts, ParcelFacts, Recipient
from tracking.models import Customer, ExceptionCase, Shipment, Signal, Team
from tracking.models.parties import email_hash
from tracking.routing.operations import Desk as RoutingDesk
from tracking.status.places import zone_of
from tracking.vocabulary import EVIDENCE_RANK, Direction, SignalState


@dataclass(slots=True)
class World:
    """Facts for the rules, the rows behind them, and where each recipient is reached."""

    facts: Facts
    shipments: dict[int, Shipment] = field(default_factory=dict)
    cases: dict[int, ExceptionCase] = field(default_factory=dict)
    survivors: dict[int, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)  # recipient key -> e-mail address
    customers: dict[str, Customer] = field(default_factory=dict)

    def survivor(self, shipment_id: int | None) -> int | None:
        """Follow joined parcels to the one that lives on."""
        return self.survivors.get(shipment_id, shipment_id) if shipment_id else None


def gather(*, shipment_ids: Iterable[int], case_ids: Iterable[int]) -> World:
    """Read what is true of these parcels and cases now. The number of queries does not depend on how many there are."""
    survivors = _survivors(set(shipment_ids))
    shipments = _shipments(set(survivors.values()))
    rows = ExceptionCase.objects.filter(pk__in=set(case_ids)).select_related("owner", "team").order_by("pk")
    cases = {row.pk: row for row in rows}
    people = _People(shipments.values())
    signals = _open_signals(shipments)
    siblings = _siblings(shipments.values())
    parcels = {
        key: _parcel(row, signals.get(key, frozenset()), siblings.get(row.order_id or 0, 1), people)
        for key, row in shipments.items()
    }
    world = World(
        facts=Facts(parcels, {key: _case(row, people) for key, row in cases.items()}, _desk()),
        shipments=shipments,
        cases=cases,
        survivors=survivors,
    )
    world.addresses, world.customers = people.addresses, people.customers
    return world


def address_of(text: str) -> str:
    """Return a usable e-mail address, "" when the text is none."""
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address


def _survivors(wanted: set[int]) -> dict[int, int]:
    """Return for each parcel the one that lives on; a chain of joins is followed to its end."""
    pointers: dict[int, int | None] = {}
    left = wanted
    while left:
        found = dict(Shipment.objects.filter(pk__in=left).values_list("pk", "merged_into_id"))
        pointers |= found
        left = {target for target in found.values() if target} - set(pointers)
    return {key: _end(key, pointers) for key in wanted if key in pointers}


def _end(key: int, pointers: Mapping[int, int | None]) -> int:
    seen: set[int] = set()
    while (following := pointers.get(key)) and key not in seen:
        seen.add(key)
        key = following
    return key


def _shipments(ids: set[int]) -> dict[int, Shipment]:
    rows = Shipment.objects.filter(pk__in=ids).order_by("pk")
    return {
        row.pk: row for row in rows.select_related("store", "carrier", "service", "order__customer", "order__store")
    }


def _open_signals(ids: Iterable[int]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    rows = Signal.objects.filter(shipment_id__in=list(ids), state=SignalState.OPEN)
    for shipment_id, kind in rows.values_list("shipment_id", "kind"):
        found.setdefault(shipment_id, set()).add(kind)
    return {key: frozenset(kinds) for key, kinds in found.items()}


def _siblings(shipments: Iterable[Shipment]) -> dict[int, int]:
    """Count the outbound parcels of each order that were not cancelled."""
    orders = {row.order_id for row in shipments if row.order_id}
    rows = Shipment.objects.filter(order_id__in=orders, merged_into=None, direction=Direction.OUTBOUND)
    counted = rows.exclude(status="cancelled").values("order_id").annotate(count=Count("pk"))
    return dict(counted.values_list("order_id", "count"))


class _People:
    """Recipients of a batch, with what they refuse and which addresses cannot be used."""

    def __init__(self, shipments: Iterable[Shipment]) -> None:
        self.addresses: dict[str, str] = {}
        self.customers: dict[str, Customer] = {}
        found = [row.order.customer for row in shipments if row.order and row.order.customer]
        keys = {customer.email_key for customer in found if customer.email_key}
        self._suppressed = set(SuppressedAddress.objects.filter(email_key__in=keys).values_list("email_key", flat=True))
        self._refusals: dict[tuple[str, int], set[str]] = {}
        for row in OptOut.objects.filter(email_key__in=keys):
            self._refusals.setdefault((row.email_key, row.store_id), set()).add(row.purpose)

    def customer(self, customer: Customer | None) -> Recipient | None:
        """Return the recipient for a customer; an erased one has no address."""
        if customer is None:
            return None
        key, address = f"customer:{customer.pk}", "" if customer.erased_at else address_of(customer.email)
        self.customers[key], self.addresses[key] = customer, address
        refuses = self._refusals.get((customer.email_key, customer.store_id), set())
        return Recipient(
            key, bool(address), customer.email_key, customer.email_key in self._suppressed, frozenset(refuses)
        )

    def colleague(self, user: User | None) -> Recipient | None:
        """Return the recipient for an owner; one who has left has no address."""
        if user is None:
            return None
        key, address = f"user:{user.pk}", address_of(user.email) if user.is_active else ""
        self.addresses[key] = address
        return Recipient(key, bool(address), email_hash(address))

    def team(self, team: Team) -> Recipient:
        """Return the recipient for a team."""
        key, address = f"team:{team.pk}", address_of(team.email)
        self.addresses[key] = address
        return Recipient(key, bool(address), email_hash(address))


def _parcel(row: Shipment, signals: frozenset[str], siblings: int, people: _People) -> ParcelFacts:
    order = row.order
    store = row.store or (order.store if order else None)
    return ParcelFacts(
        shipment_id=row.pk,
        order_id=row.order_id,
        sentence=row.sentence_key,
        status=row.status,
        reason=row.reason,
        evidence=row.evidence,
        evidence_rank=EVIDENCE_RANK[row.evidence],
        has_first_scan=row.first_scan_at is not None,
        known_since=row.created_at,
        ended_at=row.ended_at,
        direction=row.direction,
        carrier=row.carrier.code if row.carrier else "",
        service=row.service.name if row.service else "",
        country=row.ship_to_country,
        store=store.name if store else "",
        store_id=store.pk if store else None,
        care_level=row.care_level,
        total_minor=order.total_minor if order else None,
        attempts=row.attempts,
        estimate=row.sentence_parameters.get("estimate", ""),
        zone=zone_of(row.ship_to_country, row.ship_to_region) or (store.time_zone if store else "UTC"),
        parcels_of_order=siblings,
        holds_messages=row.holds_messages,
        is_test=bool(order and order.is_test),
        open_signals=signals,
        customer=people.customer(order.customer if order else None),
    )


def _case(row: ExceptionCase, people: _People) -> CaseFacts:
    return CaseFacts(row.pk, row.kind, row.severity, people.colleague(row.owner), people.team(row.team))


def _desk() -> Desk:
    """How messaging stands; the default support team's hours count for approvals."""
    paused = ChannelState.objects.exclude(paused_at=None).values_list("channel", flat=True)
    accounts: dict[str, tuple[str, ...]] = {}
    for account in ChannelAccount.objects.filter(is_active=True).only("channel", "name"):
        accounts[account.channel] = (*accounts.get(account.channel, ()), account.key)
    absent = SERVICES - accounts.keys()
    unready = {kind for kind, channel in CHANNELS.items() if kind not in absent and channel.is_ready()}
    team = Team.objects.filter(slug="support").first() or Team.objects.order_by("pk").first()
    return Desk(
        is_killed=MessagingSwitch.objects.filter(is_off=True).exists(),
        paused=frozenset(paused) | unready,
        absent=frozenset(absent),
        accounts=accounts,
        working=WorkingHours(team.pk) if team else None,
    )


class WorkingHours:
    """A team's working hours, read when first asked for."""

    def __init__(self, team_id: int) -> None:
        self._team_id = team_id
        self._desk: RoutingDesk | None = None

    def __call__(self, start: datetime, hours: float) -> datetime:
        """Return when that many working hours have passed since `start` (aware UTC)."""
        self._desk = self._desk or RoutingDesk()
        return self._desk.due(self._team_id, start, hours)
