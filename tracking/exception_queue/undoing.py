"""Undo: a compensating action that gives back what an activity changed. Nothing is erased from the story."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models

from tracking.exception_queue import promising
from tracking.exception_queue.bulk import BulkResult
from tracking.exception_queue.care import CARE, give_care
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.orders_in_review import mark_orders
from tracking.exception_queue.settled import open_again, settle_open
from tracking.exception_queue.work import TRACED, Work, begin, look_again, who_changed
from tracking.models import CaseActivity, ExceptionCase, Team
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState

UNDOABLE = frozenset(
    {
        ActivityKind.TAKEN,
        ActivityKind.ASSIGNED,
        ActivityKind.RELEASED,
        ActivityKind.ACKNOWLEDGED,
        ActivityKind.WAITING,
        ActivityKind.NEXT_ACTION,
        ActivityKind.RESOLVED,
        ActivityKind.REOPENED,
        ActivityKind.CARE_SET,
        ActivityKind.ROUTED,
        ActivityKind.MACRO,
    }
)


def undo(*, activity_ids: Iterable[int], actor: User, now: datetime) -> BulkResult:
    """Give back what these activities of the actor changed, each case in its own transaction.

    A case that was changed since is skipped with who changed it; so is an activity that cannot be undone.
    """
    result = BulkResult()
    by_case: dict[int, list[int]] = defaultdict(list)
    rows = CaseActivity.objects.filter(pk__in=list(activity_ids)).order_by("case_id", "-id")
    for case_id, activity_id in rows.values_list("case_id", "id"):
        by_case[case_id].append(activity_id)
    for case_id, ids in by_case.items():
        result.attempt(case_id, lambda key=case_id, given=ids: _undo_all(key, given, actor, now))  # type: ignore[misc]
    result.find_activities(actor, now)
    return result


@whole
def _undo_all(case_id: int, activity_ids: Iterable[int], actor: User, now: datetime) -> None:
    """Undo several activities of one case, the newest first."""
    version = None
    for activity in CaseActivity.objects.filter(pk__in=list(activity_ids)).order_by("-id"):
        work = begin(case_id, actor, now, None, None)
        _check(work, activity, version)
        _give_back(work, activity)
        version = activity.case_version - 1


def _check(work: Work, activity: CaseActivity, version: int | None) -> None:
    """Nothing may have happened since but what this undo has just taken back, down to `version`."""
    label = activity.get_kind_display()
    if activity.kind not in UNDOABLE or not activity.before:
        raise ActionRefused(f"{label}: this cannot be undone.")
    if activity.actor_id != work.actor.pk:
        raise ActionRefused(f"{label}: only who did it can undo it.")
    if activity.case_version != (work.case.version if version is None else version):
        raise ActionRefused(f"{who_changed(work.case)} changed this case since.")


def _give_back(work: Work, activity: CaseActivity) -> None:
    if "care_policy" in activity.before:
        give_care(work, {name: activity.before[name] for name in CARE})
    case = work.case
    was_resolved, resolved_at = case.state == CaseState.RESOLVED, case.resolved_at
    for name in [name for name in TRACED if name in activity.before]:
        setattr(case, name, _value(name, activity.before[name]))
    if was_resolved and case.state != CaseState.RESOLVED:
        _refuse_second_open(case)
        open_again(case, resolved_at)
        promising.open_again(case, resolved_at)
        look_again(case.shipment_id, work.now)
    elif not was_resolved and case.resolved_at:
        settle_open(case, case.resolved_at)
    elif case.waiting_until:
        look_again(case.shipment_id, max(case.waiting_until, work.now))
    after = {name: activity.before[name] for name in CARE if "care_policy" in activity.before}
    before = {name: activity.after[name] for name in after}
    work.finish(
        ActivityKind.UNDONE, note=activity.get_kind_display(), responds=False, undoes=activity, also=(before, after)
    )
    mark_orders(work.orders)


def _refuse_second_open(case: ExceptionCase) -> None:
    others = ExceptionCase.objects.filter(shipment_id=case.shipment_id).exclude(pk=case.pk)
    if others.exclude(state=CaseState.RESOLVED).exists():
        raise ActionRefused("The parcel has another open case.")


def _value(name: str, stored: Any) -> Any:
    """A traced value as the column takes it. Who is gone or no longer works here does not come back as the owner."""
    column = ExceptionCase._meta.get_field(name)
    if name == "owner_id" and not User.objects.filter(pk=stored, is_active=True).exists():
        return None
    if name == "team_id" and not Team.objects.filter(pk=stored).exists():
        raise ActionRefused("The team that had this case is gone.")
    return column.to_python(stored) if isinstance(column, models.Field) else stored
