"""Promises to customers as people make and end them. An open one keeps its case open and is its next action."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.exception_queue.describing import raise_severity
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.promises import AFTER_BREAKING
from tracking.exception_queue.transitions import Move
from tracking.exception_queue.work import Work, begin, look_again
from tracking.models import CustomerPromise, ExceptionCase, Shipment
from tracking.routing.operations import Desk
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, Outcome, PromiseState, PromiseSubject

REPLACED = "Another promise took its place."
ACTIVITIES = {
    PromiseState.KEPT: ActivityKind.PROMISE_KEPT,
    PromiseState.BROKEN: ActivityKind.PROMISE_BROKEN,
    PromiseState.WITHDRAWN: ActivityKind.PROMISE_WITHDRAWN,
}


@whole
def promise_customer(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    text: str,
    due_at: datetime,
    subject: str = PromiseSubject.ARRIVAL,
    expected_version: int | None = None,
) -> ExceptionCase:
    """Note what the actor promised the customer until a moment (aware UTC): it becomes the next action.

    A promise that was open is withdrawn: the new one took its place. Raises ActionRefused, CaseConflict,
    ExceptionCase.DoesNotExist.
    """
    if not text.strip():
        raise ActionRefused("Say what was promised.")
    if due_at <= now:
        raise ActionRefused("A promise cannot be due in the past.")
    if subject not in PromiseSubject.values:
        raise ActionRefused("Choose what was promised.")
    work = begin(case_id, actor, now, expected_version, Move.PROMISE)
    case = work.case
    _close(work, PromiseState.WITHDRAWN, REPLACED)
    CustomerPromise.objects.create(
        case=case,
        subject=subject,
        text=text.strip()[:300],
        due_at=due_at,
        known_estimate_at=Shipment.objects.values_list("estimate_at", flat=True).get(pk=case.shipment_id),
        made_at=now,
        made_by=actor,
    )
    case.promise_due_at = due_at
    case.next_action, case.next_action_due_at = f"Keep the promise: {text.strip()}"[:300], due_at
    case.next_action_by_person = True
    look_again(case.shipment_id, due_at)
    return work.finish(ActivityKind.PROMISED, note=text.strip())


@whole
def end_promise(
    *, case_id: int, actor: User, now: datetime, state: str, note: str = "", expected_version: int | None = None
) -> ExceptionCase:
    """Say how the open promise ended: `kept`, `broken` or `withdrawn`. Raises ActionRefused, CaseConflict,
    ExceptionCase.DoesNotExist."""
    if state not in ACTIVITIES:
        raise ActionRefused("Say whether it was kept, broken or withdrawn.")
    work = begin(case_id, actor, now, expected_version, Move.END_PROMISE)
    promise = _close(work, PromiseState(state), note)
    if promise is None:
        raise ActionRefused("No promise is open in this case.")
    case = work.case
    if state == PromiseState.BROKEN:
        case.severity_steps += 1
        raise_severity(case, 1)
    todo = Policies().todo(case.kind, case.severity)
    case.next_action, case.next_action_by_person = todo.next_action[:300], state == PromiseState.BROKEN
    if state == PromiseState.BROKEN:
        case.next_action = f"{AFTER_BREAKING}{promise.text}"[:300]
    case.next_action_due_at = Desk().due(case.team_id, now, todo.due_hours)
    look_again(case.shipment_id, now)
    return work.finish(ACTIVITIES[PromiseState(state)], note=note.strip())


def end_with_case(work: Work) -> None:
    """A case that a person ends ends its promise: kept when it arrived in time, else withdrawn."""
    case, due_at = work.case, work.case.promise_due_at
    if due_at is None:
        return
    parcel = Shipment.objects.only("delivered_at").get(pk=case.shipment_id)
    arrived = case.outcome in (Outcome.ARRIVED, Outcome.PICKED_UP) and parcel.delivered_at
    is_kept = arrived and arrived <= due_at
    label = Outcome(case.outcome).label
    _close(work, PromiseState.KEPT if is_kept else PromiseState.WITHDRAWN, f"The case was resolved: {label}.")


def open_again(case: ExceptionCase, ended_at: datetime | None) -> None:
    """Open the promise again that ended together with its case."""
    rows = CustomerPromise.objects.filter(case=case, ended_at=ended_at).exclude(ended_because=REPLACED)
    rows.update(state=PromiseState.OPEN, ended_at=None, ended_by=None, ended_because="")


def _close(work: Work, state: PromiseState, why: str) -> CustomerPromise | None:
    promise = CustomerPromise.objects.filter(case=work.case, state=PromiseState.OPEN).first()
    if promise is None:
        return None
    promise.state, promise.ended_at, promise.ended_by = state, work.now, work.actor
    promise.ended_because = why.strip()[:300]
    promise.save()
    work.case.promise_due_at = None
    return promise
