"""Parcels whose clocks stand still, because nobody who could tell of them can be heard."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from tracking.detectors.contract import Findings, Policy, ShipmentFacts
from tracking.detectors.registry import detect
from tracking.models import ExceptionCase, FeedIncident
from tracking.shipments.feeders import feeders
from tracking.vocabulary import CauseFamily, SignalKind


class Silences:
    """The open feed incidents as they concern a batch of parcels: one query, a second one while an incident is open."""

    def __init__(self, shipment_ids: Iterable[int]) -> None:
        open_incidents = {row.source_id: row for row in FeedIncident.objects.filter(ended_at=None)}
        self._of: dict[int, FeedIncident] = {}
        for pk, sources in feeders(shipment_ids).items() if open_incidents else ():
            if sources and sources <= open_incidents.keys():  # the last to fall silent left the parcel without news
                self._of[pk] = max((open_incidents[source] for source in sources), key=lambda row: row.began_at)

    def since(self, shipment_id: int) -> datetime | None:
        """Return since when nothing can be heard of a parcel (aware UTC); None when something can."""
        incident = self._of.get(shipment_id)
        return incident.began_at if incident else None

    def mark(self, case: ExceptionCase) -> None:
        """Let a case whose clock ran out during the silence carry the incident (in memory)."""
        incident = self._of.get(case.shipment_id)
        if incident and case.cause == CauseFamily.FEED and case.kind != SignalKind.SOURCE_CONFLICT:
            case.incident_id = incident.pk


def detect_through_silence(
    facts: ShipmentFacts, policy: Policy, now: datetime, *, open_kinds: frozenset[str]
) -> Findings:
    """Detect with the clocks of a silent source standing still; a signal that had fired before stays open meanwhile."""
    found = detect(facts, policy, now)
    missing = open_kinds - {signal.kind for signal in found.signals}
    if facts.paused_from is None or not missing:
        return found
    audible = replace(facts, paused_from=None)
    before = detect(audible, policy, facts.paused_from).signals  # a graver one may have taken its place since
    kept = {signal.kind: signal for signal in (*before, *detect(audible, policy, now).signals)}
    return replace(found, signals=found.signals + tuple(kept[kind] for kind in sorted(missing & kept.keys())))
