"""What an action does to a case that is locked: in memory, with its signals; saved by `Work.finish`."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.promising import end_with_case
from tracking.exception_queue.settled import settle_open
from tracking.exception_queue.waiting import put_aside, stop_waiting
from tracking.exception_queue.work import Work, look_again
from tracking.routing.operations import Desk
from tracking.vocabulary import MONEY_OUTCOMES, NotExceptionReason, Outcome, WaitingParty

CLAIM_OUTCOMES = frozenset({Outcome.CLAIM_PAID, Outcome.CLAIM_DENIED})


def go_on(work: Work) -> None:
    """End the waiting, because somebody is at work on the case."""
    stop_waiting(work.case, Desk(), work.now)


def wait(work: Work, *, until: datetime | None, for_scan: bool, party: str, on: str) -> None:
    """Put the case aside. Raises ActionRefused."""
    if until is None and not for_scan and party != WaitingParty.CUSTOMER:
        raise ActionRefused("Say until when to wait, or wait for the next scan.")
    case = work.case
    todo = Policies().todo(case.kind, case.severity)
    if until is None and not for_scan and not todo.pauses:
        raise ActionRefused("Say until when to wait, or wait for the next scan.")
    put_aside(case, todo, work.now, until=until, for_scan=for_scan, party=party, on=on)
    if case.waiting_until:
        look_again(case.shipment_id, case.waiting_until)


def plan(work: Work, text: str, due_at: datetime) -> None:
    """Set the next action; a clock that stood still is replaced by it."""
    case = work.case
    case.next_action, case.next_action_due_at, case.next_action_by_person = text.strip()[:300], due_at, True
    case.clocks_paused_at = case.paused_due_at = None


def check_outcome(actor: User, outcome: str, reason: str, note: str) -> None:
    """Raise ActionRefused for an outcome that the actor may not choose or that lacks its reason."""
    if outcome not in Outcome.values:
        raise ActionRefused("Choose how it ended.")
    if outcome in MONEY_OUTCOMES and not actor.has_perm("tracking.approve_money"):
        raise ActionRefused(f"{Outcome(outcome).label}: somebody who may approve money has to resolve this case.")
    if reason and reason not in NotExceptionReason.values:
        raise ActionRefused("Choose why it is not an exception.")
    is_said = reason not in ("", NotExceptionReason.OTHER) or note.strip()
    if outcome == Outcome.NOT_AN_EXCEPTION and not is_said:
        raise ActionRefused("Say why it is not an exception.")


def note_cost(work: Work, cost_minor: int, currency: str) -> None:
    """Note what it cost, in minor units; the currency is the order's where none is given. Raises ActionRefused."""
    case = work.case
    code = currency.strip().upper() or (case.order.currency if case.order else "")
    if cost_minor < 0:
        raise ActionRefused("A cost cannot be negative.")
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ActionRefused("Give the currency of the cost as three letters, such as EUR.")
    case.cost_minor, case.cost_currency = cost_minor, code


def end(work: Work, outcome: str, *, note: str, reason: str = "") -> None:
    """End the case and settle its open signals; a claim that was answered no longer counts down."""
    case = work.case
    case.outcome, case.outcome_note = outcome, note.strip()[:500]
    is_none = outcome == Outcome.NOT_AN_EXCEPTION
    case.not_exception_reason = (reason or NotExceptionReason.OTHER) if is_none else ""
    case.resolved_at, case.resolved_by_id = work.now, work.actor.pk
    if outcome in CLAIM_OUTCOMES:
        case.claim_due_at = None
    stop_waiting(case, Desk(), work.now)
    end_with_case(work)
    settle_open(case, work.now)
