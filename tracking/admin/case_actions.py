"""What people can do with a case from the queue and the case page: one table for both."""

from collections.abc import Callable
from dataclasses import dataclass

from tracking.admin.case_forms import (
    AssignForm,
    CareForm,
    CaseForm,
    NextActionForm,
    NoteForm,
    ReopenForm,
    ResolveForm,
    WaitForm,
)
from tracking.admin.desk_forms import EndPromiseForm, MacroForm, PromiseForm
from tracking.exception_queue import operations
from tracking.models import ExceptionCase


@dataclass(frozen=True, slots=True)
class CaseAction:
    """One action: its words, its key, what has to be filled in, and the operation that does it."""

    name: str
    label: str
    done: str  # "Took" as in "Took 3 cases"
    will: str  # "become yours" as in "3 of 4 become yours"
    icon: str
    key: str
    form: type[CaseForm]
    operation: Callable[..., ExceptionCase]
    is_rare: bool = False  # stands behind "More" in the bar
    can_undo: bool = True
    in_bulk: bool = True  # makes sense for several cases at once

    @property
    def asks(self) -> bool:
        """True if something has to be filled in first."""
        return self.form is not CaseForm


ACTIONS: dict[str, CaseAction] = {
    action.name: action
    for action in (
        CaseAction("take", "Take", "Took", "become yours", "back_hand", "t", CaseForm, operations.take),
        CaseAction(
            "assign", "Assign", "Assigned", "change owner; next actions and due times stay", "person_add", "a",
            AssignForm, operations.assign,
        ),
        CaseAction(
            "acknowledge", "Acknowledge", "Acknowledged", "are acknowledged", "check", "e", CaseForm,
            operations.acknowledge,
        ),
        CaseAction("wait", "Wait", "Put aside", "are put aside", "snooze", "h", WaitForm, operations.wait),
        CaseAction(
            "note", "Note", "Noted on", "get the note", "edit_note", "n", NoteForm, operations.add_note, can_undo=False
        ),
        CaseAction(
            "next", "Next action", "Planned", "get the new next action", "event", "d", NextActionForm,
            operations.set_next_action,
        ),
        CaseAction("resolve", "Resolve", "Resolved", "are resolved", "flag", "r", ResolveForm, operations.resolve),
        CaseAction(
            "care", "Care level", "Set care of", "get this care level", "shield", "", CareForm,
            operations.set_care_level, is_rare=True,
        ),
        CaseAction(
            "release", "Give back", "Gave back", "go back to their team", "undo", "", CaseForm, operations.release,
            is_rare=True,
        ),
        CaseAction(
            "reopen", "Reopen", "Reopened", "are open again", "refresh", "", ReopenForm, operations.reopen,
            is_rare=True,
        ),
        CaseAction(
            "macro", "Macro", "Applied the macro to", "get the macro", "bolt", "", MacroForm, operations.apply_macro,
            in_bulk=False,
        ),
        CaseAction(
            "promise", "Promise", "Noted the promise on", "carry a promise", "handshake", "", PromiseForm,
            operations.promise_customer, in_bulk=False, can_undo=False,
        ),
        CaseAction(
            "promised", "Promise ended", "Ended the promise of", "end their promise", "done_all", "", EndPromiseForm,
            operations.end_promise, in_bulk=False, can_undo=False,
        ),
    )
}  # fmt: skip
