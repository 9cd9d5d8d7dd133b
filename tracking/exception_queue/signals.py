"""Signals as stored, reconciled with what the detectors find now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tracking.detectors.contract import Findings
from tracking.detectors.contract import Signal as Found
from tracking.models import Signal
from tracking.vocabulary import SignalState

REFRESHED = ("severity", "cause", "evidence", "brief", "fingerprint", "count", "needs_person", "since")


@dataclass(slots=True)
class SignalChanges:
    """What changed on one parcel."""

    fired: list[Signal] = field(default_factory=list)
    cleared: list[Signal] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)  # signal kind -> phase, where the finding names one
    told_anew: list[Signal] = field(default_factory=list)


class Ledger:
    """The open and the last settled signals of a batch of parcels: read in one query, written in two statements."""

    def __init__(self, shipment_ids: Iterable[int]) -> None:
        self._open: dict[int, dict[str, Signal]] = defaultdict(dict)
        self._settled: dict[int, dict[str, Signal]] = defaultdict(dict)
        self._new: list[Signal] = []
        self._changed: dict[int, Signal] = {}
        states = (SignalState.OPEN, SignalState.SETTLED)
        for row in Signal.objects.filter(shipment_id__any_of=list(shipment_ids), state__in=states).order_by("id"):
            shelf = self._open if row.state == SignalState.OPEN else self._settled
            shelf[row.shipment_id][row.kind] = row

    def open_of(self, shipment_id: int) -> list[Signal]:
        """The parcel's open signals."""
        return list(self._open[shipment_id].values())

    def is_open(self, shipment_id: int, kind: str) -> bool:
        """True when a signal of that kind is open."""
        return kind in self._open[shipment_id]

    def reconcile(self, shipment_id: int, findings: Findings, now: datetime) -> SignalChanges:
        """Fire, refresh and clear one parcel's signals (in memory).

        A settled signal fires again only after its clear condition was met, or when the carrier reports it anew.
        """
        changes = SignalChanges()
        found = {signal.kind: signal for signal in findings.signals}
        stays = {watch.kind for watch in findings.watches if watch.needs_person}
        for kind, signal in found.items():
            changes.phases[kind] = signal.parameters.get("phase", "")
            self._hold(shipment_id, signal, kind in stays, now, changes)
        for kind in sorted(set(self._open[shipment_id]) - set(found)):
            if not self._open[shipment_id][kind].needs_person:
                changes.cleared.append(self._clear(shipment_id, kind, now))
        for kind, row in self._settled[shipment_id].items():
            if kind not in found and not row.condition_met_again:
                row.condition_met_again = True
                self._changed[row.pk] = row
        return changes

    def _hold(self, shipment_id: int, found: Found, stays: bool, now: datetime, changes: SignalChanges) -> None:
        row = self._open[shipment_id].get(found.kind)
        if row is None:
            settled = self._settled[shipment_id].get(found.kind)
            if settled and not settled.condition_met_again and settled.fingerprint == found.fingerprint[:120]:
                return
            row = Signal(shipment_id=shipment_id, kind=found.kind, fired_at=now)
            _fill(row, found, stays)
            self._open[shipment_id][found.kind] = row
            self._new.append(row)
            changes.fired.append(row)
            return
        known, told = row.fingerprint, (found.fingerprint[:120], found.severity, found.count, found.cause)
        if told == (known, row.severity, row.count, row.cause):
            return  # its words speak of the moment they were first true; pages count the hours since
        _fill(row, found, stays)
        if row.pk:
            self._changed[row.pk] = row
        if known != row.fingerprint:
            changes.told_anew.append(row)

    def _clear(self, shipment_id: int, kind: str, now: datetime) -> Signal:
        row = self._open[shipment_id].pop(kind)
        row.state, row.ended_at = SignalState.CLEARED, now
        self._changed[row.pk] = row
        return row

    def adopt(self, shipment_id: int, case_id: int) -> None:
        """Make a case gather the parcel's open signals."""
        for row in self._open[shipment_id].values():
            if row.case_id != case_id:
                row.case_id = case_id
                if row.pk:
                    self._changed[row.pk] = row

    def save(self) -> None:
        """Write all changes: cleared and refreshed rows first, then new ones."""
        if self._changed:
            Signal.objects.bulk_create(
                [self._changed[key] for key in sorted(self._changed)],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=[*REFRESHED, "state", "ended_at", "condition_met_again", "case"],
            )
        Signal.objects.bulk_create(sorted(self._new, key=lambda row: (row.shipment_id, row.kind)))


def _fill(row: Signal, found: Found, stays: bool) -> None:
    row.severity, row.cause, row.since = found.severity, found.cause, found.since
    row.evidence, row.brief = found.evidence[:500], found.brief[:80]
    row.fingerprint, row.count, row.needs_person = found.fingerprint[:120], found.count, stays
