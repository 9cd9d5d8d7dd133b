"""The exception queue: rows, tabs with counters, filters, search, and actions on many cases at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import ListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property

from tracking.admin.base import own_rows
from tracking.admin.case_actions import CaseAction
from tracking.admin.reader import reader
from tracking.exception_queue import operations, queries
from tracking.exception_queue.queries import CAP, Wanted
from tracking.models import ExceptionCase, TrackingEvent
from tracking.privacy import masking
from tracking.vocabulary import CareLevel, CaseState, CauseFamily, Severity, ShipmentStatus, SignalKind

SHOWN_SKIPPED = 20
KEYS = (
    ("j  k", "Next and previous row"),
    ("Enter", "Open the row"),
    ("x", "Select the row"),
    ("t", "Take"),
    ("a", "Assign"),
    ("e", "Acknowledge"),
    ("h", "Wait"),
    ("r", "Resolve"),
    ("/", "Search"),
    ("?", "These keys"),
)
TABS = (
    ("", "All open", "Every case that is not resolved"),
    (CaseState.NEW, "New", "Open, and no person has answered yet"),
    (CaseState.ACKNOWLEDGED, "Acknowledged", "Open, seen by a person"),
    (CaseState.WAITING, "Waiting", "Put aside until a time or the next scan"),
    (CaseState.RESOLVED, "Resolved", "Ended with an outcome, newest first"),
)
VIEWS = (
    (queries.MINE, "Mine", "Open cases you own"),
    (queries.UNOWNED, "Unowned", "Open cases that nobody owns"),
    (queries.BREACHED, "Breaching", "Open cases that are late, or due within 1 h"),
)


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
        """The names of all choices."""
        return list(Wanted.__slots__)

    def queryset(self, request: HttpRequest, queryset: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
        """Narrow to what the request asks for."""
        who = reader(request)
        return queryset.filter(queries.condition(wanted_by(request), who.user.pk, who.now))


def wanted_by(request: HttpRequest) -> Wanted:
    """What a request asks for; a search looks through all states unless one is chosen."""
    wanted = Wanted.read(request.GET.dict())
    return wanted.anywhere() if request.GET.get("q", "").strip() else wanted


class CappedPaginator(Paginator):
    """Counts no further than the cap: with more, the queue is worked from the front or narrowed."""

    @cached_property
    def count(self) -> int:
        """Rows, at most the cap."""
        found: QuerySet[ExceptionCase] = self.object_list[:CAP]  # type: ignore[assignment]
        return found.count()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue, ready to be shown."""

    case: ExceptionCase
    words: TrackingEvent | None
    customer: str
    place: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to a part of the queue with the number of its rows."""

    label: str
    definition: str
    address: str
    count: int
    is_on: bool


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


def page_context(request: HttpRequest, cases: list[ExceptionCase]) -> dict[str, Any]:
    """What the queue page shows beside Django's change list. Three queries."""
    who, wanted = reader(request), wanted_by(request)
    parts = {f"state:{code}": Wanted(state=code) for code, _, _ in TABS}
    parts |= {f"view:{code}": Wanted(view=code) for code, _, _ in VIEWS}
    counted = queries.counts(parts, who.user.pk, who.now)
    request.shiptrack_open_count = counted["state:"]  # type: ignore[attr-defined]
    narrowings, extras = _narrowings(wanted), _extras(wanted)
    return {
        "reader": who,
        "wanted": wanted,
        "rows": _rows(cases),
        "tabs": [_tab("state", *tab, counted, wanted) for tab in TABS],
        "views": [_tab("view", *view, counted, wanted) for view in VIEWS],
        "narrowings": narrowings,
        "extras": extras,
        "chosen": [(each, _without(request, each.name)) for each in (*narrowings, *extras) if each.chosen],
        "cap": CAP,
        "keys": KEYS,
    }


def pages(request: HttpRequest, number: int) -> dict[str, str]:
    """Query strings of the previous and the next page."""
    found = {}
    for name, other in (("previous_page", number - 1), ("next_page", number + 1)):
        kept = request.GET.copy()
        kept[PAGE_VAR] = str(other)
        found[name] = kept.urlencode()
    return found


def _rows(cases: list[ExceptionCase]) -> list[Row]:
    words = queries.last_words(case.shipment_id for case in cases)
    return [Row(case, words.get(case.shipment_id), _customer(case), _place(case)) for case in cases]


def _customer(case: ExceptionCase) -> str:
    return masking.customer(case.order.customer if case.order else None).name


def _place(case: ExceptionCase) -> str:
    return case.shipment.ship_to_city or case.shipment.ship_to_country


def _tab(what: str, code: str, label: str, definition: str, counted: dict[str, int], wanted: Wanted) -> Tab:
    is_on = wanted.view == code if what == "view" else (wanted.state == code and not wanted.view)
    address = "?" + urlencode({what: code}) if code else "?"
    return Tab(label, definition, address, counted[f"{what}:{code}"], is_on)


def _narrowings(wanted: Wanted) -> list[Narrowing]:
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in ("owner", "carrier", "warehouse", "team")}
    for choice in queries.choices():
        found[choice.what].append((choice.id, choice.label))
    owners = [(queries.ME, "Me"), (queries.NOBODY, "Nobody"), *found["owner"]]
    return [
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
    spans = [("24h", "within 24 h"), ("7d", "within 7 days")]
    late = wanted.view if wanted.view == queries.LATE else ""
    return [
        Narrowing("view", "Only", [(queries.LATE, "late ones")], late),
        Narrowing("opened", "Opened", spans, wanted.opened),
        Narrowing("ended", "Resolved", spans, wanted.ended),
        Narrowing("status", "Parcel", list(ShipmentStatus.choices), wanted.status),
        Narrowing("cause", "Cause", list(CauseFamily.choices), wanted.cause),
        Narrowing(
            "incident", "Raised by feed incident", [(wanted.incident, f"no. {wanted.incident}")], wanted.incident
        ),
    ]


def _without(request: HttpRequest, name: str) -> str:
    kept = request.GET.copy()
    kept.pop(name, None)
    return "?" + kept.urlencode()


def bulk(action: CaseAction) -> Callable[[Any, HttpRequest, QuerySet[ExceptionCase]], HttpResponse]:
    """Make an action of the admin's change list from one of ours; what has to be filled in is asked on its own page."""

    def run(page: Any, request: HttpRequest, queryset: QuerySet[ExceptionCase]) -> HttpResponse:
        who = reader(request)
        ids = own_rows(request.POST.getlist(ACTION_CHECKBOX_NAME))[:CAP]
        form = action.form.read(request, who) if not action.asks or "confirmed" in request.POST else None
        if form is not None and form.is_valid():
            result = operations.in_bulk(action.operation, ids, actor=who.user, now=who.now, **form.arguments())
            report(request, action, result)
            return HttpResponseRedirect(request.get_full_path())
        return ask(page, request, action, ids, form or action.form.blank(who))

    return run


def ask(page: Any, request: HttpRequest, action: CaseAction, ids: list[int], form: Any) -> HttpResponse:
    """The page between: the chosen cases first, then what has to be filled in."""
    found = queries.by_ids(ids)
    title = f"{action.label}: {len(ids)} case{'' if len(ids) == 1 else 's'}"
    context = {"action": action, "form": form, "rows": _rows(list(found)), "checkbox": ACTION_CHECKBOX_NAME}
    answer: HttpResponse = page.page(request, "shiptrack/queue/ask.html", title, **context)
    return answer


def report(request: HttpRequest, action: CaseAction, result: operations.BulkResult) -> None:
    """Say what was done, and list the skipped with their reasons."""
    done = len(result.done)
    if done:
        messages.success(request, f"{action.done} {done} case{'' if done == 1 else 's'}.")
    if result.skipped:
        messages.warning(request, f"Skipped {len(result.skipped)}. {_reasons(result.skipped)}")


def _reasons(skipped: list[tuple[int, str]]) -> str:
    """Each reason once, with the cases it is about."""
    by_reason: dict[str, list[int]] = {}
    for case_id, why in skipped:
        by_reason.setdefault(why, []).append(case_id)
    return " ".join(f"{_listed(ids)}: {why}" for why, ids in by_reason.items())


def _listed(ids: list[int]) -> str:
    more = len(ids) - SHOWN_SKIPPED
    return ", ".join(f"C-{each}" for each in ids[:SHOWN_SKIPPED]) + (f" and {more} more" if more > 0 else "")


def empty_words(wanted: Wanted, query: str) -> tuple[str, str]:
    """What an empty list means, and what comes next."""
    if query:
        return "Nothing found", "Type an order number, a tracking number or a case number such as C-12, from its start."
    if wanted == Wanted(view=queries.MINE):
        return "Nothing is yours", "Take a case that nobody owns, or wait: the router gives you new ones."
    if wanted == Wanted(view=queries.BREACHED):
        return "Nothing is late", "Cases appear here 1 h before they are due."
    if wanted == Wanted(view=queries.UNOWNED):
        return "Every open case has an owner", "Cases appear here when nobody is on shift to take them."
    if wanted.is_default():
        return "No open exceptions", "Parcels are watched all the time; the first problem appears here by itself."
    return "No case fits these choices", "Drop a choice above, or look at all open cases."
