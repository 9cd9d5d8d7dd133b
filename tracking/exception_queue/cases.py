"""Cases as the engine moves them: opened, enriched, reopened, resolved alone. People's actions are elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.domain_events import News, publish
from tracking.exception_queue.policies import Policies, Todo
from tracking.exception_queue.signals import Ledger, SignalChanges
from tracking.models import CaseActivity, ExceptionCase, Shipment, Signal
from tracking.routing.matching import CaseFacts, Rule
from tracking.routing.operations import Desk
from tracking.vocabulary import SEVERITY_RANK, ActivityKind, CaseState, Outcome, ShipmentStatus

REOPEN_WITHIN = timedelta(days=14)
QUIET_AFTER_PERSON = timedelta(hours=2)  # a case never ends by itself right after somebody worked on it
KEPT = {"id", "opened_at"}
COLUMNS = [each.name for each in ExceptionCase._meta.concrete_fields if each.name not in KEPT]


@dataclass(slots=True)
class Entry:
    """One activity row to be written once its case has an id."""

    case: ExceptionCase
    kind: str
    before: dict[str, object]
    after: dict[str, object]
    note: str = ""


class CaseDesk:
    """The cases of a batch of parcels: read in one query, moved in memory, written together."""

    def __init__(self, shipments: dict[int, Shipment], policies: Policies, now: datetime) -> None:
        self.now = now
        self.opened = self.reopened = self.resolved = 0
        self._policies = policies
        self._desk: Desk | None = None
        self._open: dict[int, ExceptionCase] = {}
        self._last: dict[int, ExceptionCase] = {}
        self._touched: dict[int, ExceptionCase] = {}  # by shipment id
        self._entries: list[Entry] = []
        self._news: list[tuple[str, ExceptionCase, dict[str, object]]] = []
        self._again: dict[int, datetime] = {}
        rows = ExceptionCase.objects.filter(shipment_id__in=list(shipments)).order_by("id")
        for row in rows.select_for_update(no_key=True):
            shelf = self._last if row.state == CaseState.RESOLVED else self._open
            shelf[row.shipment_id] = row

    def look_again_at(self, shipment_id: int) -> datetime | None:
        """When the clock alone may change the parcel's case."""
        return self._again.get(shipment_id)

    def settle(self, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        """Bring the parcel's case in line with its open signals."""
        case = self._open.get(shipment.pk)
        if signals and case is None:
            self._begin(shipment, signals, changes)
        elif case is not None and signals:
            self._enrich(case, shipment, signals, changes)
        elif case is not None:
            self._end(case, shipment, changes)

    # -- opening -------------------------------------------------------------------------------------------------

    def _begin(self, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        last = self._last.get(shipment.pk)
        if last and last.resolved_at and self.now - last.resolved_at <= REOPEN_WITHIN:
            self._reopen(last, shipment, signals, changes)
            return
        case = ExceptionCase(shipment=shipment, opened_at=self.now, follows=last)
        self._describe(case, shipment, signals)
        rule = self._route(case, shipment)
        self._plan(case, self._todo(case, changes), self.now)
        self.opened += 1
        self._touch(case)
        self._note(case, ActivityKind.OPENED, after={"kind": case.kind, "severity": case.severity}, note=case.evidence)
        self._note(
            case, ActivityKind.ROUTED, after=_routing(case), note=f"Rule {rule.position}, version {rule.version}"
        )
        self._tell("case.opened", case)

    def _reopen(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        before: dict[str, object] = {"state": case.state, "outcome": case.outcome}
        case.state, case.outcome, case.outcome_note = CaseState.NEW, "", ""
        case.resolved_at, case.resolved_by = None, None
        case.reopened_at, case.reopened_count = self.now, case.reopened_count + 1
        case.first_responded_at = None
        self._describe(case, shipment, signals)
        if case.owner_id is None:
            self._route(case, shipment)
        self._plan(case, self._todo(case, changes), self.now)
        self.reopened += 1
        self._touch(case)
        self._note(case, ActivityKind.REOPENED, before, {"state": case.state, "kind": case.kind}, case.evidence)
        self._tell("case.reopened", case)

    def _route(self, case: ExceptionCase, shipment: Shipment) -> Rule:
        self._desk = self._desk or Desk()
        facts = CaseFacts(
            case.kind, case.severity, shipment.carrier_id, shipment.warehouse_id, shipment.ship_to_country
        )
        rule = self._desk.rule_for(facts)
        case.team_id, case.routed_by_version = rule.team_id, rule.version
        case.routed_by_id = rule.id or None
        case.owner_id = self._desk.owner_for(rule, self.now)
        return rule

    def _plan(self, case: ExceptionCase, todo: Todo, start: datetime) -> None:
        self._desk = self._desk or Desk()
        case.next_action, case.next_action_by_person = todo.next_action[:300], False
        case.next_action_due_at = self._desk.due(case.team_id, start, todo.due_hours)
        case.first_response_due_at = self._desk.due(case.team_id, start, todo.first_response_hours)
        case.time_left_at = time_left(case)

    def _todo(self, case: ExceptionCase, changes: SignalChanges) -> Todo:
        return self._policies.todo(case.kind, case.severity, changes.phases.get(case.kind, ""))

    # -- enriching -----------------------------------------------------------------------------------------------

    def _enrich(self, case: ExceptionCase, shipment: Shipment, signals: list[Signal], changes: SignalChanges) -> None:
        before = _columns(case)
        old_kind, old_severity = case.kind, case.severity
        old_phase_action = case.next_action
        self._describe(case, shipment, signals)
        for signal in changes.fired:
            self._note(case, ActivityKind.SIGNAL_ADDED, after={"kind": signal.kind}, note=signal.evidence)
        for signal in changes.cleared:
            self._note(case, ActivityKind.SIGNAL_CLEARED, after={"kind": signal.kind})
        todo = self._todo(case, changes)
        is_other = case.kind != old_kind or (
            not case.next_action_by_person and todo.next_action[:300] != old_phase_action
        )
        if is_other and not case.next_action_by_person:
            self._plan_next(case, todo)
        if SEVERITY_RANK[case.severity] > SEVERITY_RANK[old_severity]:
            self._hurry(case, todo)
            self._tell("case.severity_raised", case)
        self._wake(case, shipment, changes)
        if _columns(case) != before:
            self._touch(case)
            if changes.fired or changes.cleared or case.kind != old_kind:
                self._tell("case.changed", case)

    def _plan_next(self, case: ExceptionCase, todo: Todo) -> None:
        self._desk = self._desk or Desk()
        before: dict[str, object] = {"next_action": case.next_action}
        case.next_action = todo.next_action[:300]
        case.next_action_due_at = self._desk.due(case.team_id, self.now, todo.due_hours)
        case.time_left_at = time_left(case)
        self._note(case, ActivityKind.NEXT_ACTION, before, {"next_action": case.next_action})

    def _hurry(self, case: ExceptionCase, todo: Todo) -> None:
        """A graver problem may move the clocks nearer, never further away."""
        self._desk = self._desk or Desk()
        due = self._desk.due(case.team_id, self.now, todo.due_hours)
        case.next_action_due_at = min(case.next_action_due_at, due)
        if case.first_responded_at is None:
            response = self._desk.due(case.team_id, self.now, todo.first_response_hours)
            case.first_response_due_at = min(case.first_response_due_at, response)
        case.time_left_at = time_left(case)

    def _wake(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> None:
        if case.state != CaseState.WAITING:
            return
        began = case.last_person_action_at or case.opened_at
        scanned = case.waiting_for_scan and shipment.last_scan_at and shipment.last_scan_at > began
        is_due = case.waiting_until and case.waiting_until <= self.now
        if changes.fired or changes.told_anew or scanned or is_due:
            why = (
                "A new signal"
                if changes.fired
                else "News"
                if changes.told_anew
                else "A scan"
                if scanned
                else "The time"
            )
            wake(case)
            self._note(case, ActivityKind.WOKEN, {"state": CaseState.WAITING}, {"state": case.state}, f"{why} came.")
        elif case.waiting_until:
            self._again[shipment.pk] = case.waiting_until

    # -- ending --------------------------------------------------------------------------------------------------

    def _end(self, case: ExceptionCase, shipment: Shipment, changes: SignalChanges) -> None:
        for signal in changes.cleared:
            self._note(case, ActivityKind.SIGNAL_CLEARED, after={"kind": signal.kind})
        if changes.cleared:
            case.signal_count = 0
            self._touch(case)
        free_at = case.last_person_action_at and case.last_person_action_at + QUIET_AFTER_PERSON
        if free_at and free_at > self.now:
            self._again[shipment.pk] = free_at
            return
        before: dict[str, object] = {"state": case.state}
        arrived = shipment.status == ShipmentStatus.DELIVERED
        case.outcome = Outcome.ARRIVED if arrived else Outcome.CLEARED_ITSELF
        case.state, case.resolved_at, case.resolved_by = CaseState.RESOLVED, self.now, None
        case.shipment_status = shipment.status
        self.resolved += 1
        self._touch(case)
        self._note(case, ActivityKind.RESOLVED, before, {"state": case.state, "outcome": case.outcome})
        self._tell("case.resolved", case)

    # -- shared --------------------------------------------------------------------------------------------------

    def _describe(self, case: ExceptionCase, shipment: Shipment, signals: Iterable[Signal]) -> None:
        rows = sorted(signals, key=lambda row: (-SEVERITY_RANK[row.severity], row.fired_at, row.kind))
        worst = rows[0]
        case.kind, case.cause, case.evidence, case.since = worst.kind, worst.cause, worst.evidence, worst.since
        case.severity, case.severity_rank = worst.severity, SEVERITY_RANK[worst.severity]
        case.signal_count = len(rows)
        case.order_id, case.store_id = shipment.order_id, shipment.store_id
        case.carrier_id, case.warehouse_id = shipment.carrier_id, shipment.warehouse_id
        case.shipment_status, case.care_level = shipment.status, shipment.care_level

    def _touch(self, case: ExceptionCase) -> None:
        if case.shipment_id not in self._touched and case.pk:
            case.version += 1
        self._touched[case.shipment_id] = case

    def _note(
        self,
        case: ExceptionCase,
        kind: str,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
        note: str = "",
    ) -> None:
        self._entries.append(Entry(case, kind, before or {}, after or {}, note))

    def _tell(self, kind: str, case: ExceptionCase) -> None:
        payload: dict[str, object] = {
            "kind": case.kind,
            "severity": case.severity,
            "state": case.state,
            "owner": case.owner_id,
            "team": case.team_id,
            "outcome": case.outcome,
        }
        self._news.append((kind, case, payload))

    def write(self, ledger: Ledger) -> None:
        """Write cases, their signals, activities and news, in that order."""
        rows = sorted(self._touched.values(), key=lambda row: row.shipment_id)
        known = sorted((row for row in rows if row.pk), key=lambda row: row.pk)
        ExceptionCase.objects.bulk_create([row for row in rows if row.pk is None])
        if known:
            ExceptionCase.objects.bulk_create(
                known, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS, batch_size=500
            )
        for row in rows:
            if row.state != CaseState.RESOLVED:
                ledger.adopt(row.shipment_id, row.pk)
        ledger.save()
        CaseActivity.objects.bulk_create(
            CaseActivity(
                case=each.case, kind=each.kind, at=self.now, before=each.before, after=each.after, note=each.note
            )
            for each in self._entries
        )
        publish(
            News(kind, self.now, shipment_id=case.shipment_id, order_id=case.order_id, case_id=case.pk, payload=payload)
            for kind, case, payload in self._news
        )
        if self._desk:
            self._desk.save()


def time_left(case: ExceptionCase) -> datetime:
    """The earlier of the two clocks; the first response counts until it was given."""
    if case.first_responded_at:
        return case.next_action_due_at
    return min(case.next_action_due_at, case.first_response_due_at)


def wake(case: ExceptionCase) -> None:
    """End a case's waiting (in memory): it is acknowledged again, or new when nobody ever answered it."""
    case.state = CaseState.ACKNOWLEDGED if case.first_responded_at else CaseState.NEW
    case.waiting_until, case.waiting_on, case.waiting_for_scan = None, "", False


def _columns(case: ExceptionCase) -> tuple[object, ...]:
    return tuple(case.__dict__[each.attname] for each in ExceptionCase._meta.concrete_fields)


def _routing(case: ExceptionCase) -> dict[str, object]:
    return {"team": case.team_id, "owner": case.owner_id}
