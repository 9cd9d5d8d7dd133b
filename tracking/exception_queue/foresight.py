"""What an action would do to a case, said before it is done. The operations have the last word."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User

from tracking.models import ExceptionCase
from tracking.vocabulary import CareLevel, CaseState

ON_RESOLVED = frozenset({"note", "reopen", "care"})


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whether an action would change a case, and what it would do, or why it would leave it as it is."""

    will: bool
    words: str


def foresee(action: str, case: ExceptionCase, actor: User) -> Foreseen:
    """Say what an action (its name on the queue) would do to a case, as it stands, if this person did it."""
    if case.state == CaseState.RESOLVED and action not in ON_RESOLVED:
        return Foreseen(False, f"resolved already ({case.get_outcome_display()}): left as it is")
    return _OF_ACTION[action](case, actor)


def _name(person: User | None) -> str:
    return (person.get_full_name() or person.get_username()) if person else "nobody"


def _take(case: ExceptionCase, actor: User) -> Foreseen:
    if case.owner_id == actor.pk:
        is_new = case.state == CaseState.NEW
        return Foreseen(is_new, "yours already; acknowledged" if is_new else "yours already: left as it is")
    if case.owner_id is None:
        return Foreseen(True, "becomes yours")
    if case.owner_set_by_person:
        return Foreseen(False, f"{_name(case.owner)} has it: left as it is")
    return Foreseen(True, f"becomes yours; the rules gave it to {_name(case.owner)}")


def _assign(case: ExceptionCase, actor: User) -> Foreseen:
    return Foreseen(True, f"goes to the chosen owner; now {_name(case.owner)}")


def _acknowledge(case: ExceptionCase, actor: User) -> Foreseen:
    if case.state == CaseState.ACKNOWLEDGED and case.owner_id:
        return Foreseen(False, "acknowledged already: left as it is")
    woken = "no longer waits; " if case.state == CaseState.WAITING else ""
    return Foreseen(True, f"{woken}acknowledged" + ("" if case.owner_id else " and yours"))


def _wait(case: ExceptionCase, actor: User) -> Foreseen:
    return Foreseen(True, "waits already; from now on as chosen" if case.state == CaseState.WAITING else "put aside")


def _note(case: ExceptionCase, actor: User) -> Foreseen:
    return Foreseen(True, "gets the note")


def _next(case: ExceptionCase, actor: User) -> Foreseen:
    return Foreseen(True, "gets the new next action")


def _release(case: ExceptionCase, actor: User) -> Foreseen:
    if case.owner_id is None:
        return Foreseen(False, "nobody owns it: left as it is")
    return Foreseen(True, f"{_name(case.owner)} no longer owns it; stays with {case.team}")


def _resolve(case: ExceptionCase, actor: User) -> Foreseen:
    signals = f"{case.signal_count} open signal{'' if case.signal_count == 1 else 's'} settled"
    return Foreseen(True, f"resolved; {signals}")


def _reopen(case: ExceptionCase, actor: User) -> Foreseen:
    if case.state != CaseState.RESOLVED:
        return Foreseen(False, "is open: left as it is")
    return Foreseen(True, f"open again, with {_name(case.owner or actor)}")


def _care(case: ExceptionCase, actor: User) -> Foreseen:
    return Foreseen(True, f"care is {CareLevel(case.care_level).label.lower()} now; becomes the chosen one")


_OF_ACTION: dict[str, Callable[[ExceptionCase, User], Foreseen]] = {
    "take": _take, "assign": _assign, "acknowledge": _acknowledge, "wait": _wait, "note": _note, "next": _next,
    "release": _release, "resolve": _resolve, "reopen": _reopen, "care": _care,
}  # fmt: skip
