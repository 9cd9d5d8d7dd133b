"""One case under somebody's hands: locked with its orders and its parcel, saved with an activity and its news."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from tracking.domain_events import News, publish
from tracking.exception_queue.clocks import time_left
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.transitions import Move, after, is_possible
from tracking.models import CaseActivity, ExceptionCase, Shipment
from tracking.shipments.store import lock_orders_of
from tracking.vocabulary import CaseState

TRACED = (
    "state", "team_id", "owner_id", "owner_set_by_person", "next_action", "next_action_due_at",
    "next_action_by_person", "first_response_due_at", "first_responded_at", "waiting_party", "waiting_on",
    "waiting_until", "waiting_for_scan", "clocks_paused_at", "paused_due_at", "promise_due_at", "claim_due_at",
    "care_level", "outcome", "outcome_note", "not_exception_reason", "cost_minor", "cost_currency", "resolved_at",
    "resolved_by_id", "reopened_at", "reopened_count", "routed_by_id", "routed_by_version",
)  # fmt: skip
Facts = Mapping[str, Any]


@dataclass(slots=True)
class Work:
    """One case under somebody's hands: locked, with what it was before."""

    case: ExceptionCase
    orders: list[int]
    before: dict[str, Any]
    actor: User
    now: datetime
    move: Move | None

    def finish(
        self,
        kind: str,
        *,
        note: str = "",
        responds: bool = True,
        undoes: CaseActivity | None = None,
        also: tuple[Facts, Facts] = ({}, {}),
    ) -> ExceptionCase:
        """Save the case with its activity and news. `also`: before and after of facts that the case has not itself."""
        case = self.case
        case.state = after(case.state, self.move) if self.move else case.state
        if responds and case.first_responded_at is None:
            case.first_responded_at = self.now
        case.last_person_action_at = self.now
        case.time_left_at = time_left(case)
        case.version += 1
        case.save()
        now = _traced(case)
        changed = [name for name in TRACED if now[name] != self.before[name]]
        CaseActivity.objects.create(
            case=case,
            kind=kind,
            actor=self.actor,
            at=self.now,
            before={**{name: self.before[name] for name in changed}, **also[0]},
            after={**{name: now[name] for name in changed}, **also[1]},
            note=note,
            case_version=case.version,
            undoes=undoes,
        )
        payload = {"actor": self.actor.pk, "state": case.state, "owner": case.owner_id, "outcome": case.outcome}
        publish([News(f"case.{kind}", self.now, case.shipment_id, case.order_id, case.pk, payload)])
        return case

    def reload(self) -> None:
        """Read the case anew after the engine has looked at its parcel."""
        self.case = ExceptionCase.objects.get(pk=self.case.pk)


def begin(case_id: int, actor: User, now: datetime, expected_version: int | None, move: Move | None) -> Work:
    """Lock orders, parcel and case, in that order, for a move of the table; None: an undo, which sets the state itself.

    Raises CaseConflict when the case changed since `expected_version` or is resolved, ActionRefused,
    ExceptionCase.DoesNotExist.
    """
    if not actor.has_perm("tracking.act_on_case"):
        raise ActionRefused("You may look at cases, but not act on them.")
    shipment_id = ExceptionCase.objects.values_list("shipment_id", flat=True).get(pk=case_id)
    orders = lock_orders_of([shipment_id])
    Shipment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=shipment_id).first()
    case = ExceptionCase.objects.select_for_update(no_key=True).get(pk=case_id)
    if expected_version is not None and case.version != expected_version:
        why = f"{who_changed(case)} changed this case while you had it open."
        raise CaseConflict(why, case, changes_since(case, expected_version))
    if move and not is_possible(case.state, move):
        if case.state != CaseState.RESOLVED:
            raise ActionRefused("This case is open.")
        why = f"This case is resolved already ({case.get_outcome_display()})."
        raise CaseConflict(why, case, changes_since(case, expected_version or case.version - 1))
    return Work(case, orders, _traced(case), actor, now, move)


def changes_since(case: ExceptionCase, version: int) -> list[CaseActivity]:
    """Return what was done to a case after a version, the newest first: who changed what."""
    found = case.activities.filter(case_version__gt=version).select_related("actor")
    return list(found.order_by("-case_version", "-id"))


def look_again(shipment_id: int, at: datetime) -> None:
    """Have the sweep look at a locked parcel at a moment (aware UTC), unless it does so earlier anyway."""
    later = Q(next_check_at=None) | Q(next_check_at__gt=at)
    Shipment.objects.filter(later, pk=shipment_id).update(next_check_at=at)


def who_changed(case: ExceptionCase) -> str:
    """Return who changed a case last: a user name, or "The system"."""
    last = case.activities.select_related("actor").order_by("-at", "-id").first()
    return str(last.actor.get_username()) if last and last.actor else "The system"


def _traced(case: ExceptionCase) -> dict[str, Any]:
    values = {name: getattr(case, name) for name in TRACED}
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
