"""Actions on several cases: first said what would happen to each, then done, then told with what was skipped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from tracking.admin import case_undo
from tracking.admin.base import own_rows
from tracking.admin.case_actions import CaseAction
from tracking.admin.case_forms import CaseForm
from tracking.admin.reader import reader
from tracking.admin.row_words import cases_in_words, skipped_in_words
from tracking.exception_queue import operations, queries
from tracking.exception_queue.foresight import Foreseen, foresee
from tracking.exception_queue.queries import CAP
from tracking.models import ExceptionCase

FRAGMENT = "X-Fragment"  # sent by our scripts, which want the inner part of a page only


@dataclass(frozen=True, slots=True)
class Plan:
    """One case with what would happen to it; `is_chosen` = its box is ticked."""

    case: ExceptionCase
    foreseen: Foreseen
    is_chosen: bool


def bulk(action: CaseAction) -> Callable[[Any, HttpRequest, QuerySet[ExceptionCase]], HttpResponse]:
    """Make an action of the admin's change list from one of ours.

    What has to be filled in is asked; what concerns several cases is said first; the rest is done at once.
    """

    def run(page: Any, request: HttpRequest, queryset: QuerySet[ExceptionCase]) -> HttpResponse:
        who = reader(request)
        ids = own_rows(request.POST.getlist(ACTION_CHECKBOX_NAME))[:CAP]
        is_confirmed = "confirmed" in request.POST or (len(ids) == 1 and not action.asks)
        form = action.form.read(request, who) if is_confirmed else None
        if form is not None and form.is_valid():
            result = operations.in_bulk(action.operation, ids, actor=who.user, now=who.now, **form.arguments())
            report(request, action, result)
            return HttpResponseRedirect(request.get_full_path())
        return ask(page, request, action, ids, form)

    return run


def ask(page: Any, request: HttpRequest, action: CaseAction, ids: list[int], sent: CaseForm | None) -> HttpResponse:
    """What would happen to each case, then what has to be filled in. `sent` is a form with errors."""
    who = reader(request)
    found = list(queries.by_ids(ids))
    plans = [_plan(action, case, who.user, was_sent=sent is not None) for case in found]
    will = sum(plan.is_chosen for plan in plans)
    only = found[0] if len(found) == 1 else None
    context = {
        "action": action,
        "form": sent or action.form.blank(who, only),
        "plans": plans,
        "missing": len(ids) - len(found),
        "will": will,
        "stay": len(plans) - will,
        "high_care": sum(plan.is_chosen and plan.case.care_level == "high" for plan in plans),
        "checkbox": ACTION_CHECKBOX_NAME,
        "back": request.get_full_path(),
        "reader": who,
    }
    title = f"{action.label}: {cases_in_words(len(ids))}"
    if request.headers.get(FRAGMENT):
        return render(request, "shiptrack/queue/ask_form.html", {**context, "title": title, "is_dialog": True})
    answer: HttpResponse = page.page(request, "shiptrack/queue/ask.html", title, **context)
    return answer


def _plan(action: CaseAction, case: ExceptionCase, actor: Any, *, was_sent: bool) -> Plan:
    foreseen = foresee(action.name, case, actor)
    return Plan(case, foreseen, was_sent or foreseen.will)


def report(request: HttpRequest, action: CaseAction, result: operations.BulkResult) -> None:
    """Say what was done and offer to undo it, and list the skipped with their reasons."""
    said = f"{action.done} {cases_in_words(len(result.done))}."
    if result.activities and action.can_undo:
        case_undo.offer(request, said, result.activities)
    elif result.done:
        messages.success(request, said)
    if result.skipped:
        messages.warning(request, f"Skipped {len(result.skipped)}. {skipped_in_words(result.skipped)}")
