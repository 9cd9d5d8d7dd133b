"""High care by a person's word: set on the parcel, so that its windows tighten and its signals grow graver at once."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.refresh import refresh
from tracking.exception_queue.transitions import Move
from tracking.exception_queue.work import Work, begin
from tracking.models import ExceptionCase, Shipment, StatusChange
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CareLevel, CaseState

CARE = ("care_level", "care_policy", "care_reason", "care_set_by_id")


@whole
def set_care_level(
    *,
    case_id: int,
    actor: User,
    now: datetime,
    care_level: str,
    note: str = "",
    expected_version: int | None = None,
) -> ExceptionCase:
    """Set the care level of the case's parcel and look at it anew. It is never lowered while the case is open.

    Raises ActionRefused, CaseConflict, ExceptionCase.DoesNotExist.
    """
    if care_level not in CareLevel.values:
        raise ActionRefused("Choose a care level.")
    work = begin(case_id, actor, now, expected_version, Move.CARE)
    before = care_of(work.case.shipment_id)
    if before["care_level"] == care_level:
        raise ActionRefused(f"Care is {CareLevel(care_level).label.lower()} already.")
    if care_level == CareLevel.STANDARD and work.case.state != CaseState.RESOLVED:
        raise ActionRefused("High care stays while the case is open.")
    after = {
        "care_level": care_level,
        "care_policy": f"set by {actor.get_username()}" if care_level == CareLevel.HIGH else "",
        "care_reason": note.strip()[:300],
        "care_set_by_id": actor.pk,
    }
    give_care(work, after)
    return work.finish(
        ActivityKind.CARE_SET,
        note=note.strip(),
        responds=work.case.state != CaseState.RESOLVED,
        also=(before, after),
    )


def care_of(shipment_id: int) -> dict[str, Any]:
    """Return a parcel's care level with who or what set it."""
    return dict(Shipment.objects.values(*CARE).get(pk=shipment_id))


def give_care(work: Work, care: dict[str, Any]) -> None:
    """Write care to the locked parcel, have the engine look at it, and go on with the case as it is then."""
    shipment_id, care_level = work.case.shipment_id, care["care_level"]
    Shipment.objects.filter(pk=shipment_id).update(**{name: care[name] for name in CARE})
    # Somebody is at work on the case: it does not end by itself under their hands.
    ExceptionCase.objects.filter(pk=work.case.pk).update(last_person_action_at=work.now, care_level=care_level)
    refresh(shipment_ids=[shipment_id], now=work.now, cause=StatusChange.Cause.CORRECTION)
    work.reload()
