"""What must hold for every case at any moment, asked set by set. The database itself refuses some of it; these are
the rules that span rows or that a constraint cannot say."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Least

from tracking.models import CaseActivity, CustomerPromise, ExceptionCase, Order, RoutingRule, Signal, Team
from tracking.models.case import OPEN
from tracking.vocabulary import CaseState, PromiseState, SignalState

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Broken:
    """One invariant that does not hold: what it says, of how many rows it fails, and the first of their ids."""

    says: str
    count: int
    ids: tuple[int, ...]


def broken_invariants() -> list[Broken]:
    """Return the invariants that do not hold now, each with its rows."""
    found = []
    for says, rows in _questions():
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:SHOWN])
        if ids:
            found.append(Broken(says, rows.count(), tuple(ids)))
    return found


def _questions() -> Iterator[tuple[str, "QuerySet[ExceptionCase] | QuerySet[Order]"]]:
    cases, opened = ExceptionCase.objects.all(), ExceptionCase.objects.filter(OPEN)
    yield "an open case has a team", opened.exclude(Exists(Team.objects.filter(pk=OuterRef("team_id"))))
    yield "an open case has a next action", opened.filter(next_action="")
    yield "an open case has a rule that routed it", opened.filter(_lacks_rule())
    yield "time left is the earlier of the two clocks", opened.exclude(_is_time_left())
    yield (
        "a waiting case waits for something",
        opened.filter(state=CaseState.WAITING, waiting_until=None, waiting_for_scan=False),
    )
    yield "only a waiting case waits", cases.exclude(state=CaseState.WAITING).filter(_waits())
    yield (
        "a clock that stands still knows when it was due",
        cases.filter(Q(clocks_paused_at=None) ^ Q(paused_due_at=None)),
    )
    yield (
        "an acknowledged or waiting case was answered by a person",
        opened.filter(state__in=(CaseState.ACKNOWLEDGED, CaseState.WAITING), first_responded_at=None),
    )
    yield "a resolved case has no open signals", cases.filter(state=CaseState.RESOLVED).filter(Exists(_signals()))
    yield "an open case counts its open signals", _miscounted(opened)
    yield "an open case gathers the open signals of its parcel", opened.filter(Exists(_strangers()))
    yield "an open promise is the case's, and the other way round", cases.filter(_promise_differs())
    yield "every case has its story", cases.exclude(Exists(CaseActivity.objects.filter(case=OuterRef("pk"))))
    yield (
        "an order of a parcel with an open case is marked",
        Order.objects.filter(needs_review=False).filter(Exists(opened.filter(shipment__order_id=OuterRef("pk")))),
    )


def _lacks_rule() -> Q:
    """Without its rule's version, while there are rules: a case of an installation without any has version 0."""
    return Q(routed_by_version=0) & Q(Exists(RoutingRule.objects.all()))


def _is_time_left() -> Q:
    earlier = Least("next_action_due_at", "first_response_due_at")
    return Q(first_responded_at__isnull=False, time_left_at=F("next_action_due_at")) | Q(
        first_responded_at=None, time_left_at=earlier
    )


def _waits() -> Q:
    return Q(waiting_until__isnull=False) | Q(waiting_for_scan=True) | Q(clocks_paused_at__isnull=False)


def _signals() -> "QuerySet[Signal]":
    return Signal.objects.filter(shipment_id=OuterRef("shipment_id"), state=SignalState.OPEN, case_id=OuterRef("pk"))


def _strangers() -> "QuerySet[Signal]":
    own = Signal.objects.filter(shipment_id=OuterRef("shipment_id"), state=SignalState.OPEN)
    return own.exclude(case_id=OuterRef("pk"))


def _miscounted(opened: "QuerySet[ExceptionCase]") -> "QuerySet[ExceptionCase]":
    open_signals = Count("shipment__signals", filter=Q(shipment__signals__state=SignalState.OPEN))
    return opened.annotate(open_signals=open_signals).exclude(open_signals=F("signal_count"))


def _promise_differs() -> Q:
    has_open = Exists(CustomerPromise.objects.filter(case=OuterRef("pk"), state=PromiseState.OPEN))
    return (Q(promise_due_at__isnull=False) & ~Q(has_open)) | (Q(promise_due_at=None) & Q(has_open))
