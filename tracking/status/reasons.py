"""The carrier's reasons: how often each was reported and which scan answered it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import NamedTuple

from tracking.status.contract import EventFact, ReasonFact
from tracking.status.ordering import Placed
from tracking.status.story import Scan
from tracking.vocabulary import Reason, ShipmentStatus

_TROUBLE = frozenset({ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION})


class _Answer(NamedTuple):
    position: int
    at: datetime
    reason: str
    is_return: bool


def reasons(placed: Sequence[Placed], scans: Sequence[Scan]) -> tuple[ReasonFact, ...]:
    """Return every reason reported on whatever milestone, hints left out, in order of first report.

    A later physical scan without the reason answers it; so does a person who corrects the status to an untroubled one.
    """
    reported: dict[str, list[tuple[int, Placed]]] = defaultdict(list)
    for position, one in enumerate(placed):
        if one.event.reason and not one.event.hint:
            reported[one.event.reason].append((position, one))
    answers = _answers(placed, scans)
    return tuple(_fact(reason, reports, answers) for reason, reports in reported.items())


def attempts(facts: Iterable[ReasonFact]) -> int:
    """Return on how many days the carrier tried to deliver in vain."""
    return sum(fact.count for fact in facts if fact.reason == Reason.FAILED_ATTEMPT)


def _answers(placed: Sequence[Placed], scans: Sequence[Scan]) -> list[_Answer]:
    answers = [_Answer(scan.position, scan.at, scan.event.reason, scan.is_return) for scan in scans]
    answers += [
        _Answer(position, one.at, one.event.reason, False)
        for position, one in enumerate(placed)
        if one.event.is_correction and one.event.corrected_status and one.event.corrected_status not in _TROUBLE
    ]
    return sorted(answers)


def _fact(reason: str, reports: Sequence[tuple[int, Placed]], answers: Sequence[_Answer]) -> ReasonFact:
    position, last = reports[-1]
    later = [a for a in answers if a.position > position and a.at > last.at and a.reason != reason]
    return ReasonFact(
        reason=reason,
        first_at=reports[0][1].at,
        last_at=last.at,
        count=len({_day(one.event) for _, one in reports}),
        milestone=last.event.milestone,
        last_identity=last.event.identity,
        cleared_by_scan_at=later[0].at if later else None,
        cleared_by_outbound_scan_at=next((a.at for a in later if not a.is_return), None),
        since_at=_since(reason, reports, answers),
    )


def _since(reason: str, reports: Sequence[tuple[int, Placed]], answers: Sequence[_Answer]) -> datetime:
    """Return the first report after the last scan that answered an earlier one: when the present trouble began."""
    since = reports[0][1].at
    for (before, earlier), (position, one) in pairwise(reports):
        between = (a for a in answers if before < a.position < position and a.reason != reason)
        if any(earlier.at < a.at < one.at for a in between):
            since = one.at
    return since


def _day(event: EventFact) -> date:
    return event.local_date or event.occurred_at.date()
