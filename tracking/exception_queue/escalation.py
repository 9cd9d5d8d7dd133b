"""What happens by itself when nobody acts: the ladder after a clock ran out, and acknowledged cases that go quiet.

Actions on cases know nothing of this. The sweep notices that a clock ran out because `breach_at` is no longer the
`time_left_at` of the case, and that a person acted because `quiet_since` is no longer their last action; both questions
are answered by partial indexes that hold nothing else. So a case that moved on leaves its ladder by itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from tracking.exception_queue.describing import raise_severity
from tracking.exception_queue.moves import Facts, Moves, lock_open
from tracking.exception_queue.transitions import Move, after
from tracking.models import CaseActivity, EscalationPolicy, EscalationStep, ExceptionCase
from tracking.models.case import NO_LADDER_YET, OPEN, QUIET_UNKNOWN
from tracking.routing.operations import Desk
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState, EscalationAction, Severity

BATCH = 200


@dataclass(slots=True)
class Climbed:
    """What a look at the cases' clocks led to."""

    escalated: int = 0
    woken: int = 0


class Ladders:
    """The policies, read once per batch: steps in order of their hours, and the hours after which a case is quiet."""

    def __init__(self) -> None:
        self._steps: dict[str, list[EscalationStep]] = defaultdict(list)
        for step in EscalationStep.objects.select_related("policy").order_by("after_hours", "id"):
            self._steps[step.policy.severity].append(step)
        self._quiet = dict(EscalationPolicy.objects.values_list("severity", "quiet_hours"))

    def steps(self, severity: str) -> Sequence[EscalationStep]:
        """The ladder of a severity; may be empty."""
        return self._steps[severity]

    def quiet_hours(self, severity: str) -> float | None:
        """Working hours after which an acknowledged case is new again; None: never."""
        return self._quiet.get(severity)


def look_at_clocks(*, clock: Callable[[], datetime], until: datetime | None = None) -> Climbed:
    """Begin and climb ladders, and bring quiet cases back, for all cases that are due at the clock's moments.

    One transaction a batch; begins no new batch after `until` (aware UTC).
    """
    total = Climbed()
    for step in (begin_ladders, climb, note_last_actions, bring_back):
        while until is None or clock() <= until:
            looked_at, done = step(now=clock())
            total.escalated += done if step is climb else 0
            total.woken += done if step is bring_back else 0
            if looked_at < BATCH and not (step is climb and done):
                break
    return total


@whole
def begin_ladders(*, now: datetime) -> tuple[int, int]:
    """Note on cases whose clock ran out when their first step is due; return how many were looked at and begun."""
    late = ExceptionCase.objects.filter(NO_LADDER_YET, time_left_at__lte=now).order_by("time_left_at")
    ids = list(late.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0, 0
    desk, ladders, moves = Desk(), Ladders(), Moves(now)
    for case in lock_open(ids):
        if case.time_left_at > now or case.breach_at == case.time_left_at:  # somebody else was quicker
            continue
        case.breach_at, case.escalation_step, case.escalation_severity = case.time_left_at, 0, case.severity
        steps = ladders.steps(case.severity)
        case.escalation_due_at = desk.due(case.team_id, case.breach_at, steps[0].after_hours) if steps else None
        moves.touch(case)
    moves.write()
    return len(ids), len(ids)


@whole
def climb(*, now: datetime) -> tuple[int, int]:
    """Take the step that is due on each case; return how many were looked at and how many steps were taken."""
    due = ExceptionCase.objects.filter(OPEN, escalation_due_at__lte=now).order_by("escalation_due_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0, 0
    desk, ladders, moves, taken = Desk(), Ladders(), Moves(now), 0
    for case in lock_open(ids):
        if case.escalation_due_at is None or case.escalation_due_at > now:
            continue
        steps = ladders.steps(case.escalation_severity)
        if case.breach_at == case.time_left_at and case.escalation_step < len(steps):
            _take(case, steps[case.escalation_step], desk, moves)
            taken += 1
            _plan_next(case, steps, desk, now)
        else:  # somebody acted, or the ladder got shorter
            case.escalation_due_at = None
        moves.touch(case)
    moves.write()
    desk.save()
    return len(ids), taken


def _plan_next(case: ExceptionCase, steps: Sequence[EscalationStep], desk: Desk, now: datetime) -> None:
    """The next step counts from the breach; after a stop of the machine it comes no sooner than its gap from now."""
    taken = steps[case.escalation_step]
    case.escalation_step += 1
    if case.escalation_step >= len(steps) or case.breach_at is None:
        case.escalation_due_at = None
        return
    hours = steps[case.escalation_step].after_hours
    due = desk.due(case.team_id, case.breach_at, hours)
    case.escalation_due_at = due if due > now else desk.due(case.team_id, now, hours - taken.after_hours)


def _take(case: ExceptionCase, step: EscalationStep, desk: Desk, moves: Moves) -> None:
    number = case.escalation_step + 1
    before: Facts = {"severity": case.severity, "owner_id": case.owner_id, "team_id": case.team_id}
    note, told = ACTIONS[step.action](case, step, desk, moves.now)
    now: Facts = {"severity": case.severity, "owner_id": case.owner_id, "team_id": case.team_id}
    changed = [name for name in before if before[name] != now[name]]
    moves.note(
        case,
        ActivityKind.ESCALATED,
        {name: before[name] for name in changed},
        {"step": number, "action": step.action, **{name: now[name] for name in changed}},
        f"Step {number}: {note}",
    )
    target: Facts = {"users": told} if told else {"team": case.team_id}
    moves.tell(case, "case.escalated", step=number, action=step.action, target=target, note=note)


# -- the actions: each changes the case in memory and returns what it did and which users are told --------------------


def _notify_owner(case: ExceptionCase, step: EscalationStep, desk: Desk, now: datetime) -> tuple[str, list[int]]:
    if case.owner_id:
        return "the owner is told.", [case.owner_id]
    leads = desk.leads(case.team_id, now)
    return ("nobody owns it: the lead is told." if leads else "nobody owns it: the team is told."), leads


def _notify_lead(case: ExceptionCase, step: EscalationStep, desk: Desk, now: datetime) -> tuple[str, list[int]]:
    leads = desk.leads(case.team_id, now)
    return ("the lead is told." if leads else "the team has no lead: the team is told."), leads


def _raise_severity(case: ExceptionCase, step: EscalationStep, desk: Desk, now: datetime) -> tuple[str, list[int]]:
    if case.severity == Severity.CRITICAL:
        words, leads = _notify_lead(case, step, desk, now)
        return f"it is critical already; {words}", leads
    case.severity_steps += 1
    raise_severity(case, 1)
    told = [case.owner_id] if case.owner_id else desk.leads(case.team_id, now)
    return f"more severe now, {Severity(case.severity).label.lower()}.", told


def _reassign(case: ExceptionCase, step: EscalationStep, desk: Desk, now: datetime) -> tuple[str, list[int]]:
    """Somebody else gets the case, but nobody loses a case that a person gave them: then the lead is told."""
    if case.owner_set_by_person:
        words, leads = _notify_lead(case, step, desk, now)
        return f"a person assigned it, so it stays; {words}", leads
    team_id = step.team_id or case.team_id
    owner = desk.anybody_of(team_id, now, but_not={case.owner_id} if case.owner_id else ())
    if owner is None and team_id == case.team_id:
        words, leads = _notify_lead(case, step, desk, now)
        return f"nobody else is on shift; {words}", leads
    case.team_id, case.owner_id = team_id, owner
    return ("given to somebody else." if owner else "given to another team."), [owner] if owner else []


ACTIONS: dict[str, Callable[[ExceptionCase, EscalationStep, Desk, datetime], tuple[str, list[int]]]] = {
    EscalationAction.NOTIFY_OWNER: _notify_owner,
    EscalationAction.NOTIFY_LEAD: _notify_lead,
    EscalationAction.RAISE_SEVERITY: _raise_severity,
    EscalationAction.REASSIGN: _reassign,
}


# -- quiet cases -------------------------------------------------------------------------------------------------------


@whole
def note_last_actions(*, now: datetime) -> tuple[int, int]:
    """Work out, for acknowledged cases on which a person acted, when they will count as quiet.

    Time that a case waited does not count: it begins when the case came back.
    """
    rows = ExceptionCase.objects.filter(QUIET_UNKNOWN, last_person_action_at__lte=now).order_by("last_person_action_at")
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0, 0
    desk, ladders, moves, cases = Desk(), Ladders(), Moves(now), lock_open(ids)
    woken = _woken_at(ids)
    for case in cases:
        hours, acted_at = ladders.quiet_hours(case.severity), case.last_person_action_at
        if case.state != CaseState.ACKNOWLEDGED or case.quiet_since == acted_at:  # somebody else was quicker
            continue
        case.quiet_since = acted_at
        begins = acted_at and max(acted_at, woken.get(case.pk, acted_at))
        case.quiet_due_at = desk.due(case.team_id, begins, hours) if hours and begins else None
        moves.touch(case)
    moves.write()
    return len(ids), len(ids)


def _woken_at(case_ids: Iterable[int]) -> dict[int, datetime]:
    """When cases last came back from waiting by themselves, of those that did."""
    rows = CaseActivity.objects.filter(case_id__in=case_ids, kind=ActivityKind.WOKEN, before__state=CaseState.WAITING)
    return dict(rows.order_by().values("case_id").annotate(latest=Max("at")).values_list("case_id", "latest"))


@whole
def bring_back(*, now: datetime) -> tuple[int, int]:
    """Make acknowledged cases new again that nobody touched; return how many were looked at and came back."""
    rows = ExceptionCase.objects.filter(state=CaseState.ACKNOWLEDGED, quiet_due_at__lte=now).order_by("quiet_due_at")
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0, 0
    ladders, moves, woken = Ladders(), Moves(now), 0
    for case in lock_open(ids):
        later = _planned(case, now)
        if case.state != CaseState.ACKNOWLEDGED or case.quiet_since != case.last_person_action_at:
            case.quiet_due_at = None
            moves.touch(case)
        elif later:
            case.quiet_due_at = later
            moves.touch(case)
        else:
            _bring_back(case, ladders.quiet_hours(case.severity), moves)
            woken += 1
    moves.write()
    return len(ids), woken


def _planned(case: ExceptionCase, now: datetime) -> datetime | None:
    """What a person planned for later is no neglect: when it is due, if that lies ahead."""
    planned = [case.next_action_due_at if case.next_action_by_person else None, case.promise_due_at]
    return max((moment for moment in planned if moment and moment > now), default=None)


def _bring_back(case: ExceptionCase, hours: float | None, moves: Moves) -> None:
    case.state, case.quiet_due_at = after(case.state, Move.QUIET), None
    words = f"Nobody has touched it for {hours:g} working hours." if hours else "Nobody has touched it for long."
    moves.note(case, ActivityKind.WOKEN, {"state": CaseState.ACKNOWLEDGED}, {"state": case.state}, words)
    moves.tell(case, "case.went_quiet", quiet_since=case.quiet_since.isoformat() if case.quiet_since else None)
