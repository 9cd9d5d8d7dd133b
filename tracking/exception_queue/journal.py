"""What a batch changes on its cases: rows, activities and news, written together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tracking.domain_events import News, publish
from tracking.exception_queue.signals import Ledger
from tracking.models import CaseActivity, ExceptionCase
from tracking.vocabulary import CaseState

KEPT = {"id", "opened_at"}
COLUMNS = [each.name for each in ExceptionCase._meta.concrete_fields if each.name not in KEPT]
Facts = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One activity row to be written once its case has an id."""

    case: ExceptionCase
    kind: str
    before: Facts
    after: Facts
    note: str


@dataclass(slots=True)
class Journal:
    """Cases touched at `now` (aware UTC), with what is to be told of them."""

    now: datetime
    _touched: dict[int, ExceptionCase] = field(default_factory=dict)  # by shipment id
    _raised: set[int] = field(default_factory=set)
    _entries: list[_Entry] = field(default_factory=list)
    _news: list[tuple[str, ExceptionCase, Facts]] = field(default_factory=list)

    def cases(self) -> Iterable[ExceptionCase]:
        """The cases that are written."""
        return self._touched.values()

    def touch(self, case: ExceptionCase) -> None:
        """Have the case written."""
        self._touched[case.shipment_id] = case

    def note(
        self, case: ExceptionCase, kind: str, before: Facts | None = None, after: Facts | None = None, note: str = ""
    ) -> None:
        """Add an activity. Who has the case open meanwhile is told that it changed."""
        if case.pk and case.pk not in self._raised:
            self._raised.add(case.pk)
            case.version += 1
        self.touch(case)
        self._entries.append(_Entry(case, kind, before or {}, after or {}, note))

    def tell(self, kind: str, case: ExceptionCase) -> None:
        """Add a ledger row with the case as it is now."""
        facts: Facts = {
            "kind": case.kind,
            "severity": case.severity,
            "state": case.state,
            "owner": case.owner_id,
            "team": case.team_id,
            "outcome": case.outcome,
        }
        self._news.append((kind, case, facts))

    def write(self, ledger: Ledger) -> None:
        """Write cases, their signals, activities and news, in that order."""
        self._write_cases()
        for case in self._touched.values():
            if case.state != CaseState.RESOLVED:
                ledger.adopt(case.shipment_id, case.pk)
        ledger.save()
        CaseActivity.objects.bulk_create(
            CaseActivity(
                case=each.case,
                kind=each.kind,
                at=self.now,
                before=each.before,
                after=each.after,
                note=each.note,
                case_version=each.case.version,
            )
            for each in self._entries
        )
        publish(
            News(kind, self.now, shipment_id=case.shipment_id, order_id=case.order_id, case_id=case.pk, payload=facts)
            for kind, case, facts in self._news
        )

    def _write_cases(self) -> None:
        rows = sorted(self._touched.values(), key=lambda row: row.shipment_id)
        ExceptionCase.objects.bulk_create([row for row in rows if row.pk is None])
        known = sorted((row for row in rows if row.pk), key=lambda row: row.pk)
        ExceptionCase.objects.bulk_create(
            known, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS, batch_size=500
        )
