"""What can go wrong when people act on cases."""

from collections.abc import Sequence

from tracking.models import CaseActivity, ExceptionCase


class CaseConflict(Exception):
    """Somebody changed the case meanwhile; `case` is how it stands now, `changes` who changed what, newest first."""

    def __init__(self, message: str, case: ExceptionCase, changes: Sequence[CaseActivity] = ()) -> None:
        super().__init__(message)
        self.case = case
        self.changes = tuple(changes)


class ActionRefused(Exception):
    """The action makes no sense or is not allowed; the text is a sentence for the person."""
