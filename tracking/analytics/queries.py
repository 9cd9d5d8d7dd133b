"""The numbers of the home page. Every one of them has a link that shows exactly its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet

from tracking.analytics import flow, response
from tracking.exception_queue.queries import capped_counts
from tracking.exception_queue.wanted import BREACHED, LATE, MINE, UNOWNED, Wanted, condition
from tracking.models import Carrier, ExceptionCase, InboundMessage, Shipment, Source, TrackingCode, Warehouse
from tracking.models.case import OPEN
from tracking.vocabulary import CaseState, CauseFamily, InboundState, Milestone, SignalKind

NEXT_DUE = 6
MOST_ROWS = 8
FAILED_STATES = (InboundState.FAILED, InboundState.GAVE_UP)


@dataclass(frozen=True, slots=True)
class Share:
    """Open cases of one kind, cause, carrier, warehouse or owner: `id` for the link, how many, how many late."""

    id: str
    label: str
    count: int
    late: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What home shows. Counts stop at the queue's cap; shares count all open cases."""

    counts: Mapping[str, int]
    oldest: ExceptionCase | None
    next_due: tuple[ExceptionCase, ...]
    kinds: tuple[Share, ...]
    causes: tuple[Share, ...]
    carriers: tuple[Share, ...]
    warehouses: tuple[Share, ...]
    owners: tuple[Share, ...]
    days: tuple[flow.Day, ...]
    response: tuple[response.Line, ...]
    sources: tuple[Source, ...]
    has_parcels: bool

    @property
    def is_new(self) -> bool:
        """True while nothing is connected and nothing has come in."""
        return not self.sources and not self.has_parcels


WANTED: dict[str, Wanted] = {
    "open": Wanted(),
    "mine": Wanted(view=MINE),
    "unowned": Wanted(view=UNOWNED),
    "breaching": Wanted(view=BREACHED),
    "late": Wanted(view=LATE),
    "in_24h": Wanted(state="any", opened="24h"),
    "out_24h": Wanted(state=CaseState.RESOLVED, ended="24h"),
    "answered": response.WANTED,
}
"""The queue's numbers on home and what each of them counts."""


def overview(user_id: int, now: datetime, zone: ZoneInfo) -> Overview:
    """Return home's numbers for one reader at `now` (aware UTC), days in `zone`, in a constant number of queries."""
    open_cases = ExceptionCase.objects.filter(OPEN)
    return Overview(
        counts=_counts(user_id, now),
        oldest=open_cases.order_by("opened_at", "id").first(),
        next_due=tuple(_with_names(open_cases).order_by("time_left_at", "id")[:NEXT_DUE]),
        kinds=_shares(open_cases, "kind", dict(SignalKind.choices), now),
        causes=_shares(open_cases, "cause", dict(CauseFamily.choices), now),
        carriers=_shares(open_cases, "carrier_id", _carriers(), now, none="Unknown"),
        warehouses=_shares(open_cases, "warehouse_id", _warehouses(), now, none="Unknown"),
        owners=_shares(open_cases, "owner_id", _people(), now, none="Unowned"),
        days=flow.days(now, zone),
        response=response.lines(now),
        sources=tuple(Source.objects.order_by("name", "slug")),
        has_parcels=Shipment.objects.exists(),
    )


def _counts(user_id: int, now: datetime) -> dict[str, int]:
    many: dict[str, QuerySet[Any]] = {
        name: ExceptionCase.objects.filter(condition(wanted, user_id, now)) for name, wanted in WANTED.items()
    }
    many["unmapped"] = TrackingCode.objects.filter(milestone=Milestone.UNMAPPED)
    many["failed"] = InboundMessage.objects.filter(state__in=FAILED_STATES)
    return capped_counts(many)


def _with_names(found: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    return found.select_related("order", "owner", "shipment")


def _carriers() -> dict[int, str]:
    return dict(Carrier.objects.values_list("pk", "name"))


def _warehouses() -> dict[int, str]:
    return dict(Warehouse.objects.values_list("pk", "name"))


def _people() -> dict[int, str]:
    people = get_user_model().objects.filter(memberships__isnull=False).distinct()
    return {person.pk: person.get_full_name() or person.get_username() for person in people}


def _shares(
    found: QuerySet[ExceptionCase], column: str, names: Mapping[Any, str], now: datetime, none: str = ""
) -> tuple[Share, ...]:
    late = Count("pk", filter=Q(time_left_at__lt=now))
    rows = found.order_by().values_list(column).annotate(many=Count("pk"), late=late).order_by("-many", column)
    return tuple(
        Share("none" if key is None else str(key), none if key is None else str(names.get(key, key)), many, behind)
        for key, many, behind in rows[:MOST_ROWS]
    )
