"""What people can do with a case from the queue and the case page: one table for both."""

from collections.abc import Callable
from dataclasses import dataclass

from tracking.admin.case_forms import (
    AssignForm,
    CaseForm,
    NextActionForm,
    NoteForm,
    ReopenForm,
    ResolveForm,
    WaitForm,
)
from tracking.exception_queue import operations
from tracking.models import ExceptionCase


@dataclass(frozen=True, slots=True)
class CaseAction:
    """One action: its words, its key, what has to be filled in, and the operation that does it."""

    name: str
    label: str
    done: str  # "Took" as in "Took 3 cases"
    icon: str
    key: str
    form: type[CaseForm]
    operation: Callable[..., ExceptionCase]
    in_bulk: bool = True

    @property
    def asks(self) -> bool:
        """True if something has to be filled in first."""
        return self.form is not CaseForm


ACTIONS: dict[str, CaseAction] = {
    action.name: action
    for action in (
        CaseAction("take", "Take", "Took", "back_hand", "t", CaseForm, operations.take),
        CaseAction("assign", "Assign", "Assigned", "person_add", "a", AssignForm, operations.assign),
        CaseAction("acknowledge", "Acknowledge", "Acknowledged", "check", "e", CaseForm, operations.acknowledge),
        CaseAction("wait", "Wait", "Put aside", "snooze", "h", WaitForm, operations.wait),
        CaseAction("note", "Note", "Noted on", "edit_note", "n", NoteForm, operations.add_note, in_bulk=False),
        CaseAction(
            "next", "Next action", "Planned", "event", "p", NextActionForm, operations.set_next_action, in_bulk=False
        ),
        CaseAction("release", "Give back", "Gave back", "undo", "", CaseForm, operations.release, in_bulk=False),
        CaseAction("resolve", "Resolve", "Resolved", "flag", "r", ResolveForm, operations.resolve),
        CaseAction("reopen", "Reopen", "Reopened", "refresh", "", ReopenForm, operations.reopen, in_bulk=False),
    )
}
