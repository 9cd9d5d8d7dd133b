"""What can go wrong when people act on cases."""

from tracking.models import ExceptionCase


class CaseConflict(Exception):
    """Somebody changed the case meanwhile; `case` is how it stands now."""

    def __init__(self, message: str, case: ExceptionCase) -> None:
        super().__init__(message)
        self.case = case


class ActionRefused(Exception):
    """The action makes no sense or is not allowed; the text is a sentence for the person."""
