"""The ledger of domain events: what became true, written in the transaction of the change it reports."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from tracking import bulk
from tracking.models import DomainEvent

_subscribers: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class News:
    """One domain event to write. `kind` is dotted: subject.what_happened; `at` aware UTC; payload JSON-ready."""

    kind: str
    at: datetime
    shipment_id: int | None = None
    order_id: int | None = None
    case_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


def subscribe(function: Callable[[], None]) -> None:
    """Have a function called after each transaction that wrote news. It only rings a bell: the rows are the truth."""
    if function not in _subscribers:
        _subscribers.append(function)


def publish(news: Iterable[News]) -> int:
    """Write the rows, in order, inside the caller's transaction; return how many."""
    count = bulk.insert(
        DomainEvent,
        ("kind", "at", "shipment_id", "order_id", "case_id", "payload"),
        ((item.kind, item.at, item.shipment_id, item.order_id, item.case_id, dict(item.payload)) for item in news),
    )
    if count:
        for function in _subscribers:
            transaction.on_commit(function, robust=True)
    return count


def take_unrelayed(limit: int = 500) -> list[DomainEvent]:
    """Lock and return the oldest rows nobody has relayed yet; call inside a transaction and mark them in it."""
    waiting = DomainEvent.objects.filter(relayed_at=None).order_by("id")
    return list(waiting.select_for_update(skip_locked=True)[:limit])
