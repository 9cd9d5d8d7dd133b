"""What connected systems are told: the news, and the parcel, order, case and customer as they are when it leaves.

The form is documented in docs/webhooks-out.md; names are only ever added.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from notifications.facts import World
from notifications.models import Decision, OutboxRow
from notifications.wording import page_url, sentence_of
from tracking.models import Customer, DomainEvent, ExceptionCase, Order, Shipment
from tracking.vocabulary import OPEN_CASE_STATES

Notice = dict[str, Any]
TOLD = (
    "from", "to", "reason", "evidence", "cause", "occurred_at", "sentence", "kind", "severity", "step", "outcome",
    "state", "before", "after",
)  # fmt: skip
"""What of a ledger row's own facts is told: nothing in it names a person."""


def notices_for(rows: Sequence[OutboxRow], world: World) -> dict[int, Notice]:
    """Return the notice of each outbox row; a fixed number of queries, none without rows."""
    if not rows:
        return {}
    decided = dict(Decision.objects.filter(row__in=rows).values_list("row_id", "domain_event_id"))
    news = DomainEvent.objects.in_bulk(set(decided.values()))
    cases = _cases(rows, world)
    troubles = _troubles(world)
    return {row.pk: _notice(row, news.get(decided.get(row.pk, 0)), world, cases, troubles) for row in rows}


def _troubles(world: World) -> dict[int, list[ExceptionCase]]:
    """Return the cases of each customer, whatever parcel they are about: open ones, and the newest of all."""
    ids = {row.order.customer_id for row in world.shipments.values() if row.order and row.order.customer_id}
    rows = ExceptionCase.objects.filter(order__customer_id__in=ids).order_by("opened_at", "pk")
    found: dict[int, list[ExceptionCase]] = defaultdict(list)
    for row in rows.select_related("order").only("kind", "state", "opened_at", "order__customer"):
        if row.order and row.order.customer_id:
            found[row.order.customer_id].append(row)
    return found


def _cases(rows: Iterable[OutboxRow], world: World) -> dict[int, ExceptionCase]:
    """Return the open case of each parcel, by the parcel's id."""
    ids = {living for row in rows for key in row.covers if (living := world.survivor(key))}
    found = ExceptionCase.objects.filter(shipment_id__in=ids, state__in=OPEN_CASE_STATES)
    return {row.shipment_id: row for row in found.select_related("owner", "team")}


def _notice(
    row: OutboxRow,
    news: DomainEvent | None,
    world: World,
    cases: Mapping[int, ExceptionCase],
    troubles: Mapping[int, Sequence[ExceptionCase]],
) -> Notice:
    key = world.survivor(row.covers[0]) if row.covers else None
    shipment = world.shipments.get(key or 0)
    case = world.cases.get(row.case_id or 0) or cases.get(key or 0)
    order = shipment.order if shipment else None
    return {
        "event": _event(row, news),
        "shipment": _shipment(shipment, cases.get(key or 0)) if shipment else None,
        "order": _order(order) if order else None,
        "customer": _customer(order.customer, troubles) if order and order.customer else None,
        "case": _case(case) if case else None,
    }


def _event(row: OutboxRow, news: DomainEvent | None) -> Notice:
    if news is None:
        return {"id": None, "type": row.topic, "at": _time(row.created_at), "facts": {}}
    facts = {name: news.payload[name] for name in TOLD if name in news.payload}
    return {"id": news.pk, "type": news.kind, "at": _time(news.at), "facts": facts}


def _shipment(row: Shipment, case: ExceptionCase | None) -> Notice:
    return {
        "id": row.pk,
        "number": row.number,
        "carrier": row.carrier.code if row.carrier else "",
        "service": row.service.name if row.service else "",
        "direction": row.direction,
        "status": row.status,
        "status_at": _time(row.status_at),
        "reason": row.reason,
        "label_at": _time(row.label_at),
        "first_scan_at": _time(row.first_scan_at),
        "delivered_at": _time(row.delivered_at),
        "estimate_at": _time(row.estimate_at),
        "promise_at": _time(row.promise_at),
        "care_level": row.care_level,
        "sentence": sentence_of(row, "en"),
        "page_url": page_url(row),
        "is_at_risk": case is not None,
    }


def _order(row: Order) -> Notice:
    return {
        "id": row.pk,
        "number": row.number,
        "external_id": row.external_id,
        "store": row.store.name,
        "created_at": _time(row.created_at),
        "currency": row.currency,
        "total_minor": row.total_minor,
    }


def _customer(row: Customer, troubles: Mapping[int, Sequence[ExceptionCase]]) -> Notice | None:
    """Nothing is told of an erased customer. `last_exception` = kind of the case opened last."""
    if row.erased_at:
        return None
    cases = troubles.get(row.pk, ())
    return {
        "email": row.email,
        "name": row.name,
        "locale": row.locale,
        "open_cases": [each.kind for each in cases if each.state in OPEN_CASE_STATES],
        "last_exception": cases[-1].kind if cases else "",
    }


def _case(row: ExceptionCase) -> Notice:
    return {
        "id": row.pk,
        "kind": row.kind,
        "severity": row.severity,
        "state": row.state,
        "team": row.team.name,
        "owner": row.owner.get_full_name() or row.owner.get_username() if row.owner else "",
        "next_action": row.next_action,
        "next_action_due_at": _time(row.next_action_due_at),
        "opened_at": _time(row.opened_at),
        "outcome": row.outcome,
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None
