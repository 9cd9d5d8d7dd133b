"""Macros: several steps of a case in one action and one activity, so that one undo takes them back."""

from datetime import datetime

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from tracking.exception_queue import steps
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.orders_in_review import mark_orders
from tracking.exception_queue.transitions import Move
from tracking.exception_queue.work import Work, begin
from tracking.models import ExceptionCase, Macro
from tracking.routing.operations import Desk
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState

MOVES = {CaseState.ACKNOWLEDGED: Move.ACKNOWLEDGE, CaseState.WAITING: Move.WAIT, CaseState.RESOLVED: Move.RESOLVE}


@whole
def apply_macro(
    *, case_id: int, macro_id: int, actor: User, now: datetime, expected_version: int | None = None
) -> ExceptionCase:
    """Do what a macro says: its note, next action, waiting or outcome. Raises ActionRefused, CaseConflict,
    ExceptionCase.DoesNotExist."""
    macro = Macro.objects.filter(pk=macro_id, is_active=True).first()
    if macro is None:
        raise ActionRefused("This macro is no longer there.")
    if macro.outcome:
        steps.check_outcome(actor, macro.outcome, "", macro.note)
    move = MOVES.get(CaseState(macro.state)) if macro.state else None
    work = begin(case_id, actor, now, expected_version, move or (Move.PLAN if macro.next_action else Move.NOTE))
    if macro.kinds and work.case.kind not in macro.kinds:
        raise ActionRefused(f"{macro}: this macro is for other kinds of cases.")
    _do(work, macro)
    work.finish(ActivityKind.MACRO, note=f"{macro}. {macro.note}".strip())
    mark_orders(work.orders)
    return work.case


def all_macros() -> ArraySubquery:
    """All active macros in their order, as part of a query over cases: objects with id, name and kinds."""
    rows = Macro.objects.filter(is_active=True).order_by("position", "name")
    return ArraySubquery(rows.values(row=JSONObject(id="id", name="name", kinds="kinds")))


def _do(work: Work, macro: Macro) -> None:
    case = work.case
    due_at = Desk().due(case.team_id, work.now, macro.due_hours) if macro.due_hours else None
    if macro.next_action:
        steps.plan(work, macro.next_action, due_at or max(case.next_action_due_at, work.now))
    if macro.state == CaseState.WAITING:
        steps.wait(work, until=due_at, for_scan=macro.waits_for_scan, party=macro.waiting_party, on="")
    elif macro.state == CaseState.RESOLVED:
        steps.end(work, macro.outcome, note=macro.note)
    elif macro.state == CaseState.ACKNOWLEDGED:
        steps.go_on(work)
