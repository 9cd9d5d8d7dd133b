"""Who gets a case and by when: routing, next action and the two clocks, worked out in memory."""

from datetime import datetime

from tracking.exception_queue.policies import Todo
from tracking.models import ExceptionCase, Shipment
from tracking.routing.matching import CaseFacts, Rule
from tracking.routing.operations import Desk


def time_left(case: ExceptionCase) -> datetime:
    """Return the earlier of the two clocks; the first response counts until it was given."""
    if case.first_responded_at:
        return case.next_action_due_at
    return min(case.next_action_due_at, case.first_response_due_at)


def facts_for_rules(case: ExceptionCase, shipment: Shipment) -> CaseFacts:
    """Return what routing rules ask of a case; the order is loaded with the parcel."""
    order = shipment.order
    return CaseFacts(
        kind=case.kind,
        severity=case.severity,
        cause=case.cause,
        carrier_id=shipment.carrier_id,
        service_id=shipment.service_id,
        warehouse_id=shipment.warehouse_id,
        country=shipment.ship_to_country,
        total_minor=order.total_minor if order else None,
        currency=order.currency if order else "",
        care_level=shipment.care_level,
        tags=tuple(order.tags) if order else (),
    )


class Clocks:
    """Teams, rules and working hours of one batch, read when the first case needs them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """Rules, shifts and hours."""
        self._desk = self._desk or Desk()
        return self._desk

    def route(self, case: ExceptionCase, shipment: Shipment) -> Rule:
        """Set team and owner by the first rule that takes the case; return the rule."""
        rule = self.desk.rule_for(facts_for_rules(case, shipment))
        case.team_id, case.routed_by_version = rule.team_id, rule.version
        case.routed_by_id = rule.id or None
        case.owner_id = self.desk.owner_for(rule, self.now)
        return rule

    def plan(self, case: ExceptionCase, todo: Todo) -> None:
        """Start both clocks now."""
        case.first_response_due_at = self._due(case, todo.first_response_hours)
        self.plan_next(case, todo)

    def plan_next(self, case: ExceptionCase, todo: Todo) -> None:
        """Set the usual next action of the case and start its clock now."""
        case.next_action, case.next_action_by_person = todo.next_action[:300], False
        case.next_action_due_at = self._due(case, todo.due_hours)
        if case.clocks_paused_at:
            case.clocks_paused_at, case.paused_due_at = self.now, case.next_action_due_at
        case.time_left_at = time_left(case)

    def hurry(self, case: ExceptionCase, todo: Todo) -> None:
        """A graver problem may move the clocks nearer, never further away."""
        due = self._due(case, todo.due_hours)
        case.next_action_due_at = min(case.next_action_due_at, due)
        case.paused_due_at = case.paused_due_at and min(case.paused_due_at, due)
        if case.first_responded_at is None:
            case.first_response_due_at = min(case.first_response_due_at, self._due(case, todo.first_response_hours))
        case.time_left_at = time_left(case)

    def _due(self, case: ExceptionCase, hours: float) -> datetime:
        return self.desk.due(case.team_id, self.now, hours)

    def save(self) -> None:
        """Write whose turn it was."""
        if self._desk:
            self._desk.save()
