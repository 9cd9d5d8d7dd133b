"""Cases that the system moves by itself, many at once: locked with their parcels, written with activities and news."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tracking.domain_events import News, publish
from tracking.models import CaseActivity, ExceptionCase, Shipment
from tracking.models.case import OPEN

MOVED = [
    "team", "owner", "owner_set_by_person", "severity", "severity_rank", "severity_steps", "state", "routed_by",
    "routed_by_version", "breach_at", "escalation_severity", "escalation_step", "escalation_due_at", "quiet_since",
    "quiet_due_at", "version",
]  # fmt: skip
Facts = dict[str, Any]


def lock_open(case_ids: Iterable[int]) -> list[ExceptionCase]:
    """Lock the parcels, then the cases, each by id; return the cases that are still open. Inside a transaction."""
    wanted = list(case_ids)
    shipments = ExceptionCase.objects.filter(pk__in=wanted).values_list("shipment_id", flat=True)
    parcels = Shipment.objects.filter(pk__in=list(shipments)).order_by("id").select_for_update(no_key=True)
    list(parcels.values_list("pk", flat=True))
    rows = ExceptionCase.objects.filter(OPEN, pk__in=wanted).order_by("id")
    return list(rows.select_for_update(no_key=True))


@dataclass(slots=True)
class Moves:
    """What changes on locked cases at `now` (aware UTC); `actor` is the person who asked for it, if anybody did."""

    now: datetime
    actor: User | None = None
    _touched: dict[int, ExceptionCase] = field(default_factory=dict)
    _activities: list[CaseActivity] = field(default_factory=list)
    _news: list[News] = field(default_factory=list)

    def touch(self, case: ExceptionCase) -> None:
        """Have the case written without a word: only its clocks were worked out."""
        self._touched[case.pk] = case

    def note(
        self,
        case: ExceptionCase,
        kind: str,
        before: Facts,
        after: Facts,
        note: str = "",
        undoes: CaseActivity | None = None,
    ) -> None:
        """Add an activity. Who has the case open meanwhile is told that it changed."""
        case.version += 1
        self.touch(case)
        self._activities.append(
            CaseActivity(
                case=case,
                kind=kind,
                actor=self.actor,
                at=self.now,
                before=before,
                after=after,
                note=note,
                case_version=case.version,
                undoes=undoes,
            )
        )

    def tell(self, case: ExceptionCase, kind: str, **payload: Any) -> None:
        """Add a ledger row about the case as it is now."""
        facts: Facts = {
            "kind": case.kind,
            "severity": case.severity,
            "state": case.state,
            "owner": case.owner_id,
            "team": case.team_id,
            "actor": self.actor.pk if self.actor else None,
        }
        self._news.append(News(kind, self.now, case.shipment_id, case.order_id, case.pk, {**facts, **payload}))

    def write(self) -> list[CaseActivity]:
        """Write cases, activities and news, in that order; return the activities."""
        rows = sorted(self._touched.values(), key=lambda row: row.pk)
        ExceptionCase.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=MOVED, batch_size=500
        )
        written = CaseActivity.objects.bulk_create(self._activities)
        publish(self._news)
        return written
