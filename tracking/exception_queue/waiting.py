"""What a case waits for, and its clock while it waits: worked out in memory."""

from datetime import datetime, timedelta

from tracking.exception_queue.policies import Todo
from tracking.models import ExceptionCase
from tracking.routing.operations import Desk
from tracking.vocabulary import WaitingParty

PAUSED_AT_MOST = timedelta(days=7)  # a customer who never answers is no reason to forget the parcel


def put_aside(
    case: ExceptionCase, todo: Todo, now: datetime, *, until: datetime | None, for_scan: bool, party: str, on: str
) -> None:
    """Make a case wait; if the policy of its kind says so, its clock stands still while it waits on the customer."""
    pauses = party == WaitingParty.CUSTOMER and todo.pauses
    if pauses and until is None:
        until = now + PAUSED_AT_MOST
    if pauses and case.clocks_paused_at is None:
        case.clocks_paused_at, case.paused_due_at = now, case.next_action_due_at
    case.waiting_until, case.waiting_for_scan = until, for_scan
    case.waiting_party, case.waiting_on = party, on.strip()[:120]
    if until:
        case.next_action_due_at = max(case.next_action_due_at, until)


def stop_waiting(case: ExceptionCase, desk: Desk, now: datetime) -> None:
    """Forget what a case waited for. A clock that stood still goes on: what was left of it, in working hours, is left
    from `now` on; what was overdue is due at once."""
    case.waiting_until, case.waiting_party, case.waiting_on, case.waiting_for_scan = None, "", "", False
    if case.clocks_paused_at and case.paused_due_at:
        left = desk.worked(case.team_id, case.clocks_paused_at, case.paused_due_at)
        case.next_action_due_at = desk.due(case.team_id, now, left)
    case.clocks_paused_at = case.paused_due_at = None
