"""Stored events and observations in the form the projection reads."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from tracking.connectors.registry import get
from tracking.models import Observation, Source, TrackingEvent
from tracking.status.contract import EventFact, ObservationFact
from tracking.vocabulary import ORIGIN_PRECEDENCE, Evidence, Milestone

COLUMNS = (
    "shipment_id", "identity", "occurred_at", "precision", "received_at", "source_id", "code__milestone",
    "code__evidence", "code__reason", "code__turn", "code__hint", "local_date", "heard_again_at", "kind",
    "corrected_status", "city", "region", "postcode", "country", "signed_by", "carrier",
)  # fmt: skip
OBSERVED = tuple(field.name for field in fields(ObservationFact))[2:]  # after the source and its precedence
PERSON = 0


class Precedence:
    """The rank of each source (0 = carrier ... 4 = own feed), read once per batch."""

    def __init__(self) -> None:
        self._ranks = {row.pk: _rank(row) for row in Source.objects.only("pk", "kind", "precedence")}

    def of(self, source_id: int | None) -> int:
        """Rank of a source; a person ranks with the carrier."""
        return self._ranks.get(source_id or 0, 0)


def _rank(source: Source) -> int:
    """The administrator's choice, else what its kind is."""
    return ORIGIN_PRECEDENCE[get(source.kind).origin] if source.precedence is None else source.precedence


def events_of(shipment_ids: Iterable[int], precedence: Precedence) -> dict[int, list[EventFact]]:
    """Return every event of the shipments, by shipment id, in one query."""
    found: dict[int, list[EventFact]] = defaultdict(list)
    rows = TrackingEvent.objects.filter(shipment_id__any_of=list(shipment_ids)).values_list(*COLUMNS)
    for row in rows.order_by("shipment_id", "id"):
        found[row[0]].append(_event(row, precedence))
    return found


def _event(row: tuple[Any, ...], precedence: Precedence) -> EventFact:
    (
        _, identity, occurred_at, precision, received_at, source_id, milestone, evidence, reason, turn, hint,
        local_date, heard_again_at, kind, corrected_status, city, region, postcode, country, signed_by, carrier,
    ) = row  # fmt: skip
    return EventFact(
        identity=identity,
        occurred_at=occurred_at,
        precision=precision,
        received_at=received_at,
        source_id=source_id or PERSON,
        precedence=precedence.of(source_id),
        milestone=milestone or Milestone.INFO,
        evidence=evidence or Evidence.NOT_PHYSICAL,
        reason=reason or "",
        turn=turn or "",
        hint=bool(hint),
        local_date=local_date,
        heard_again_at=heard_again_at,
        is_correction=kind == TrackingEvent.Kind.CORRECTION,
        corrected_status=corrected_status,
        settles=kind == TrackingEvent.Kind.SETTLED,
        is_void=kind == TrackingEvent.Kind.VOID,
        place_city=city,
        place_region=region,
        place_postcode=postcode,
        place_country=country,
        signed_by=signed_by,
        carrier=carrier,
    )


def observations_of(shipment_ids: Iterable[int], precedence: Precedence) -> dict[int, list[ObservationFact]]:
    """Return every source's latest observation of the shipments, by shipment id, in one query."""
    found: dict[int, list[ObservationFact]] = defaultdict(list)
    rows = Observation.objects.filter(shipment_id__any_of=list(shipment_ids)).order_by("shipment_id", "id")
    for shipment_id, source_id, *facts in rows.values_list("shipment_id", "source_id", *OBSERVED):
        found[shipment_id].append(ObservationFact(source_id, precedence.of(source_id), *facts))
    return found
