"""The panel beside the queue: one case at a glance, with what can be done about it."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from tracking.admin.base import may
from tracking.admin.case_actions import ACTIONS
from tracking.admin.case_queue import PEEK, Row, choice_names, customer_of, rows_of, without
from tracking.admin.case_story import SAID_BY_SIGNALS, Names, activity_line
from tracking.admin.reader import reader
from tracking.exception_queue import queries
from tracking.models import CaseActivity, ExceptionCase
from tracking.shipments.queries import told
from tracking.vocabulary import SEVERITY_RANK, CaseState, SignalState

OPEN_ACTIONS = ("take", "acknowledge", "next", "wait", "assign", "note", "resolve")
ENDED_ACTIONS = ("note", "reopen")
LAST = 5


@dataclass(frozen=True, slots=True)
class Peek:
    """The case a panel is about, with its newest activities."""

    case: ExceptionCase
    recent: list[CaseActivity]


def rows_and_panel(request: HttpRequest, cases: list[ExceptionCase]) -> dict[str, Any]:
    """The queue's rows, and the panel if the address asks for one. Three queries; with the panel five."""
    peek = peeked(request)
    is_listed = peek is not None and any(case.pk == peek.case.pk for case in cases)
    rows = rows_of(cases if peek is None or is_listed else [*cases, peek.case], reader(request))
    if peek is None:
        return {"rows": rows}
    mine = next(row for row in rows if row.case.pk == peek.case.pk)
    return {"rows": rows[: len(cases)], "panel": panel(request, peek, mine)}


def peeked(request: HttpRequest) -> Peek | None:
    """The case that the queue's address names, if any. One query."""
    wanted = request.GET.get(PEEK, "")
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 10):
        return None
    return _peek(int(wanted))


def _peek(case_id: int) -> Peek | None:
    found = queries.for_panel(case_id, 2 * LAST)
    return Peek(*found) if found else None


def show(request: HttpRequest, case_id: int) -> HttpResponse:
    """The panel alone, for the script that puts it beside the list."""
    peek = _peek(case_id)
    if peek is None:
        raise Http404(f"There is no case {case_id}.")
    who = reader(request)
    (row,) = rows_of([peek.case], who)
    context = {"panel": panel(request, peek, row), "reader": who, "here": without(request, PEEK)}
    return render(request, "shiptrack/queue/panel.html", context)


def panel(request: HttpRequest, peek: Peek, row: Row) -> dict[str, Any]:
    """All that the panel shows of one case. One query, beside that for the names of people and teams."""
    who, case = reader(request), peek.case
    if case.order_id == case.shipment.order_id:
        case.shipment.order = case.order  # read with the row; the sentence asks for its customer
    signals = sorted(
        case.signals.all(),
        key=lambda each: (each.state != SignalState.OPEN, -SEVERITY_RANK[each.severity], each.fired_at),
    )
    names = Names(*choice_names(request))
    lines = [activity_line(each, who, names) for each in peek.recent if each.kind not in SAID_BY_SIGNALS]
    return {
        "row": row,
        "case": case,
        "shipment": case.shipment,
        "told": told(case.shipment, (get_language() or "en")[:2]),
        "customer": customer_of(case),
        "signals": signals,
        "lines": lines[:LAST],
        "actions": _actions(request, case, who.user.pk),
    }


def _actions(request: HttpRequest, case: ExceptionCase, user_id: int) -> list[Any]:
    if not may(request, "act_on_case"):
        return []
    if case.state == CaseState.RESOLVED:
        return [ACTIONS[name] for name in ENDED_ACTIONS]
    is_mine, is_seen = case.owner_id == user_id, case.state == CaseState.ACKNOWLEDGED
    left_out = {"take" if is_mine else "", "acknowledge" if is_seen or not is_mine else ""}
    return [ACTIONS[name] for name in OPEN_ACTIONS if name not in left_out]
