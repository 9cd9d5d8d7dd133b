"""Cases as the engine moves them: opened, enriched, reopened, resolved. What people do is elsewhere."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracking.detectors.presets import LEAD
from tracking.exception_queue.clocks import Clocks, stop_waiting, wake
from tracking.exception_queue.journal import Facts, Journal
from tracking.exception_queue.policies import Policies, Todo
from tracking.exception_queue.signals import Ledger, SignalChanges
from tracking.exception_queue.silences import Silences
from tracking.models import ExceptionCase, Shipment, Signal
from tracking.vocabulary import SEVERITY_RANK, ActivityKind, CaseState, Outcome, ShipmentStatus

REOPEN_WITHIN = timedelta(days=14)
QUIET_AFTER_PERSON = timedelta(hours=2)  # a case never ends by itself right after somebody worked on it


class CaseDesk:
    """The cases of a batch of parcels: read in one query, moved in memory, written together."""

    def __init__(self, shipments: dict[int, Shipment], policies: Policies, now: datetime, silences: Silences) -> None:
        self.now, self._silences = now, silences
        self.opened = self.reopened = self.resolved = 0
        self._policies, self._clocks, self._journal = policies, Clocks(now), Journal(now)
        self._open: dict[int, ExceptionCase] = {}
        self._last: dict[int, ExceptionCase] = {}
        self._again: dict[int, datetime] = {}
        rows = ExceptionCase.objects.filter(shipment_id__in=list(shipments)).order_by("id")
        for row in rows.select_for_update(no_key=True):
            if row.state != CaseState.RESOLVED:
                self._open[row.shipment_id] = row
            elif row.outcome != Outcome.DUPLICATE:
                self._last[row.shipment_id] = row

    def look_again_at(self, shipment_id: int) -> datetime | None:
        """When the clock alone may change the parcel's case."""
        return self._again.get(shipment_id)

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
        self._journal.write(ledger)
        self._clocks.save()

    # -- opening -------------------------------------------------------------------------------------------------

    def _begin(self, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        last = self._last.get(shipment.pk)
        if last and last.resolved_at and self.now - last.resolved_at <= REOPEN_WITHIN:
            self._reopen(last, shipment, signals, changes)
            return
        case = ExceptionCase(shipment=shipment, opened_at=self.now, follows=last)
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
        case.state, case.outcome, case.outcome_note = CaseState.NEW, "", ""
        case.resolved_at, case.resolved_by, case.first_responded_at = None, None, None
        case.incident = None
        case.reopened_at, case.reopened_count = self.now, case.reopened_count + 1
        self._describe(case, shipment, signals)
        if case.owner_id is None:
            self._clocks.route(case, shipment)
        self._clocks.plan(case, self._todo(case, changes))
        self.reopened += 1
        after: Facts = {"state": case.state, "kind": case.kind}
        self._journal.note(case, ActivityKind.REOPENED, before, after, case.evidence)
        self._journal.tell("case.reopened", case)

    def _describe(self, case: ExceptionCase, shipment: Shipment, signals: Iterable[Signal]) -> None:
        _describe(case, shipment, signals)
        self._silences.mark(case)

    def _note_route(self, case: ExceptionCase, note: str) -> None:
        self._journal.note(case, ActivityKind.ROUTED, after={"team": case.team_id, "owner": case.owner_id}, note=note)

    def _todo(self, case: ExceptionCase, changes: SignalChanges) -> Todo:
        return self._policies.todo(case.kind, case.severity, changes.phases.get(case.kind, ""))

    # -- enriching -----------------------------------------------------------------------------------------------

    def _enrich(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        before, old_kind, old_rank, old_severity = _columns(case), case.kind, case.severity_rank, case.severity
        self._describe(case, shipment, signals)
        self._note_signals(case, changes)
        self._replan(case, changes, old_kind, case.severity_rank > old_rank)
        if case.severity_rank > old_rank and not changes.fired:  # an open signal got graver: no other line says so
            now: Facts = {"severity": case.severity}
            self._journal.note(case, ActivityKind.SEVERITY_RAISED, {"severity": old_severity}, now, case.evidence)
        self._wake(case, shipment, changes)
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
            if case.kind != old_kind and is_graver:
                case.next_action_due_at = min(due, case.next_action_due_at)
            self._journal.note(
                case, ActivityKind.NEXT_ACTION, {"next_action": before}, {"next_action": case.next_action}
            )
        if is_graver:
            self._clocks.hurry(case, todo)
            self._journal.tell("case.severity_raised", case)

    def _wake(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> None:
        if case.state != CaseState.WAITING:
            return
        began = case.last_person_action_at or case.opened_at
        scanned = case.waiting_for_scan and shipment.last_scan_at and shipment.last_scan_at > began
        is_due = case.waiting_until and case.waiting_until <= self.now
        reasons = (
            (changes.fired, "A new signal came."),
            (changes.told_anew, "The carrier reported it anew."),
            (scanned, "The parcel was scanned."),
            (is_due, "The time is over."),
        )
        why = next((words for is_so, words in reasons if is_so), "")
        if why:
            wake(case)
            self._journal.note(case, ActivityKind.WOKEN, {"state": CaseState.WAITING}, {"state": case.state}, why)
        elif case.waiting_until:
            self._again[shipment.pk] = case.waiting_until

    # -- ending --------------------------------------------------------------------------------------------------

    def _end(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> None:
        self._note_signals(case, changes)
        case.signal_count, case.shipment_status = 0, shipment.status
        self._journal.touch(case)
        free_at = case.last_person_action_at and case.last_person_action_at + QUIET_AFTER_PERSON
        if free_at and free_at > self.now:
            self._again[shipment.pk] = free_at
            return
        before: Facts = {"state": case.state}
        arrived = shipment.status == ShipmentStatus.DELIVERED
        case.outcome = Outcome.ARRIVED if arrived else Outcome.CLEARED_ITSELF
        case.state, case.resolved_at, case.resolved_by = CaseState.RESOLVED, self.now, None
        stop_waiting(case)
        self.resolved += 1
        after: Facts = {"state": case.state, "outcome": case.outcome}
        self._journal.note(case, ActivityKind.RESOLVED, before, after)
        self._journal.tell("case.resolved", case)


def _describe(case: ExceptionCase, shipment: Shipment, signals: Iterable[Signal]) -> None:
    """Copy the most severe signal and the parcel's columns to the case (in memory)."""
    rows = sorted(signals, key=lambda row: (-SEVERITY_RANK[row.severity], LEAD.get(row.kind, len(LEAD)), row.fired_at))
    worst = rows[0]
    case.kind, case.cause, case.evidence, case.since = worst.kind, worst.cause, worst.evidence, worst.since
    case.severity, case.severity_rank = worst.severity, SEVERITY_RANK[worst.severity]
    case.signal_count = len(rows)
    case.order_id, case.store_id = shipment.order_id, shipment.store_id
    case.carrier_id, case.warehouse_id = shipment.carrier_id, shipment.warehouse_id
    case.shipment_status, case.care_level = shipment.status, shipment.care_level


def _columns(case: ExceptionCase) -> tuple[object, ...]:
    return tuple(case.__dict__[each.attname] for each in ExceptionCase._meta.concrete_fields)
