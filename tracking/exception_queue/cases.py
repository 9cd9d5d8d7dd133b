"""Cases as the engine moves them: opened, enriched, reopened, resolved. What people do is elsewhere."""

from dataclasses import replace
from datetime import datetime, timedelta

from tracking.exception_queue.claims import Claims
from tracking.exception_queue.clocks import Clocks, time_left
from tracking.exception_queue.describing import describe, raise_severity
from tracking.exception_queue.journal import Facts, Journal
from tracking.exception_queue.policies import Policies, Todo
from tracking.exception_queue.promises import AFTER_BREAKING, Promises, contradiction
from tracking.exception_queue.signals import Ledger, SignalChanges
from tracking.exception_queue.silences import Silences
from tracking.exception_queue.transitions import NOT_YET, Move, after
from tracking.exception_queue.waiting import stop_waiting
from tracking.models import CustomerPromise, ExceptionCase, Shipment, Signal
from tracking.vocabulary import ActivityKind, CaseState, Outcome, PromiseState, ShipmentStatus

REOPEN_WITHIN = timedelta(days=14)
QUIET_AFTER_PERSON = timedelta(hours=2)  # a case never ends by itself right after somebody worked on it


class CaseDesk:
    """The cases of a batch of parcels: read in one query, moved in memory, written together."""

    def __init__(self, shipments: dict[int, Shipment], policies: Policies, now: datetime, silences: Silences) -> None:
        self.now, self._silences = now, silences
        self.opened = self.reopened = self.resolved = 0
        self._policies, self._clocks, self._journal = policies, Clocks(now), Journal(now)
        self._claims = Claims()
        self._open: dict[int, ExceptionCase] = {}
        self._last: dict[int, ExceptionCase] = {}
        self._again: dict[int, datetime] = {}
        rows = ExceptionCase.objects.filter(shipment_id__any_of=shipments).order_by("id")
        for row in rows.select_for_update(no_key=True):
            if row.state != CaseState.RESOLVED:
                self._open[row.shipment_id] = row
            elif row.outcome != Outcome.DUPLICATE:
                self._last[row.shipment_id] = row
        self._promises = Promises(row.pk for row in self._open.values() if row.promise_due_at)

    def look_again_at(self, shipment_id: int) -> datetime | None:
        """When the clock alone may change the parcel's case."""
        return self._again.get(shipment_id)

    def open_ids(self) -> list[int]:
        """Ids of the parcels that have an open case now."""
        kept = (case for case in [*self._open.values(), *self._journal.cases()] if case.state != CaseState.RESOLVED)
        return sorted({case.shipment_id for case in kept})

    def settle(self, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        """Bring the parcel's case in line with its open signals."""
        case = self._open.get(shipment.pk)
        if case is None:
            if signals:
                self._begin(shipment, signals, changes)
        elif signals:
            self._enrich(case, shipment, signals, changes)
        else:
            self._end(case, shipment, changes)

    def write(self, ledger: Ledger) -> None:
        """Write cases, their signals, activities, news, and whose turn it was."""
        self._promises.save()
        self._journal.write(ledger)
        self._clocks.save()

    # -- opening -------------------------------------------------------------------------------------------------

    def _begin(self, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        last = self._last.get(shipment.pk)
        if last and last.resolved_at and self.now - last.resolved_at <= REOPEN_WITHIN:
            self._reopen(last, shipment, signals, changes)
            return
        case = ExceptionCase(shipment=shipment, opened_at=self.now, follows=last, state=after(NOT_YET, Move.OPEN))
        self._describe(case, shipment, signals)
        rule = self._clocks.route(case, shipment)
        self._clocks.plan(case, self._todo(case, changes))
        self.opened += 1
        opened: Facts = {"kind": case.kind, "severity": case.severity}
        self._journal.note(case, ActivityKind.OPENED, after=opened, note=case.evidence)
        self._note_route(case, f"Rule {rule.position}, version {rule.version}")
        self._journal.tell("case.opened", case)

    def _reopen(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        before: Facts = {"state": case.state, "outcome": case.outcome}
        case.state, case.outcome, case.outcome_note = after(case.state, Move.RECUR), "", ""
        case.not_exception_reason, case.severity_steps = "", 0
        case.resolved_at, case.resolved_by, case.first_responded_at = None, None, None
        case.incident = None
        case.reopened_at, case.reopened_count = self.now, case.reopened_count + 1
        self._describe(case, shipment, signals)
        if case.owner_id is None:
            self._clocks.route(case, shipment)
        self._clocks.plan(case, self._todo(case, changes))
        self.reopened += 1
        new: Facts = {"state": case.state, "kind": case.kind}
        self._journal.note(case, ActivityKind.REOPENED, before, new, case.evidence)
        self._journal.tell("case.reopened", case)

    def _note_route(self, case: ExceptionCase, note: str) -> None:
        self._journal.note(case, ActivityKind.ROUTED, after={"team": case.team_id, "owner": case.owner_id}, note=note)

    def _todo(self, case: ExceptionCase, changes: SignalChanges) -> Todo:
        return self._policies.todo(case.kind, case.severity, changes.phases.get(case.kind, ""))

    def _describe(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal]) -> None:
        describe(case, shipment, signals)
        self._silences.mark(case)
        case.claim_due_at = self._claims.due_at(shipment, (row.kind for row in signals))

    # -- enriching -----------------------------------------------------------------------------------------------

    def _enrich(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        before, old_kind, old_rank, old_severity = _columns(case), case.kind, case.severity_rank, case.severity
        case.state = after(case.state, Move.ENRICH)
        self._describe(case, shipment, signals)
        self._note_signals(case, changes)
        broken = self._weigh_promise(case, shipment, changes)
        self._replan(case, changes, old_kind, case.severity_rank > old_rank)
        if case.severity_rank > old_rank and not changes.fired:  # an open signal got graver: no other line says so
            now: Facts = {"severity": case.severity}
            self._journal.note(case, ActivityKind.SEVERITY_RAISED, {"severity": old_severity}, now, case.evidence)
        self._wake(case, shipment, changes, broken)
        if _columns(case) != before:
            self._journal.touch(case)
        if changes.fired or changes.cleared or case.kind != old_kind:
            self._journal.tell("case.changed", case)

    def _note_signals(self, case: ExceptionCase, changes: SignalChanges) -> None:
        for signal in changes.fired:
            self._journal.note(case, ActivityKind.SIGNAL_ADDED, after={"kind": signal.kind}, note=signal.evidence)
        for signal in changes.cleared:
            self._journal.note(case, ActivityKind.SIGNAL_CLEARED, after={"kind": signal.kind})

    def _replan(self, case: ExceptionCase, changes: SignalChanges, old_kind: str, is_graver: bool) -> None:
        """Another problem, or another phase of it, asks for another next action, unless a person has set one."""
        todo, before = self._todo(case, changes), case.next_action
        is_other = case.kind != old_kind or todo.next_action[:300] != before
        if is_other and not case.next_action_by_person:
            due = case.next_action_due_at
            self._clocks.plan_next(case, todo)
            # Nearer, never further away; but what nobody had to do until now is not overdue from the start.
            if case.kind != old_kind and is_graver and due > self.now:
                case.next_action_due_at = min(due, case.next_action_due_at)
            self._journal.note(
                case, ActivityKind.NEXT_ACTION, {"next_action": before}, {"next_action": case.next_action}
            )
        if is_graver:
            self._clocks.hurry(case, todo)
            self._journal.tell("case.severity_raised", case)

    def _weigh_promise(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> str:
        """Return what contradicts the promise to the customer, or "": it is broken then, and its owner has to know."""
        promise = self._promises.of(case.pk) if case.promise_due_at else None
        if promise is None:
            return ""
        news = [row.kind for row in (*changes.fired, *changes.told_anew)]
        why = contradiction(promise, shipment, news, self.now)
        if why:
            self._break(case, promise, why)
        else:
            self._look_again(shipment.pk, promise.due_at)
        return why

    def _break(self, case: ExceptionCase, promise: CustomerPromise, why: str) -> None:
        self._promises.break_(promise, why, self.now)
        old: Facts = {"severity": case.severity, "promise": PromiseState.OPEN}
        case.promise_due_at, case.severity_steps = None, case.severity_steps + 1
        raise_severity(case, 1)
        todo = self._policies.todo(case.kind, case.severity)
        self._clocks.plan_next(case, replace(todo, next_action=f"{why} {AFTER_BREAKING}{promise.text}"))
        case.next_action_by_person = True  # the usual next action of the kind does not push it aside
        new: Facts = {"severity": case.severity, "promise": PromiseState.BROKEN, "next_action": case.next_action}
        self._journal.note(case, ActivityKind.PROMISE_BROKEN, old, new, why)
        self._journal.tell("case.promise_broken", case)

    def _wake(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges, broken: str) -> None:
        if case.state != CaseState.WAITING:
            return
        began = case.last_person_action_at or case.opened_at
        scanned = case.waiting_for_scan and shipment.last_scan_at and shipment.last_scan_at > began
        is_due = case.waiting_until and case.waiting_until <= self.now
        reasons = (
            (broken, "The promise to the customer is broken."),
            (changes.fired, "A new signal came."),
            (changes.told_anew, "The carrier reported it anew."),
            (scanned, "The parcel was scanned."),
            (is_due, "The time is over."),
        )
        why = next((words for is_so, words in reasons if is_so), "")
        if why:
            case.state = after(case.state, Move.WAKE)
            stop_waiting(case, self._clocks.desk, self.now)
            case.time_left_at = time_left(case)
            self._journal.note(case, ActivityKind.WOKEN, {"state": CaseState.WAITING}, {"state": case.state}, why)
        elif case.waiting_until:
            self._look_again(shipment.pk, case.waiting_until)

    def _look_again(self, shipment_id: int, at: datetime) -> None:
        if at > self.now:
            self._again[shipment_id] = min(at, self._again.get(shipment_id, at))

    # -- ending --------------------------------------------------------------------------------------------------

    def _end(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> None:
        self._note_signals(case, changes)
        case.signal_count, case.shipment_status, case.claim_due_at = 0, shipment.status, None
        broken = self._weigh_promise(case, shipment, changes)
        self._wake(case, shipment, changes, broken)
        self._journal.touch(case)
        if self._is_held(case, broken):
            return
        before: Facts = {"state": case.state}
        arrived = shipment.status == ShipmentStatus.DELIVERED
        case.outcome = Outcome.ARRIVED if arrived else Outcome.CLEARED_ITSELF
        case.state, case.resolved_at, case.resolved_by = after(case.state, Move.END), self.now, None
        stop_waiting(case, self._clocks.desk, self.now)
        self.resolved += 1
        new: Facts = {"state": case.state, "outcome": case.outcome}
        self._journal.note(case, ActivityKind.RESOLVED, before, new)
        self._journal.tell("case.resolved", case)

    def _is_held(self, case: ExceptionCase, broken: str) -> bool:
        """True while a person is at work on it, or a promise to the customer is open or was broken just now."""
        touched_at = self.now if broken else case.last_person_action_at
        free_at = touched_at + QUIET_AFTER_PERSON if touched_at else self.now
        self._look_again(case.shipment_id, free_at)
        return free_at > self.now or case.promise_due_at is not None


def _columns(case: ExceptionCase) -> tuple[object, ...]:
    return tuple(case.__dict__[each.attname] for each in ExceptionCase._meta.concrete_fields)
