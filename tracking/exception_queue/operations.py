"""What people do with cases. Each action is one transaction with an activity row that says before and after."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.exception_queue import steps
from tracking.exception_queue.bulk import BulkResult, in_bulk
from tracking.exception_queue.care import set_care_level
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.macros import apply_macro
from tracking.exception_queue.orders_in_review import mark_orders
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.promising import end_promise, promise_customer
from tracking.exception_queue.settled import open_again
from tracking.exception_queue.transitions import Move
from tracking.exception_queue.undoing import undo
from tracking.exception_queue.work import begin
from tracking.models import ExceptionCase, Team
from tracking.routing.operations import Desk
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState, WaitingParty

__all__ = [
    "BulkResult", "acknowledge", "add_note", "apply_macro", "assign", "end_promise", "in_bulk", "promise_customer",
    "release", "reopen", "resolve", "set_care_level", "set_next_action", "take", "undo", "wait",
]  # fmt: skip


@whole
def take(*, case_id: int, actor: User, now: datetime, expected_version: int | None = None) -> ExceptionCase:
    """Make the actor the owner. Somebody else's case is a CaseConflict: have it assigned instead."""
    work = begin(case_id, actor, now, expected_version, Move.TAKE)
    case = work.case
    if case.owner_id == actor.pk and case.state != CaseState.NEW:
        return case
    if case.owner_id not in (None, actor.pk) and case.owner_set_by_person:
        raise CaseConflict(f"{case.owner} has this case. Assign it to yourself if you agreed on that.", case)
    case.owner_id, case.owner_set_by_person = actor.pk, True
    steps.go_on(work)
    return work.finish(ActivityKind.TAKEN)


@whole
def assign(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    owner: User | None = None,
    team: Team | None = None,
    expected_version: int | None = None,
) -> ExceptionCase:
    """Give the case to a person, or to a team without an owner; rules never undo it. Needs `assign_others`."""
    work = begin(case_id, actor, now, expected_version, Move.ASSIGN)
    if owner != actor and not actor.has_perm("tracking.assign_others"):
        raise ActionRefused("You may take cases, but not assign them to others.")
    if owner is None and team is None:
        raise ActionRefused("Choose a person or a team.")
    if owner is not None and not owner.has_perm("tracking.act_on_case"):
        raise ActionRefused(f"{owner} may not act on cases.")
    case = work.case
    case.owner, case.owner_set_by_person = owner, True
    case.team = team or _team_for(owner, case)
    return work.finish(ActivityKind.ASSIGNED)


def _team_for(owner: User | None, case: ExceptionCase) -> Team:
    """The person keeps the case's team when in it, else brings their own."""
    teams = list(Team.objects.filter(memberships__user=owner).order_by("pk")) if owner else []
    return case.team if case.team in teams or not teams else teams[0]


@whole
def release(*, case_id: int, actor: User, now: datetime, expected_version: int | None = None) -> ExceptionCase:
    """Leave the case to its team, without an owner."""
    work = begin(case_id, actor, now, expected_version, Move.RELEASE)
    work.case.owner, work.case.owner_set_by_person = None, False
    return work.finish(ActivityKind.RELEASED)


@whole
def acknowledge(*, case_id: int, actor: User, now: datetime, expected_version: int | None = None) -> ExceptionCase:
    """Say that somebody has seen the case; an unowned one becomes the actor's."""
    work = begin(case_id, actor, now, expected_version, Move.ACKNOWLEDGE)
    if work.case.owner_id is None:
        work.case.owner_id, work.case.owner_set_by_person = actor.pk, True
    steps.go_on(work)
    return work.finish(ActivityKind.ACKNOWLEDGED)


@whole
def wait(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    until: datetime | None = None,
    waiting_party: str = "",
    waiting_on: str = "",
    for_scan: bool = False,
    expected_version: int | None = None,
) -> ExceptionCase:
    """Put the case aside until a moment (aware UTC) or until the next scan; it comes back by itself.

    While it waits on the customer its clock stands still, if the policy of its kind says so.
    """
    work = begin(case_id, actor, now, expected_version, Move.WAIT)
    if waiting_party not in ("", *WaitingParty.values):
        raise ActionRefused("Choose on whom to wait.")
    if until is not None and until <= now:
        raise ActionRefused("The time to wait until lies in the past.")
    steps.wait(work, until=until, for_scan=for_scan, party=waiting_party, on=waiting_on)
    return work.finish(ActivityKind.WAITING)


@whole
def add_note(
    *, case_id: int, actor: User, now: datetime, note: str, expected_version: int | None = None
) -> ExceptionCase:
    """Write a note for colleagues; also on resolved cases."""
    if not note.strip():
        raise ActionRefused("The note is empty.")
    work = begin(case_id, actor, now, expected_version, Move.NOTE)
    return work.finish(ActivityKind.NOTE, note=note.strip()[:5000], responds=work.case.state != CaseState.RESOLVED)


@whole
def set_next_action(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    text: str,
    due_at: datetime,
    expected_version: int | None = None,
) -> ExceptionCase:
    """Say what is done next and by when (aware UTC); the engine's default no longer replaces it."""
    if not text.strip():
        raise ActionRefused("Say what is to be done next.")
    if due_at <= now:
        raise ActionRefused("The next action cannot be due in the past.")
    work = begin(case_id, actor, now, expected_version, Move.PLAN)
    steps.plan(work, text, due_at)
    return work.finish(ActivityKind.NEXT_ACTION)


@whole
def resolve(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    outcome: str,
    note: str = "",
    reason: str = "",
    cost_minor: int | None = None,
    currency: str = "",
    expected_version: int | None = None,
) -> ExceptionCase:
    """End the case with an outcome and settle its open signals. Outcomes that cost money need `approve_money`.

    `reason`: why it is not an exception (a `NotExceptionReason`; with a note alone it counts as another reason).
    `cost_minor`: what it cost us, in minor units of `currency` (three letters; empty: the order's). Raises
    ActionRefused, CaseConflict, ExceptionCase.DoesNotExist.
    """
    steps.check_outcome(actor, outcome, reason, note)
    work = begin(case_id, actor, now, expected_version, Move.RESOLVE)
    if cost_minor is not None:
        steps.note_cost(work, cost_minor, currency)
    steps.end(work, outcome, note=note, reason=reason)
    work.finish(ActivityKind.RESOLVED, note=note.strip())
    mark_orders(work.orders)
    return work.case


@whole
def reopen(
    *, case_id: int, actor: User, now: datetime, note: str, expected_version: int | None = None
) -> ExceptionCase:
    """Open a resolved case again; the signals it settled are open again with it."""
    work = begin(case_id, actor, now, expected_version, Move.REOPEN)
    case = work.case
    others = ExceptionCase.objects.filter(shipment_id=case.shipment_id).exclude(state=CaseState.RESOLVED)
    if others.exists():
        raise ActionRefused("The parcel has another open case.")
    open_again(case, case.resolved_at)
    case.outcome, case.outcome_note, case.not_exception_reason = "", "", ""
    case.resolved_at, case.resolved_by = None, None
    case.reopened_at, case.reopened_count = now, case.reopened_count + 1
    case.owner_id = case.owner_id or actor.pk
    todo, desk = Policies().todo(case.kind, case.severity), Desk()
    case.next_action_due_at = desk.due(case.team_id, now, todo.due_hours)
    work.finish(ActivityKind.REOPENED, note=note.strip())
    mark_orders(work.orders)
    return case
