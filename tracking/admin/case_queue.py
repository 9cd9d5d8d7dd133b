"""The exception queue: its rows, what narrows it, and what its head says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ListFilter
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from tracking.admin.queue_counts import PAGE, counted, view_links
from tracking.admin.reader import Reader, reader
from tracking.admin.row_words import Knows, knows
from tracking.customer_knowledge.queries import latest_for
from tracking.exception_queue import queries
from tracking.exception_queue.presence import present_at
from tracking.exception_queue.queries import CAP
from tracking.exception_queue.wanted import (
    BREACHED,
    CLAIM_DUE,
    JUDGED,
    LATE,
    ME,
    MINE,
    MINE_DUE,
    NOBODY,
    UNOWNED,
    WAKING,
    Wanted,
    condition,
    day_of,
)
from tracking.models import ExceptionCase, Presence, TrackingEvent
from tracking.privacy import masking
from tracking.vocabulary import CareLevel, CaseState, CauseFamily, Outcome, Severity, ShipmentStatus, SignalKind

PEEK = "peek"
KEYS = (
    ("j  k", "Next and previous row"),
    ("Enter", "Peek at the row; again: its page"),
    ("Esc", "Close the panel, or drop the selection"),
    ("x", "Select the row"),
    ("Shift + j  k", "Select further"),
    ("t", "Take"),
    ("a", "Assign"),
    ("e", "Acknowledge"),
    ("h", "Wait"),
    ("n", "Note"),
    ("d", "Done: set the next action, go on"),
    ("r", "Resolve"),
    ("m", "Write to the customer, or see what was said"),
    ("y", "Copy what the customer reads (with the panel open)"),
    ("u", "Undo, while it is offered"),
)
STATES = ((CaseState.NEW, "New"), (CaseState.ACKNOWLEDGED, "Acknowledged"), (CaseState.WAITING, "Waiting"),
          (CaseState.RESOLVED, "Resolved"), ("any", "In every state"))  # fmt: skip


class WantedFilter(ListFilter):
    """All choices of the queue as one filter of the admin's change list."""

    title = "what is wanted"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            params.pop(str(name), None)

    def has_output(self) -> bool:
        """Always in force: without choices it leaves the open cases."""
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """None here: the page draws its own."""
        return iter(())

    def expected_parameters(self) -> list[str | None]:
        """The names of all choices, and of what the panel shows."""
        return [*Wanted.__slots__, PEEK]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
        """Narrow to what the request asks for."""
        who = reader(request)
        return queryset.filter(condition(wanted_by(request), who.user.pk, who.now, who.day_ends))


def wanted_by(request: HttpRequest) -> Wanted:
    """What the request asks for; a search looks through all states."""
    wanted = Wanted.read(request.GET.dict())
    return wanted.anywhere() if request.GET.get("q", "").strip() else wanted


class CappedPaginator(Paginator):
    """Counts no further than the cap, together with the numbers of the side bar: one query for all."""

    def __init__(self, request: HttpRequest, rows: QuerySet[ExceptionCase], per_page: int) -> None:
        super().__init__(rows, per_page)
        self._request, self._rows = request, rows

    @cached_property
    def count(self) -> int:
        """Rows, at most the cap."""
        return counted(self._request, self._rows)[PAGE]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue, ready to be shown."""

    case: ExceptionCase
    words: TrackingEvent | None
    customer: str
    place: str
    knows: Knows
    present: list[Presence]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One select box: its name, what it is called, its options as (value, words), what is chosen."""

    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str

    @property
    def chosen_label(self) -> str:
        """The words of what is chosen."""
        return dict(self.options).get(self.chosen, self.chosen)


def page_context(request: HttpRequest) -> dict[str, Any]:
    """What the queue page shows beside Django's change list, its rows and the panel. Two queries."""
    who, wanted = reader(request), wanted_by(request)
    narrowings, extras = _narrowings(request, wanted), _extras(wanted)
    views = view_links(request)
    here = next((view for view in views if view.is_on), None)
    return {
        "reader": who,
        "wanted": wanted,
        "heading": here.label if here else "All open" if wanted.is_default() else "Cases",
        "definition": here.definition if here else "",
        "views": views,
        "narrowings": narrowings,
        "extras": extras,
        "chosen": [(each, without(request, each.name)) for each in (*narrowings, *extras) if each.chosen],
        "cap": CAP,
        "keys": KEYS,
        "here": without(request, PEEK),
    }


def pages(request: HttpRequest, number: int) -> dict[str, str]:
    """Query strings of the previous and the next page."""
    found = {}
    for name, other in (("previous_page", number - 1), ("next_page", number + 1)):
        kept = request.GET.copy()
        kept.pop(PEEK, None)
        kept[PAGE_VAR] = str(other)
        found[name] = kept.urlencode()
    return found


def rows_of(cases: list[ExceptionCase], who: Reader) -> list[Row]:
    """Cases with what else their rows show. Three queries."""
    parcels = [case.shipment_id for case in cases]
    words, known = queries.last_words(parcels), latest_for(parcels)
    present = present_at((case.pk for case in cases), now=who.now, without=who.user.pk)
    return [
        Row(
            case, words.get(case.shipment_id), customer_of(case), _place(case),
            knows(known.get(case.shipment_id), who), present.get(case.pk, []),
        )
        for case in cases
    ]  # fmt: skip


def customer_of(case: ExceptionCase) -> str:
    """The customer's masked name, "" when there is none."""
    return masking.customer(case.order.customer if case.order else None).name


def _place(case: ExceptionCase) -> str:
    return case.shipment.ship_to_city or case.shipment.ship_to_country


def choices_of(request: HttpRequest) -> list[queries.Choice]:
    """Carriers, warehouses, teams and people; asked once per request."""
    found: list[queries.Choice] | None = getattr(request, "shiptrack_choices", None)
    if found is None:
        found = queries.choices()
        request.shiptrack_choices = found  # type: ignore[attr-defined]
    return found


def choice_names(request: HttpRequest) -> tuple[dict[int, str], dict[int, str]]:
    """Names of people and of teams by id."""
    found = choices_of(request)
    people = {int(each.id): each.label for each in found if each.what == "owner"}
    return people, {int(each.id): each.label for each in found if each.what == "team"}


def _narrowings(request: HttpRequest, wanted: Wanted) -> list[Narrowing]:
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in ("owner", "carrier", "warehouse", "team")}
    for choice in choices_of(request):
        found[choice.what].append((choice.id, choice.label))
    owners = [(ME, "Me"), (NOBODY, "Nobody"), *found["owner"]]
    return [
        Narrowing("state", "State: open", list(STATES), wanted.state),
        Narrowing("kind", "Problem", list(SignalKind.choices), wanted.kind),
        Narrowing("severity", "Severity", list(Severity.choices), wanted.severity),
        Narrowing("owner", "Owner", owners, wanted.owner),
        Narrowing("carrier", "Carrier", found["carrier"], wanted.carrier),
        Narrowing("warehouse", "From", found["warehouse"], wanted.warehouse),
        Narrowing("team", "Team", found["team"], wanted.team),
        Narrowing("care", "Care", list(CareLevel.choices), wanted.care),
    ]


def _extras(wanted: Wanted) -> list[Narrowing]:
    """Choices that come by links from other pages; they have no select box, but can be seen and dropped."""
    spans = [("24h", "within 24 h"), ("7d", "within 7 days"), ("14d", "within 14 days"), ("90d", "within 90 days")]
    late = wanted.view if wanted.view == LATE else ""
    return [
        Narrowing("view", "Only", [(LATE, "late ones")], late),
        Narrowing("opened", "Opened", _with_day(spans, wanted.opened), wanted.opened),
        Narrowing("ended", "Resolved", _with_day(spans, wanted.ended), wanted.ended),
        Narrowing("answered", "A person has acted", [("yes", "yes"), ("no", "not yet")], wanted.answered),
        Narrowing("status", "Parcel", list(ShipmentStatus.choices), wanted.status),
        Narrowing("cause", "Cause", list(CauseFamily.choices), wanted.cause),
        Narrowing("outcome", "Ended as", [(JUDGED, "anything but a duplicate"), *Outcome.choices], wanted.outcome),
        Narrowing(
            "incident", "Raised by feed incident", [(wanted.incident, f"no. {wanted.incident}")], wanted.incident
        ),
    ]


def _with_day(spans: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """The spans, and the day that a link may have chosen instead: `Thu 19 Nov`."""
    day = day_of(value)
    return [*spans, (value, f"{day:%a} {day.day} {day:%b}")] if day else spans


def without(request: HttpRequest, name: str) -> str:
    """This page's address without one of its choices."""
    kept = request.GET.copy()
    kept.pop(name, None)
    return "?" + kept.urlencode()


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list means, what comes next, and where to go: words and address of one button."""

    words: str
    next: str
    go: str = "Show all open cases"
    address: str = "?"


def empty_words(wanted: Wanted, query: str, who: Reader) -> Empty:
    """What an empty list means, and what comes next. At most one query."""
    if query:
        return Empty("Nothing found", "Type an order, tracking or case number such as C-12, from its start.")
    if wanted == Wanted(view=MINE_DUE):
        due = queries.next_due(who.user.pk)
        comes = f"Next is due {who.moment(due)}." if due else "You own no open case. Take one that nobody owns."
        view, go = (MINE, "Show all of mine") if due else (UNOWNED, "Show unowned cases")
        return Empty("Nothing is due for you", comes, go, "?" + urlencode({"view": view}))
    found = {
        Wanted(view=MINE): (
            "Nothing is yours",
            "Take a case that nobody owns, or wait: the router gives you new ones.",
        ),
        Wanted(view=BREACHED): ("Nothing is late", "Cases appear here 1 h before they are due."),
        Wanted(view=UNOWNED): ("Every open case has an owner", "Cases appear here when nobody is on shift."),
        Wanted(view=WAKING): ("Nothing wakes today", "Cases that were put aside come back by themselves."),
        Wanted(view=CLAIM_DUE): (
            "No claim is running out",
            "Cases appear here 7 days before their claim window closes.",
        ),
        Wanted(): ("No open exceptions", "Parcels are watched all the time; the first problem appears here by itself."),
    }
    other = ("No case fits these choices", "Drop a choice above, or look at all open cases.")
    return Empty(*found.get(wanted, other), go="" if wanted.is_default() else "Show all open cases")
