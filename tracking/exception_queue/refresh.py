"""The heart: project parcels, detect problems, open, enrich and clear their cases. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection

from tracking.detectors.contract import Findings, ShipmentFacts
from tracking.detectors.promise import estimate_misses
from tracking.detectors.registry import detect
from tracking.events.meanings import published
from tracking.exception_queue.cases import CaseDesk
from tracking.exception_queue.facts import Pickups, earliest, facts_of
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.signals import Ledger
from tracking.models import FulfilmentParcel, Order, Shipment, StatusChange
from tracking.shipments.projection import Projected, project_all, write_changes
from tracking.transactions import whole
from tracking.vocabulary import SignalKind

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
def refresh(*, shipment_ids: Iterable[int], now: datetime, cause: str) -> Refreshed:
    """Bring parcels up to date with all that is known of them at `now` (aware UTC), in one transaction.

    Locks their orders, then the parcels, each by id. `cause` is a `StatusChange.Cause`.
    """
    ids = sorted(set(shipment_ids))
    if not ids:
        return Refreshed()
    orders = lock_orders_of(ids)
    shipments = _lock(ids)
    projected = project_all(shipments)
    policies, pickups = Policies(), Pickups()
    ledger = Ledger(shipments)
    findings = {key: _judge(item, policies, pickups, ledger, now) for key, item in projected.items()}
    if cause == StatusChange.Cause.REMAPPED:
        findings = {key: _without_news(found, shipments[key], ledger, now) for key, found in findings.items()}
    desk = CaseDesk(shipments, policies, now)
    for key, found in findings.items():
        changes = ledger.reconcile(key, found, now)
        desk.settle(shipments[key], ledger.open_of(key), changes)
        shipments[key].next_check_at = earliest([found.next_check_at, desk.look_again_at(key)])
    disagreeing = frozenset(key for key in shipments if ledger.is_open(key, SignalKind.SOURCE_CONFLICT))
    desk.write(ledger)
    changed = write_changes(
        projected.values(),
        disagreeing=disagreeing,
        cause=cause,
        mapping_version=published().number,
        now=now,
    )
    mark_orders(orders)
    return Refreshed(len(shipments), len(changed), desk.opened, desk.reopened, desk.resolved, sorted(shipments))


def _lock(ids: list[int]) -> dict[int, Shipment]:
    rows = Shipment.objects.filter(pk__in=ids, merged_into=None).select_for_update(no_key=True, of=("self",))
    loaded = rows.select_related("carrier", "service", "warehouse", "order").order_by("id")
    return {row.pk: row for row in loaded}


def _judge(item: Projected, policies: Policies, pickups: Pickups, ledger: Ledger, now: datetime) -> Findings:
    shipment = item.shipment
    policy = policies.for_shipment(shipment)
    facts = facts_of(shipment, item.state, pickups)
    _note_estimate(shipment, facts, estimate_misses(facts, policy), ledger, now)
    return detect(facts_of(shipment, item.state, pickups), policy, now)


def _without_news(found: Findings, shipment: Shipment, ledger: Ledger, now: datetime) -> Findings:
    """A changed mapping opens cases for living, young stories only; elsewhere signals that are open go on."""
    last = shipment.last_event_at
    if shipment.ended_at is None and last is not None and now - last <= REMAPPED_CASES_WITHIN:
        return found
    kept = tuple(signal for signal in found.signals if ledger.is_open(shipment.pk, signal.kind))
    return replace(found, signals=kept)


def _note_estimate(shipment: Shipment, facts: ShipmentFacts, misses: bool, ledger: Ledger, now: datetime) -> None:
    """Remember since when an estimate that missed the promise has been inside it again."""
    was_missing = ledger.is_open(shipment.pk, SignalKind.WILL_MISS_PROMISE)
    if misses or not was_missing:
        shipment.estimate_inside_since = None
    elif shipment.estimate_inside_since is None and facts.state.estimate_at:
        shipment.estimate_inside_since = now


def lock_orders_of(shipment_ids: Iterable[int]) -> list[int]:
    """Lock the orders that name these parcels (FOR NO KEY UPDATE, by id); return their ids."""
    links = FulfilmentParcel.objects.filter(shipment_id__in=list(shipment_ids), ended_at=None)
    ids = set(links.values_list("fulfilment__order_id", flat=True))
    ids |= set(
        Shipment.objects.filter(pk__in=list(shipment_ids)).exclude(order=None).values_list("order_id", flat=True)
    )
    rows = Order.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("id")
    return list(rows.values_list("pk", flat=True))


def mark_orders(order_ids: Iterable[int]) -> None:
    """Set "needs review" on orders while one of their parcels has an open case, and take it off after."""
    ids = sorted(order_ids)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(MARK, [ids, ids])


MARK = """
WITH parcel AS (
    SELECT o.id AS order_id, s.id AS shipment_id
    FROM tracking_order o JOIN tracking_shipment s ON s.order_id = o.id WHERE o.id = ANY (%s)
    UNION
    SELECT f.order_id, p.shipment_id
    FROM tracking_fulfilment f JOIN tracking_fulfilmentparcel p ON p.fulfilment_id = f.id AND p.ended_at IS NULL
    WHERE f.order_id = ANY (%s)
), review AS (
    SELECT parcel.order_id, bool_or(c.id IS NOT NULL) AS wanted
    FROM parcel LEFT JOIN tracking_exceptioncase c ON c.shipment_id = parcel.shipment_id AND c.state <> 'resolved'
    GROUP BY parcel.order_id
)
UPDATE tracking_order o SET needs_review = review.wanted
FROM review WHERE review.order_id = o.id AND o.needs_review <> review.wanted
"""
