"""What people do with cases. Each action is one transaction with an activity row that says before and after."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.exception_queue.bulk import BulkResult, in_bulk
from tracking.exception_queue.care import set_care_level
from tracking.exception_queue.clocks import stop_waiting
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.orders_in_review import mark_orders
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.settled import open_again, settle_open
from tracking.exception_queue.undoing import undo
from tracking.exception_queue.work import begin, look_again
from tracking.models import ExceptionCase, Team
from tracking.routing.operations import Desk
from tracking.transactions import whole
from tracking.vocabulary import MONEY_OUTCOMES, ActivityKind, CaseState, Outcome

__all__ = [
    "BulkResult", "acknowledge", "add_note", "assign", "in_bulk", "release", "reopen", "resolve", "set_care_level",
    "set_next_action", "take", "undo", "wait",
]  # fmt: skip


@whole
def take(*, case_id: int, actor: User, now: datetime, expected_version: int | None = None) -> ExceptionCase:
    """Make the actor the owner. Somebody else's case is a CaseConflict: have it assigned instead."""
    work = begin(case_id, actor, now, expected_version)
    case = work.case
    if case.owner_id == actor.pk and case.state != CaseState.NEW:
        return case
    if case.owner_id not in (None, actor.pk) and case.owner_set_by_person:
        raise CaseConflict(f"{case.owner} has this case. Assign it to yourself if you agreed on that.", case)
    case.owner_id, case.owner_set_by_person = actor.pk, True
    _acknowledge(case)
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
    work = begin(case_id, actor, now, expected_version)
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
    work = begin(case_id, actor, now, expected_version)
    work.case.owner, work.case.owner_set_by_person = None, False
    return work.finish(ActivityKind.RELEASED)


@whole
def acknowledge(*, case_id: int, actor: User, now: datetime, expected_version: int | None = None) -> ExceptionCase:
    """Say that somebody has seen the case; an unowned one becomes the actor's."""
    work = begin(case_id, actor, now, expected_version)
    if work.case.owner_id is None:
        work.case.owner_id, work.case.owner_set_by_person = actor.pk, True
    _acknowledge(work.case)
    return work.finish(ActivityKind.ACKNOWLEDGED)


def _acknowledge(case: ExceptionCase) -> None:
    case.state = CaseState.ACKNOWLEDGED
    stop_waiting(case)


@whole
def wait(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    until: datetime | None = None,
    waiting_on: str = "",
    for_scan: bool = False,
    expected_version: int | None = None,
) -> ExceptionCase:
    """Put the case aside until a moment (aware UTC) or until the next scan; it comes back by itself."""
    work = begin(case_id, actor, now, expected_version)
    if until is None and not for_scan:
        raise ActionRefused("Say until when to wait, or wait for the next scan.")
    if until is not None and until <= now:
        raise ActionRefused("The time to wait until lies in the past.")
    case = work.case
    case.state, case.waiting_until, case.waiting_for_scan = CaseState.WAITING, until, for_scan
    case.waiting_on = waiting_on[:120]
    if until:
        case.next_action_due_at = max(case.next_action_due_at, until)
        look_again(case.shipment_id, until)
    return work.finish(ActivityKind.WAITING)


@whole
def add_note(
    *, case_id: int, actor: User, now: datetime, note: str, expected_version: int | None = None
) -> ExceptionCase:
    """Write a note for colleagues; also on resolved cases."""
    if not note.strip():
        raise ActionRefused("The note is empty.")
    work = begin(case_id, actor, now, expected_version, may_be_resolved=True)
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
    work = begin(case_id, actor, now, expected_version)
    work.case.next_action, work.case.next_action_due_at = text.strip()[:300], due_at
    work.case.next_action_by_person = True
    if work.case.state == CaseState.NEW:
        work.case.state = CaseState.ACKNOWLEDGED
    return work.finish(ActivityKind.NEXT_ACTION)


@whole
def resolve(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    outcome: str,
    note: str = "",
    expected_version: int | None = None,
) -> ExceptionCase:
    """End the case with an outcome and settle its open signals. Outcomes that cost money need `approve_money`."""
    if outcome not in Outcome.values:
        raise ActionRefused("Choose how it ended.")
    if outcome in MONEY_OUTCOMES and not actor.has_perm("tracking.approve_money"):
        raise ActionRefused(f"{Outcome(outcome).label}: somebody who may approve money has to resolve this case.")
    if outcome == Outcome.NOT_AN_EXCEPTION and not note.strip():
        raise ActionRefused("Say why it is not an exception.")
    work = begin(case_id, actor, now, expected_version)
    case = work.case
    case.state, case.outcome, case.outcome_note = CaseState.RESOLVED, outcome, note.strip()[:500]
    case.resolved_at, case.resolved_by_id = now, actor.pk
    stop_waiting(case)
    settle_open(case, now)
    work.finish(ActivityKind.RESOLVED, note=note.strip())
    mark_orders(work.orders)
    return case


@whole
def reopen(
    *, case_id: int, actor: User, now: datetime, note: str, expected_version: int | None = None
) -> ExceptionCase:
    """Open a resolved case again; the signals it settled are open again with it."""
    work = begin(case_id, actor, now, expected_version, may_be_resolved=True)
    case = work.case
    if case.state != CaseState.RESOLVED:
        raise ActionRefused("This case is open.")
    others = ExceptionCase.objects.filter(shipment_id=case.shipment_id).exclude(state=CaseState.RESOLVED)
    if others.exists():
        raise ActionRefused("The parcel has another open case.")
    open_again(case, case.resolved_at)
    case.state, case.outcome, case.outcome_note = CaseState.ACKNOWLEDGED, "", ""
    case.resolved_at, case.resolved_by = None, None
    case.reopened_at, case.reopened_count = now, case.reopened_count + 1
    case.owner_id = case.owner_id or actor.pk
    todo, desk = Policies().todo(case.kind, case.severity), Desk()
    case.next_action_due_at = desk.due(case.team_id, now, todo.due_hours)
    work.finish(ActivityKind.REOPENED, note=note.strip())
    mark_orders(work.orders)
    return case
