"""The heart: project parcels, detect problems, open, enrich and clear their cases. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tracking.detectors.contract import Findings, ShipmentFacts
from tracking.detectors.promise import estimate_misses
from tracking.events.meanings import published
from tracking.exception_queue.cases import CaseDesk
from tracking.exception_queue.facts import Pickups, earliest, facts_of
from tracking.exception_queue.orders_in_review import mark_orders
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.signals import Ledger
from tracking.exception_queue.silences import Silences, detect_through_silence
from tracking.models import Shipment, Signal, StatusChange
from tracking.shipments.directory import reopen_numbers
from tracking.shipments.projection import Projected, estimate_over_at, project_all, write_changes
from tracking.shipments.store import Parcels, join_orders
from tracking.transactions import whole
from tracking.vocabulary import ShipmentStatus, SignalKind

BATCH = 500
REMAPPED_CASES_WITHIN = timedelta(days=14)  # of the newest event: older stories get their new status, no new case


@dataclass(slots=True)
class Refreshed:
    """What a refresh led to: parcels looked at, sentences changed, cases opened, reopened and resolved."""

    looked_at: int = 0
    changed: int = 0
    opened: int = 0
    reopened: int = 0
    resolved: int = 0
    shipment_ids: list[int] = field(default_factory=list)


@whole
def refresh(*, shipment_ids: Iterable[int], now: datetime, cause: str, parcels: Parcels | None = None) -> Refreshed:
    """Bring parcels up to date with all that is known of them at `now` (aware UTC), in one transaction.

    Locks their orders, then the parcels, each by id. A parcel that was joined to another stands for that one.
    `cause` is a `StatusChange.Cause`; `parcels` those that the caller's transaction has locked and saved already.
    """
    parcels = parcels or Parcels()
    shipments = parcels.alive(shipment_ids)
    if not shipments:
        return Refreshed()
    projected = project_all(shipments)
    _bring_back_voided(shipments)
    policies, pickups, silences = Policies(), Pickups(), Silences(shipments)
    ledger = Ledger(shipments)
    findings = {key: _judge(item, policies, pickups, ledger, silences, now) for key, item in projected.items()}
    if cause == StatusChange.Cause.REMAPPED:
        findings = {key: _without_news(found, shipments[key], ledger, now) for key, found in findings.items()}
    join_orders(shipments[key] for key, found in findings.items() if found.signals)  # routing asks them
    desk = CaseDesk(shipments, policies, now, silences)
    for key, found in findings.items():
        changes = ledger.reconcile(key, found, now)
        desk.settle(shipments[key], ledger.open_of(key), changes)
        over_at = estimate_over_at(projected[key])
        waits = [found.next_check_at, desk.look_again_at(key), over_at if over_at and over_at > now else None]
        shipments[key].next_check_at = earliest(waits)
    disagreeing = frozenset(key for key in shipments if ledger.is_open(key, SignalKind.SOURCE_CONFLICT))
    desk.write(ledger)
    changed = write_changes(
        projected.values(),
        disagreeing=disagreeing,
        cause=cause,
        mapping_version=published().number,
        now=now,
    )
    mark_orders(parcels.orders(shipments), desk.open_ids())
    return Refreshed(len(shipments), len(changed), desk.opened, desk.reopened, desk.resolved, sorted(shipments))


def _bring_back_voided(shipments: dict[int, Shipment]) -> None:
    """A voided label that was scanned after all: its number is the parcel's again."""
    alive = [row for row in shipments.values() if row.voided_at and row.status != ShipmentStatus.CANCELLED]
    for shipment in alive:
        shipment.voided_at = None
    reopen_numbers(row.pk for row in alive if row.first_scan_at)


def _judge(
    item: Projected, policies: Policies, pickups: Pickups, ledger: Ledger, silences: Silences, now: datetime
) -> Findings:
    shipment = item.shipment
    policy = policies.for_shipment(shipment)
    paused_from = silences.since(shipment.pk)
    facts = facts_of(shipment, item.state, pickups, paused_from)
    inside_since = _inside_since(facts, estimate_misses(facts, policy), ledger.open_of(shipment.pk), now)
    if inside_since != shipment.estimate_inside_since:
        shipment.estimate_inside_since = inside_since
        facts = replace(facts, estimate_inside_since=inside_since)
    open_kinds = frozenset(signal.kind for signal in ledger.open_of(shipment.pk))
    return detect_through_silence(facts, policy, now, open_kinds=open_kinds)


def _without_news(found: Findings, shipment: Shipment, ledger: Ledger, now: datetime) -> Findings:
    """A changed mapping opens cases for living, young stories only; elsewhere signals that are open go on."""
    last = shipment.last_event_at
    if shipment.ended_at is None and last is not None and now - last <= REMAPPED_CASES_WITHIN:
        return found
    kept = tuple(signal for signal in found.signals if ledger.is_open(shipment.pk, signal.kind))
    return replace(found, signals=kept)


def _inside_since(facts: ShipmentFacts, misses: bool, open_signals: Iterable[Signal], now: datetime) -> datetime | None:
    """Return since when an estimate that missed the promise has been inside it again."""
    was_missing = any(signal.kind == SignalKind.WILL_MISS_PROMISE for signal in open_signals)
    if misses or not was_missing:
        return None
    return facts.estimate_inside_since or (now if facts.state.estimate_at else None)
