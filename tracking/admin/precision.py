"""How often the cases of a kind were real ones, with links to the rows that were counted."""

from dataclasses import dataclass
from datetime import datetime

from tracking.admin.queue_counts import queue_address
from tracking.exception_queue.precision import precision_by_kind
from tracking.exception_queue.wanted import JUDGED, SPANS, Wanted
from tracking.vocabulary import CaseState, NotExceptionReason, Outcome

PRECISION_SPAN = "90d"


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One kind: resolved cases and those that were no exception, each with its rows; the share in per cent; why."""

    kind: str
    resolved: int
    resolved_address: str
    not_exceptions: int
    not_exceptions_address: str
    share: int
    why: str


def shown_precision(now: datetime) -> list[PrecisionRow]:
    """Return a row per kind of which cases were resolved in the span before `now` (aware UTC). One query."""
    return [
        PrecisionRow(
            row.kind,
            row.resolved,
            _address(row.kind, JUDGED),
            row.not_exceptions,
            _address(row.kind, Outcome.NOT_AN_EXCEPTION),
            round(100 * (1 - row.precision)),
            "; ".join(f"{_label(reason)} ({count})" for reason, count in sorted(row.reasons.items())),
        )
        for row in precision_by_kind(since=now - SPANS[PRECISION_SPAN], until=now)
    ]


def _address(kind: str, outcome: str) -> str:
    wanted = Wanted(state=CaseState.RESOLVED, kind=kind, outcome=outcome, ended=PRECISION_SPAN)
    return f"{queue_address()}?{wanted.query()}"


def _label(reason: str) -> str:
    return str(NotExceptionReason(reason).label) if reason in NotExceptionReason.values else "in a note"
