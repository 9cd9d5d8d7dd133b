"""The page of one case: what is true, what is wrong, what to do next, and how it came to this."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from tracking.admin import case_story, case_undo
from tracking.admin.base import may, require
from tracking.admin.case_actions import ACTIONS, CaseAction
from tracking.admin.case_forms import CaseForm
from tracking.admin.desk_forms import MacroForm
from tracking.admin.dispute_shown import mentioned
from tracking.admin.reader import Reader, reader
from tracking.admin.reports_shown import reports_in
from tracking.admin.tickets_shown import tickets_shown
from tracking.exception_queue import operations, queries
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.siblings import open_siblings
from tracking.exception_queue.tightening import tightened
from tracking.models import ExceptionCase, Signal
from tracking.privacy import masking
from tracking.privacy.operations import may_reveal, reveal_customer
from tracking.privacy.queries import revealed_customers
from tracking.shipments.queries import Story, story, told
from tracking.vocabulary import SEVERITY_RANK, CareLevel, CaseState, SignalState

OPEN_ACTIONS = (
    "take", "acknowledge", "assign", "wait", "note", "next", "resolve", "macro", "promise", "promised", "care",
    "release",
)  # fmt: skip
ENDED_ACTIONS = ("note", "reopen", "care")
FOR_SIBLINGS = frozenset({"take", "assign", "acknowledge", "wait", "note", "resolve", "care"})

MORE_KEYS = (
    ("m", "Write to the customer, or see what was said"),
    ("y", "Copy what the customer reads"),
    ("u", "Undo, while it is offered"),
    ("j", "Your next case"),
)


def show(page: Any, request: HttpRequest, case_id: int, sent: CaseForm | None = None, name: str = "") -> HttpResponse:
    """Answer with the page; `sent` is a form that could not be carried out, shown open with its errors."""
    case = queries.for_page(case_id)
    found = story(case.shipment_id) if case else None
    if case is None or found is None:
        raise Http404(f"There is no case {case_id}.")
    who = reader(request)
    answer: HttpResponse = page.page(
        request,
        "shiptrack/case/case.html",
        f"C-{case.pk}",
        original=case,
        **_facts(request, case, found, who),
        actions=_actions(request, case, who, sent, name),
        undo=case_undo.offered(request),
    )
    answer.status_code = 422 if sent else 200
    return answer


def _facts(request: HttpRequest, case: ExceptionCase, found: Story, who: Reader) -> dict[str, Any]:
    shipment = found.shipment
    customer = shipment.order.customer if shipment.order else None
    revealed = bool(customer and customer.pk in revealed_customers(who.user, [customer.pk], who.now))
    raised = [each.subject for each in found.entries if each.kind == "signal_opened"]
    signals = [each for each in raised if isinstance(each, Signal) and each.case_id == case.pk]
    person = masking.customer(customer, revealed=revealed)
    signals.sort(key=lambda each: (each.state != SignalState.OPEN, -SEVERITY_RANK[each.severity], each.fired_at))
    return {
        "case": case,
        "is_open": case.state != CaseState.RESOLVED,
        "shipment": shipment,
        "order": shipment.order,
        "told": told(shipment, (get_language() or "en")[:2]),
        "signals": signals,
        "disputes": mentioned(found.entries),
        "reports": reports_in(found.entries),
        "lines": case_story.lines(found.entries, who),
        "left_out": found.events_left_out,
        "siblings": [each for each in found.siblings if each.pk != shipment.pk],
        "open_siblings": getattr(case, "sibling_ids", []) if case.state != CaseState.RESOLVED else [],
        "care": tightened(shipment, [each.kind for each in signals if each.state == SignalState.OPEN]),
        "other_cases": [each for each in found.past_cases if each.pk != case.pk],
        "person": person,
        "tickets": tickets_shown(person, customer, shipment_id=shipment.pk, order_id=shipment.order_id),
        "can_reveal": customer is not None and not revealed and may_reveal(who.user),
        "can_act": may(request, "act_on_case"),
        "first_response_took": case.first_responded_at and case.first_responded_at - case.opened_at,
        "keys": [*((each.key, each.label) for each in ACTIONS.values() if each.key), *MORE_KEYS],
        "next_case": queries.next_after(case, who.user.pk),
    }


def _actions(
    request: HttpRequest, case: ExceptionCase, who: Reader, sent: CaseForm | None, name: str
) -> list[dict[str, Any]]:
    if not may(request, "act_on_case"):
        return []
    possible = ENDED_ACTIONS if case.state == CaseState.RESOLVED else OPEN_ACTIONS
    forms = {each: ACTIONS[each].form.blank(who, case) for each in possible if _makes_sense(each, case, who)}
    names = [each for each, form in forms.items() if not isinstance(form, MacroForm) or form.has_any]
    first = next((each for each in ("take", "acknowledge", "resolve", "reopen") if each in names), "")
    return [
        {
            "action": ACTIONS[each],
            "form": sent if sent is not None and each == name else forms[each],
            "is_open": each == name,
            "is_first": each == first,
            "for_siblings": each in FOR_SIBLINGS,
        }
        for each in names
    ]


def _makes_sense(name: str, case: ExceptionCase, who: Reader) -> bool:
    is_mine = case.owner_id == who.user.pk
    if name == "take":
        return not is_mine
    if name == "acknowledge":
        return case.state != CaseState.ACKNOWLEDGED
    if name == "care":  # raised while open, lowered afterwards
        return (case.care_level == CareLevel.HIGH) == (case.state == CaseState.RESOLVED)
    if name == "promised":
        return case.promise_due_at is not None
    return is_mine if name == "release" else True


def act(page: Any, request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Carry out one action on one case: POST only; shows the form again, or the conflict, if it cannot be done."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    action = ACTIONS.get(name)
    if action is None or not ExceptionCase.objects.filter(pk=case_id).exists():
        raise Http404("There is no such case or action.")
    require(request, "act_on_case")
    who = reader(request)
    form = action.form.read(request, who)
    if not form.is_valid():
        return show(page, request, case_id, form, name)
    try:
        action.operation(case_id=case_id, actor=who.user, now=who.now, **_version(request), **form.arguments())
    except CaseConflict as conflict:
        return _conflict(page, request, action, form, conflict)
    except ActionRefused as refusal:
        form.add_error(None, str(refusal))
        return show(page, request, case_id, form, name)
    done = [case_id]
    if "siblings" in request.POST and name in FOR_SIBLINGS:
        done += _on_siblings(request, action, form, case_id, who)
    said = f"{action.done} {', '.join(f'C-{key}' for key in done)}{' of one order' if len(done) > 1 else ''}."
    if not (action.can_undo and case_undo.offer_for_cases(request, said, done)):
        messages.success(request, said)
    return HttpResponseRedirect(_onwards(request, case_id))


def _on_siblings(request: HttpRequest, action: CaseAction, form: CaseForm, case_id: int, who: Reader) -> list[int]:
    """The same on the other open cases of the order; return those done, and say which were refused and why."""
    ids = open_siblings(ExceptionCase.objects.get(pk=case_id))
    result = operations.in_bulk(action.operation, ids, actor=who.user, now=who.now, **form.arguments())
    for key, why in result.skipped:
        messages.warning(request, f"C-{key} was left out: {why}")
    return result.done


def _version(request: HttpRequest) -> dict[str, int]:
    sent = request.POST.get("version", "")
    return {"expected_version": int(sent)} if sent.isascii() and sent.isdecimal() and len(sent) < 10 else {}


def _onwards(request: HttpRequest, case_id: int) -> str:
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return reverse("admin:tracking_exceptioncase_change", args=[case_id])


def _conflict(
    page: Any, request: HttpRequest, action: CaseAction, form: CaseForm, conflict: CaseConflict
) -> HttpResponse:
    """Theirs stands; mine is kept and can be sent again on top of it; both are shown."""
    case = queries.for_page(conflict.case.pk) or conflict.case
    recent = conflict.changes or case.activities.select_related("actor").order_by("-at", "-id")[:5]
    found = [line for each in recent if (line := case_story.activity_line(each, reader(request)))]
    context = {"action": action, "form": form, "case": case, "why": str(conflict), "lines": found}
    again = case.state != CaseState.RESOLVED or action.name in ENDED_ACTIONS
    answer: HttpResponse = page.page(
        request,
        "shiptrack/case/conflict.html",
        f"C-{case.pk} changed meanwhile",
        **context,
        can_send_again=again,
        next=request.POST.get("next", ""),
    )
    answer.status_code = 409
    return answer


def reveal(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show the customer of this case unmasked for a while, and log who looked. POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require(request, "reveal_personal_data")
    case = ExceptionCase.objects.select_related("order").filter(pk=case_id).first()
    if case is None or case.order is None or case.order.customer_id is None:
        raise Http404("This case has no customer.")
    who = reader(request)
    reveal_customer(customer_id=case.order.customer_id, actor=who.user, now=who.now, where=f"case {case_id}")
    return HttpResponseRedirect(reverse("admin:tracking_exceptioncase_change", args=[case_id]))
