"""What the queue shows: open work in order of time left, narrowed by what people choose, counted cheaply."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from tracking.models import Carrier, ExceptionCase, FulfilmentParcel, Team, TrackingEvent, Warehouse
from tracking.models.case import OPEN
from tracking.orders.queries import ids_by_email, ids_by_number
from tracking.shipments.queries import ids_by_tracking_number
from tracking.vocabulary import CareLevel, CaseState, CauseFamily, Severity, ShipmentStatus, SignalKind

CAP = 1000
"""Counts on screens stop here ("1,000+"): nobody acts on the difference, and counting more would cost with history."""
BREACHING = timedelta(hours=1)
MOST_CHOICES = 200
SPANS = {"24h": timedelta(hours=24), "7d": timedelta(days=7)}
ANY_STATE = "any"
MINE, UNOWNED, BREACHED, LATE = "mine", "unowned", "breaching", "late"
ME, NOBODY = "me", "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see of the queue; everything empty: all open cases. Unknown values count as empty."""

    state: str = ""  # a case state, or `any`
    view: str = ""  # mine, unowned, breaching, late: of the open ones
    kind: str = ""
    severity: str = ""
    owner: str = ""  # `me`, `none` or a person's id
    carrier: str = ""  # ids
    warehouse: str = ""
    team: str = ""
    care: str = ""
    status: str = ""  # the parcel's
    cause: str = ""
    incident: str = ""  # the feed incident that raised it
    opened: str = ""  # 24h, 7d: within that time
    ended: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Wanted":
        """Take what is known from a request's parameters; drop what cannot be meant."""
        return cls(**{name: values[name] for name in cls.__slots__ if _is_known(name, values.get(name, ""))})

    def is_default(self) -> bool:
        """True when nothing was chosen."""
        return self == Wanted()

    def anywhere(self) -> "Wanted":
        """The same in every state, unless a state or view was chosen: what a search looks through."""
        return self if self.state or self.view else replace(self, state=ANY_STATE)

    @property
    def is_resolved_only(self) -> bool:
        """True when only resolved cases are wanted: those are read newest first."""
        return self.state == CaseState.RESOLVED and not self.view


_WORDS: dict[str, frozenset[str]] = {
    "state": frozenset({*CaseState.values, ANY_STATE}),
    "view": frozenset({MINE, UNOWNED, BREACHED, LATE}),
    "kind": frozenset(SignalKind.values),
    "severity": frozenset(Severity.values),
    "care": frozenset(CareLevel.values),
    "status": frozenset(ShipmentStatus.values),
    "cause": frozenset(CauseFamily.values),
    "opened": frozenset(SPANS),
    "ended": frozenset(SPANS),
}
_COLUMNS = {"kind": "kind", "severity": "severity", "care": "care_level", "status": "shipment_status", "cause": "cause"}


def _is_known(name: str, value: str) -> bool:
    if name in _WORDS:
        return value in _WORDS[name]
    is_id = value.isascii() and value.isdecimal() and len(value) < 10
    return is_id or (name == "owner" and value == ME) or (name in ("owner", "carrier", "warehouse") and value == NOBODY)


def condition(wanted: Wanted, user_id: int | None, now: datetime) -> Q:
    """Return the condition of what is wanted by this reader at `now` (aware UTC)."""
    found = _state_condition(wanted) & _view_condition(wanted.view, user_id, now) & _owner_condition(wanted, user_id)
    for name, column in _COLUMNS.items():
        if getattr(wanted, name):
            found &= Q(**{column: getattr(wanted, name)})
    for name in ("carrier", "warehouse", "team", "incident"):
        if value := getattr(wanted, name):
            found &= Q(**{f"{name}_id": None if value == NOBODY else int(value)})
    return found & _time_condition(wanted, now)


def _time_condition(wanted: Wanted, now: datetime) -> Q:
    """Within a span. What was opened in it is open still or ended in it too, so history is never read through."""
    found = Q()
    if wanted.opened:
        start = now - SPANS[wanted.opened]
        found &= Q(opened_at__gte=start) & (OPEN | Q(state=CaseState.RESOLVED, resolved_at__gte=start))
    if wanted.ended:
        found &= Q(state=CaseState.RESOLVED, resolved_at__gte=now - SPANS[wanted.ended])
    return found


def _state_condition(wanted: Wanted) -> Q:
    if wanted.state == CaseState.RESOLVED:
        return Q(state=CaseState.RESOLVED)
    if wanted.state == ANY_STATE and not wanted.view:
        return Q()
    return OPEN & Q(state=wanted.state) if wanted.state in CaseState.values else OPEN


def _view_condition(view: str, user_id: int | None, now: datetime) -> Q:
    conditions = {
        MINE: Q(owner_id=user_id),
        UNOWNED: Q(owner_id=None),
        BREACHED: Q(time_left_at__lte=now + BREACHING),
        LATE: Q(time_left_at__lt=now),
    }
    return conditions.get(view, Q())


def _owner_condition(wanted: Wanted, user_id: int | None) -> Q:
    if not wanted.owner:
        return Q()
    if wanted.owner == NOBODY:
        return Q(owner_id=None)
    return Q(owner_id=user_id if wanted.owner == ME else int(wanted.owner))


def with_row(found: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """The same cases with all that a row of the queue shows, in one query."""
    return found.select_related("shipment__service", "order__customer", "carrier", "warehouse", "owner", "team")


def by_ids(case_ids: Iterable[int]) -> QuerySet[ExceptionCase]:
    """These cases as rows, the least time left first."""
    return with_row(ExceptionCase.objects.filter(pk__in=list(case_ids))).order_by("time_left_at", "id")


def for_page(case_id: int) -> ExceptionCase | None:
    """One case with what its page shows of its people and rules, or None."""
    related = ("owner", "team", "routed_by", "resolved_by", "follows", "carrier", "warehouse", "order")
    return ExceptionCase.objects.select_related(*related).filter(pk=case_id).first()


def next_after(case: ExceptionCase, user_id: int) -> ExceptionCase | None:
    """The reader's open case that is due next, this one left out."""
    mine = ExceptionCase.objects.filter(OPEN, owner_id=user_id).exclude(pk=case.pk)
    return mine.order_by("time_left_at", "id").first()


def ordering(wanted: Wanted) -> tuple[str, ...]:
    """The order of the wanted cases, in columns an index holds."""
    return ("-resolved_at", "-id") if wanted.is_resolved_only else ("time_left_at", "id")


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


def last_words(shipment_ids: Iterable[int]) -> dict[int, TrackingEvent]:
    """The newest event with a text of each parcel. One query."""
    told = TrackingEvent.objects.filter(shipment_id__in=list(shipment_ids), kind=TrackingEvent.Kind.SOURCE)
    told = told.filter(~Q(own_text="") | ~Q(code__text_shape="")).select_related("code")
    newest = told.order_by("shipment_id", "-occurred_at", "-id").distinct("shipment_id")
    return {event.shipment_id: event for event in newest}


def count_open() -> int:
    """Open cases, counted up to the cap. One query."""
    return ExceptionCase.objects.filter(OPEN)[:CAP].count()


def counts(many: Mapping[str, Wanted], user_id: int | None, now: datetime) -> dict[str, int]:
    """Count several things in one query, each up to the cap: name -> wanted gives name -> count."""
    return capped_counts({name: ExceptionCase.objects.filter(condition(w, user_id, now)) for name, w in many.items()})


def capped_counts(many: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """Count the rows of several querysets in one query, each up to the cap."""
    parts: list[str] = []
    values: list[Any] = []
    for found in many.values():
        text, arguments = found.order_by().values("pk")[:CAP].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({text}) AS counted)")  # noqa: S608 (the text is the ORM's own)
        values.extend(arguments)
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), values)
        return dict(zip(many, cursor.fetchone(), strict=True))


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
