"""What the demo's people do with their cases: look after a while, note, act, resolve. Decided by case id and age."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.models import ExceptionCase
from tracking.vocabulary import CaseState, Outcome, SignalKind

LEFT_OPEN = timedelta(days=6)  # the youngest cases stay for whoever opens the demo
NEVER_TOUCHED = 7  # every n-th case nobody looks at
RESOLUTIONS: dict[str, tuple[int, str, str]] = {  # kind -> days until, outcome, note
    SignalKind.LOST: (1, Outcome.REFUNDED, "Claim filed with the carrier; customer refunded."),
    SignalKind.DAMAGED: (1, Outcome.REPLACED, "Photos received; a replacement is on its way."),
    SignalKind.REFUSED: (3, Outcome.RETURNED_TO_STOCK, "Customer changed their mind; checked in again."),
    SignalKind.RETURN_TO_SENDER: (5, Outcome.RETURNED_TO_STOCK, "Arrived at the warehouse and checked in."),
    SignalKind.ADDRESS_ISSUE: (1, Outcome.ADDRESS_CORRECTED, "Customer sent the apartment number; carrier has it."),
    SignalKind.PRESUMED_LOST: (3, Outcome.REPLACED, "Trace without result; shipped again."),
    SignalKind.NO_FIRST_SCAN: (2, Outcome.RESHIPPED, "The warehouse found the parcel on the shelf and shipped again."),
    SignalKind.MISDELIVERY_SUSPECTED: (2, Outcome.ARRIVED, "A neighbour in the next town brought it over."),
    SignalKind.MOVEMENT_AFTER_DELIVERY: (2, Outcome.ARRIVED, "Carrier confirms a late scan; customer has the parcel."),
}
FOLLOW_UPS = (
    "Carrier opened a trace; call back for its result.",
    "Customer was asked for a daytime number; write again if there is no answer.",
    "Warehouse looks through yesterday's handover list; ask what they found.",
)
LET_SLIP = 5  # every n-th case runs late
STATES = (CaseState.NEW, CaseState.ACKNOWLEDGED, CaseState.WAITING)


def work(*, now: datetime, end: datetime) -> None:
    """Let everybody do what is due on their open cases at `now`; `end` is the moment the demo is opened."""
    manager = get_user_model().objects.get(username="manager")
    for case in _open_cases():
        age = now - case.opened_at
        if case.pk % NEVER_TOUCHED == 0 or age < timedelta(0):
            continue
        actor = case.owner or manager
        if case.state == CaseState.NEW and age > timedelta(minutes=40 + 35 * (case.pk % 5)):
            _try(operations.take, case, actor, now)
        elif case.state == CaseState.ACKNOWLEDGED and case.pk % 5 == 1 and age < timedelta(hours=60):
            _wait(case, actor, now)
        elif case.state == CaseState.ACKNOWLEDGED and _runs_late(case, now):
            _follow_up(case, actor, now)
        elif now < end - LEFT_OPEN:
            _resolve(case, manager, now, age)


def _runs_late(case: ExceptionCase, now: datetime) -> bool:
    return case.pk % LET_SLIP != 0 and case.next_action_due_at < now + timedelta(hours=3)


def _follow_up(case: ExceptionCase, actor: AbstractUser, now: datetime) -> None:
    text = FOLLOW_UPS[case.pk % len(FOLLOW_UPS)]
    _try(operations.set_next_action, case, actor, now, text=text, due_at=now + timedelta(hours=20 + case.pk % 30))


def _open_cases() -> Iterable[ExceptionCase]:
    return ExceptionCase.objects.filter(state__in=STATES).select_related("owner").order_by("pk")


def _wait(case: ExceptionCase, actor: AbstractUser, now: datetime) -> None:
    if case.activities.filter(kind="waiting").exists():
        return
    _try(operations.add_note, case, actor, now, note="Asked the carrier for a trace; they answer within a day.")
    _try(operations.wait, case, actor, now, until=now + timedelta(hours=66), waiting_on="carrier")


def _resolve(case: ExceptionCase, manager: AbstractUser, now: datetime, age: timedelta) -> None:
    days, outcome, note = RESOLUTIONS.get(case.kind, (0, "", ""))
    if outcome and age > timedelta(days=days):
        _try(operations.resolve, case, manager, now, outcome=outcome, note=note)


def _try(action: object, case: ExceptionCase, actor: AbstractUser, now: datetime, **arguments: object) -> None:
    """People meet refusals too; then they leave it."""
    try:
        action(case_id=case.pk, actor=actor, now=now, **arguments)  # type: ignore[operator]
    except (ActionRefused, CaseConflict):
        return
