"""What the queue shows: open work in order of time left, narrowed by what people choose, counted cheaply."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from tracking.exception_queue.macros import all_macros
from tracking.exception_queue.siblings import sibling_ids
from tracking.exception_queue.wanted import VIEWS, Wanted, condition
from tracking.models import (
    Carrier,
    CaseActivity,
    ExceptionCase,
    FulfilmentParcel,
    SavedView,
    Team,
    TrackingEvent,
    Warehouse,
)
from tracking.models.case import OPEN
from tracking.orders.queries import ids_by_email, ids_by_number
from tracking.shipments.queries import ids_by_tracking_number

CAP = 1000
"""Counts on screens stop here ("1,000+"): nobody acts on the difference, and counting more would cost with history."""
MOST_CHOICES = 200
ROW = ("shipment__service", "shipment__store", "order__customer", "carrier", "warehouse", "owner", "team")
OWN_VIEWS = """(SELECT coalesce(json_agg(json_build_array(id, name, query) ORDER BY position, id), '[]')::text
    FROM tracking_savedview WHERE user_id = %s)"""
READ_FOR_OWN_VIEWS = 5000
"""A view that somebody put together may fit no index: it is counted among so many open cases that are due first."""


def with_row(found: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """The same cases with all that a row of the queue shows, in one query."""
    return found.select_related(*ROW)


def by_ids(case_ids: Iterable[int]) -> QuerySet[ExceptionCase]:
    """These cases as rows, the least time left first."""
    return with_row(ExceptionCase.objects.filter(pk__in=list(case_ids))).order_by("time_left_at", "id")


def for_panel(case_id: int, most: int) -> tuple[ExceptionCase, list[CaseActivity]] | None:
    """One case as a row with its newest activities, or None. One query, two for a case without any activity."""
    recent = CaseActivity.objects.filter(case_id=case_id).order_by("-at", "-id")
    found = list(recent.select_related("actor", *(f"case__{name}" for name in ROW))[:most])
    case = found[0].case if found else by_ids([case_id]).first()
    return (case, found) if case else None


def for_page(case_id: int) -> ExceptionCase | None:
    """One case with what its page shows of its people, rules, siblings (`sibling_ids`) and `macros`, or None."""
    related = ("owner", "team", "routed_by", "resolved_by", "follows", "carrier", "warehouse", "order")
    rows = ExceptionCase.objects.select_related(*related).annotate(sibling_ids=sibling_ids(), macros=all_macros())
    return rows.filter(pk=case_id).first()


def next_due(user_id: int) -> datetime | None:
    """When the next open case of this person is due. One query."""
    mine = ExceptionCase.objects.filter(OPEN, owner_id=user_id).order_by("time_left_at", "id")
    return mine.values_list("time_left_at", flat=True).first()


def next_after(case: ExceptionCase, user_id: int) -> ExceptionCase | None:
    """The reader's open case that is due next, this one left out."""
    mine = ExceptionCase.objects.filter(OPEN, owner_id=user_id).exclude(pk=case.pk)
    return mine.order_by("time_left_at", "id").first()


def search_condition(text: str, *, with_email: bool) -> Q:
    """Cases by what somebody typed: order number with or without "#", tracking number with spaces, case number
    ("C-12"), and, if allowed, exactly an e-mail address. Index look-ups only."""
    orders = ids_by_number(text) + (ids_by_email(text) if with_email else [])
    found = Q(shipment_id__in=ids_by_tracking_number(text)) | Q(order_id__in=orders)
    if orders:
        links = FulfilmentParcel.objects.filter(fulfilment__order_id__in=orders, ended_at=None)
        found |= Q(shipment_id__in=list(links.values_list("shipment_id", flat=True)[:MOST_CHOICES]))
    label = text.strip().upper().removeprefix("C-")
    if text.strip().upper().startswith("C-") and label.isascii() and label.isdecimal() and len(label) < 10:
        found |= Q(pk=int(label))
    return found


def versions(case_ids: Iterable[int]) -> dict[int, int]:
    """In which version these cases are now: id -> version. One query."""
    return dict(ExceptionCase.objects.filter(pk__in=list(case_ids)).values_list("pk", "version"))


def last_words(shipment_ids: Iterable[int]) -> dict[int, TrackingEvent]:
    """The newest event with a text of each parcel. One query."""
    told = TrackingEvent.objects.filter(shipment_id__in=list(shipment_ids), kind=TrackingEvent.Kind.SOURCE)
    told = told.filter(~Q(own_text="") | ~Q(code__text_shape="")).select_related("code")
    newest = told.order_by("shipment_id", "-occurred_at", "-id").distinct("shipment_id")
    return {event.shipment_id: event for event in newest}


def view_counts(
    user_id: int | None, now: datetime, day_ends: datetime, more: Mapping[str, QuerySet[Any]]
) -> tuple[dict[str, int], list[SavedView]]:
    """Count all named views, and `more`, each up to the cap: code -> count; and read the person's own views in their
    order. One query for both: it is asked on every page."""
    counted = {view.code: _in_order(view.wanted, user_id, now, day_ends) for view in VIEWS} | {**more}
    parts, values = _count_parts(counted, keep_order=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}, {OWN_VIEWS}", [*values, user_id])
        *numbers, own = cursor.fetchone()
    kept = [SavedView(pk=pk, user_id=user_id, name=name, query=query) for pk, name, query in json.loads(own)]
    return dict(zip(counted, numbers, strict=True)), kept


def own_view_counts(
    own: Mapping[int, Wanted], user_id: int, now: datetime, day_ends: datetime
) -> tuple[dict[int, int], bool]:
    """Count what somebody put together: id -> wanted gives id -> count, and whether there may be more. One query."""
    first = ExceptionCase.objects.filter(OPEN).order_by("time_left_at", "id").values("pk")[:READ_FOR_OWN_VIEWS]
    parts = {f"n{pk}": Count("pk", filter=condition(wanted, user_id, now, day_ends)) for pk, wanted in own.items()}
    found = ExceptionCase.objects.filter(pk__in=first).aggregate(read=Count("pk"), **parts)
    return {pk: found[f"n{pk}"] for pk in own}, found["read"] >= READ_FOR_OWN_VIEWS


def _in_order(wanted: Wanted, user_id: int | None, now: datetime, day_ends: datetime) -> QuerySet[ExceptionCase]:
    """In the order of the page, so that the count walks the page's own index and stops at the cap."""
    return ExceptionCase.objects.filter(condition(wanted, user_id, now, day_ends)).order_by(*wanted.ordering)


def capped_counts(many: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Count the rows of several querysets in one query, each up to the cap."""
    parts, values = _count_parts(many, keep_order=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        return dict(zip(many, cursor.fetchone(), strict=True))


def _count_parts(many: Mapping[str, QuerySet[Any]], *, keep_order: bool) -> tuple[list[str], list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for found in many.values():
        kept = found if keep_order else found.order_by()
        try:
            text, arguments = kept.values("pk")[:CAP].query.sql_with_params()
        except EmptyResultSet:  # a condition that nothing can meet, such as a search that knows no number
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({text}) AS counted)")  # noqa: S608 (the text is the ORM's own)
        values.extend(arguments)
    return parts, values


def shown_count(found: int) -> str:
    """A capped count as people read it: "64", "1,000+"."""
    return f"{CAP:,}+" if found >= CAP else f"{found:,}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing the queue can be narrowed to: what it is (`carrier`, `warehouse`, `team`, `owner`), id, words."""

    what: str
    id: str
    label: str


def choices() -> list[Choice]:
    """Carriers, warehouses, teams and people to choose from, by name. One query."""
    people = get_user_model().objects.filter(is_active=True, memberships__isnull=False).distinct()
    parts = [
        _choices("carrier", Carrier.objects.annotate(label=F("name"))),
        _choices("warehouse", Warehouse.objects.annotate(label=F("name"))),
        _choices("team", Team.objects.annotate(label=F("name"))),
        _choices("owner", people.annotate(label=F("username"))),
    ]
    found = parts[0].union(*parts[1:], all=True)
    return sorted((Choice(*row) for row in found), key=lambda each: (each.what, each.label.lower()))


def _choices(what: str, found: QuerySet[Any]) -> QuerySet[Any, Any]:
    named = found.annotate(what=Value(what), text_id=Cast("pk", CharField()))
    return named.order_by().values_list("what", "text_id", Cast("label", CharField()))[:MOST_CHOICES]
