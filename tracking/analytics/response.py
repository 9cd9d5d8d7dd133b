"""How fast people answer: from the opening of a case to its owner, to the first action, to its end."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tracking.exception_queue.queries import CAP
from tracking.exception_queue.wanted import Wanted, condition
from tracking.models import CaseActivity, ExceptionCase
from tracking.vocabulary import ActivityKind, CaseState, SignalKind

WANTED = Wanted(state=CaseState.RESOLVED, answered="yes", ended="14d")
"""Whose times count: resolved cases that a person had acted on."""
MOST_KINDS = 5
GIVES_AN_OWNER = (ActivityKind.ROUTED, ActivityKind.TAKEN, ActivityKind.ASSIGNED)


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one case (or their medians): opened to owned, owned to first action, both, first action to end."""

    owned: timedelta
    acted: timedelta
    response: timedelta
    resolved: timedelta


@dataclass(frozen=True, slots=True)
class Line:
    """Medians of all cases (`kind` "") or of one kind; `count` cases; nine of ten were answered within `slow`."""

    kind: str
    label: str
    count: int
    typical: Times
    slow: timedelta


def lines(now: datetime) -> tuple[Line, ...]:
    """Return all together first, then the kinds with most cases. Two queries.

    Of the newest cases up to the queue's cap: typical times of today, at a cost that does not grow. Clock time; a
    reopened case counts from its last opening.
    """
    cases = list(
        ExceptionCase.objects.filter(condition(WANTED, None, now))
        .order_by("-resolved_at", "-id")
        .only("kind", "opened_at", "reopened_at", "first_responded_at", "resolved_at")[:CAP]
    )
    owned = _owned_at(cases)
    by_kind: dict[str, list[Times]] = defaultdict(list)
    for case in cases:
        by_kind[case.kind].append(_times(case, owned.get(case.pk)))
    if not cases:
        return ()
    most = sorted(by_kind, key=lambda kind: (-len(by_kind[kind]), kind))[:MOST_KINDS]
    everything = [times for found in by_kind.values() for times in found]
    return (_line("", "All", everything), *(_line(kind, SignalKind(kind).label, by_kind[kind]) for kind in most))


def _owned_at(cases: Iterable[ExceptionCase]) -> Mapping[int, datetime]:
    """When each case first had an owner since it was opened; those that never had one are left out. One query."""
    begun = {case.pk: case.reopened_at or case.opened_at for case in cases}
    told = CaseActivity.objects.filter(case_id__in=list(begun), kind__in=GIVES_AN_OWNER).order_by("at", "id")
    found: dict[int, datetime] = {}
    for case_id, kind, at, after in told.values_list("case_id", "kind", "at", "after"):
        if at >= begun[case_id] and (kind != ActivityKind.ROUTED or after.get("owner")):
            found.setdefault(case_id, at)
    return found


def _times(case: ExceptionCase, owned_at: datetime | None) -> Times:
    begun, acted_at, ended = case.reopened_at or case.opened_at, case.first_responded_at, case.resolved_at
    assert acted_at
    assert ended
    owned = min(owned_at or acted_at, acted_at)
    return Times(owned - begun, acted_at - owned, acted_at - begun, ended - acted_at)


def _line(kind: str, label: str, found: list[Times]) -> Line:
    responses = sorted(times.response for times in found)
    typical = Times(
        _median(found, lambda times: times.owned),
        _median(found, lambda times: times.acted),
        _median(found, lambda times: times.response),
        _median(found, lambda times: times.resolved),
    )
    return Line(kind, label, len(found), typical, responses[(len(responses) * 9 - 1) // 10])


def _median(found: list[Times], part: Callable[[Times], timedelta]) -> timedelta:
    return timedelta(seconds=median(part(times).total_seconds() for times in found))
