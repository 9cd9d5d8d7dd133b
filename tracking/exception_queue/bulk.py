"""One action on many cases: each in its own transaction, refused ones listed and skipped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max

from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.models import CaseActivity, ExceptionCase


@dataclass(slots=True)
class BulkResult:
    """What a bulk action did: ids of cases done, (id, why not) of the skipped, ids of the activities it wrote.

    The activities are what `undo` takes.
    """

    done: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    activities: list[int] = field(default_factory=list)

    def attempt(self, case_id: int, action: Callable[[], object]) -> None:
        """Run one action and note what became of it."""
        try:
            action()
        except (ActionRefused, CaseConflict) as refusal:
            self.skipped.append((case_id, str(refusal)))
        except ExceptionCase.DoesNotExist:
            self.skipped.append((case_id, "This case does not exist."))
        else:
            self.done.append(case_id)

    def find_activities(self, actor: User, now: datetime) -> None:
        """Note the activity each case done got from this actor at `now`."""
        written = CaseActivity.objects.filter(case_id__in=self.done, actor=actor, at=now).order_by()
        latest = written.values("case_id").annotate(latest=Max("id")).values_list("latest", flat=True)
        self.activities = sorted(latest)


def in_bulk(
    action: Callable[..., ExceptionCase], case_ids: Iterable[int], *, actor: User, now: datetime, **arguments: Any
) -> BulkResult:
    """Run one action on many cases, each in its own transaction; refused ones are listed and skipped."""
    result = BulkResult()
    for case_id in sorted(set(case_ids)):
        result.attempt(case_id, lambda key=case_id: action(case_id=key, actor=actor, now=now, **arguments))  # type: ignore[misc]
    result.find_activities(actor, now)
    return result
