"""How often a kind of case was a real one: what people said when they resolved it."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count

from tracking.models import ExceptionCase
from tracking.vocabulary import CaseState, Outcome


@dataclass(slots=True)
class KindPrecision:
    """Of `resolved` cases of a kind, `not_exceptions` were none; `reasons` counts why, by `NotExceptionReason`."""

    kind: str
    resolved: int = 0
    not_exceptions: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """The share that was real, 0 to 1."""
        return 1 - self.not_exceptions / self.resolved


def precision_by_kind(*, since: datetime, until: datetime) -> list[KindPrecision]:
    """Return precision per kind of the cases resolved from `since` to before `until` (aware UTC), by kind; duplicates
    left out. One query."""
    rows = ExceptionCase.objects.filter(state=CaseState.RESOLVED, resolved_at__gte=since, resolved_at__lt=until)
    counted = rows.exclude(outcome=Outcome.DUPLICATE).order_by().values("kind", "outcome", "not_exception_reason")
    found: dict[str, KindPrecision] = {}
    for row in counted.annotate(n=Count("id")):
        kind = found.setdefault(row["kind"], KindPrecision(row["kind"]))
        kind.resolved += row["n"]
        if row["outcome"] == Outcome.NOT_AN_EXCEPTION:
            kind.not_exceptions += row["n"]
            reason = row["not_exception_reason"]
            kind.reasons[reason] = kind.reasons.get(reason, 0) + row["n"]
    return [found[kind] for kind in sorted(found)]
