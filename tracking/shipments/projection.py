"""From events to the parcel's stored state: project, tell the sentence, write what changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracking import bulk
from tracking.calendars.days import ONE_DAY, day_start, local_day
from tracking.connectors.carriers import label_for
from tracking.domain_events import News, publish
from tracking.events.facts import Precedence, events_of, observations_of
from tracking.models import Shipment, StatusChange
from tracking.shipments.store import columns_of, save_all
from tracking.status.contract import Sentence, ShipmentState
from tracking.status.places import zone_of
from tracking.status.projection import project
from tracking.status.wording import SentenceFacts, sentence_for

COPIED = (
    "status", "status_at", "status_precision", "reason", "evidence", "first_scan_at", "first_scan_precision",
    "last_scan_at", "last_event_at", "delivered_at", "ended_at", "is_returning", "estimate_precision", "return_by",
    "moved_after_end_at", "holds_messages", "conflict_since", "not_found_since", "attempts", "proof_url",
)  # fmt: skip
CHANGE = (
    "shipment_id", "from_status", "to_status", "reason", "evidence", "occurred_at", "known_at", "cause",
    "mapping_version", "sentence_key", "sentence_parameters", "sentence_version",
)  # fmt: skip
NEWS_OF_STATUS = "shipment.status_changed"
NEWS_OF_SENTENCE = "shipment.sentence_changed"


@dataclass(slots=True)
class Projected:
    """A parcel with its projected state and what it was before."""

    shipment: Shipment
    state: ShipmentState
    old_status: str
    old_sentence: tuple[str, dict[str, str], int]
    old_columns: tuple[object, ...]


def project_all(shipments: Mapping[int, Shipment]) -> dict[int, Projected]:
    """Project the parcels from all their events in two queries and set their columns (in memory, not saved)."""
    precedence = Precedence()
    events = events_of(shipments, precedence)
    observations = observations_of(shipments, precedence)
    projected = {}
    for key, shipment in shipments.items():
        observed = observations.get(key, ())
        state = project(events.get(key, ()), observed, label_told_at=shipment.label_told_at)
        projected[key] = _project(shipment, state, {each.source_id: each.original_estimate_at for each in observed})
    return projected


def _project(
    shipment: Shipment, state: ShipmentState, first_estimates: Mapping[int | None, datetime | None]
) -> Projected:
    """`first_estimates`: by source. The first one shown is of the source whose estimate is shown now, so that it does
    not matter whose came to us first."""
    sentence = (shipment.sentence_key, shipment.sentence_parameters, shipment.sentence_version)
    projected = Projected(shipment, state, shipment.status, sentence, columns_of(shipment))
    for name in COPIED:
        setattr(shipment, name, getattr(state, name))
    shipment.label_at = state.label_at or shipment.label_told_at
    shipment.estimate_at, shipment.estimate_source_id = state.estimate_at, state.estimate_source_id
    first = first_estimates.get(state.estimate_source_id) or state.estimate_at
    shipment.original_estimate_at = first or shipment.original_estimate_at
    shipment.signed_by, shipment.delivered_to = state.signed_by[:120], state.delivered_to[:120]
    city, region, postcode, country = state.delivered_place
    shipment.delivered_city, shipment.delivered_region = city[:120], region[:64]
    shipment.delivered_postcode, shipment.delivered_country = postcode[:32], country[:2]
    shipment.unmapped_events = min(state.unmapped, 32767)
    return projected


def destination_zone(shipment: Shipment) -> str:
    """IANA zone of the ship-to, "UTC" when it is not known."""
    return zone_of(shipment.ship_to_country, shipment.ship_to_region) or "UTC"


def write_changes(
    projected: Iterable[Projected], *, disagreeing: frozenset[int], cause: str, mapping_version: int, now: datetime
) -> list[int]:
    """Save parcels that changed; write a StatusChange and a ledger row for each change a customer could see.

    `disagreeing` = parcels whose sources contradict each other openly. Returns the ids whose sentence changed.
    """
    changes: list[dict[str, Any]] = []
    dirty: dict[int, Projected] = {}
    news: list[News] = []
    for item in sorted(projected, key=lambda each: each.shipment.pk):
        shipment = item.shipment
        sentence = _sentence(item, shipment.pk in disagreeing, now)
        told = (sentence.key, dict(sentence.parameters), sentence.version)
        if told != item.old_sentence or shipment.status != item.old_status:
            shipment.sentence_key, shipment.sentence_parameters, shipment.sentence_version = told
            changes.append(_change(item, cause, mapping_version, now))
            news += _news(item, told != item.old_sentence, cause, now)
        shipment.mapping_version = mapping_version
        if columns_of(shipment) != item.old_columns:
            shipment.projected_at = now
            dirty[shipment.pk] = item
    bulk.insert(StatusChange, CHANGE, (tuple(change.values()) for change in changes))
    save_all((item.shipment for item in dirty.values()), {key: item.old_columns for key, item in dirty.items()})
    publish(news)
    return [change["shipment_id"] for change in changes]


def estimate_over_at(item: Projected) -> datetime | None:
    """When (aware UTC) the last estimated day is over at the ship-to, for a parcel whose customer was told of it."""
    state, zone = item.state, destination_zone(item.shipment)
    last = state.estimate_until or state.estimate_at
    if last is None or state.ended_at or not state.estimate_told:
        return None
    return day_start(zone, local_day(zone, last) + ONE_DAY)


def _sentence(item: Projected, disagree: bool, now: datetime) -> Sentence:
    shipment, over_at = item.shipment, estimate_over_at(item)
    carrier = shipment.carrier
    facts = SentenceFacts(
        carrier=carrier.name or label_for(carrier.code) if carrier else "",
        zone=destination_zone(shipment),
        has_number=bool(shipment.number),
        sources_disagree=disagree,
        estimate_is_past=over_at is not None and over_at <= now,
    )
    return sentence_for(item.state, facts)


def _change(item: Projected, cause: str, mapping_version: int, now: datetime) -> dict[str, Any]:
    """The columns of a StatusChange, in the order of `CHANGE`."""
    shipment = item.shipment
    return {
        "shipment_id": shipment.pk,
        "from_status": item.old_status if item.old_sentence[0] else "",
        "to_status": shipment.status,
        "reason": shipment.reason,
        "evidence": shipment.evidence,
        "occurred_at": shipment.status_at,
        "known_at": now,
        "cause": cause if item.old_sentence[0] else StatusChange.Cause.CREATED,
        "mapping_version": mapping_version,
        "sentence_key": shipment.sentence_key,
        "sentence_parameters": shipment.sentence_parameters,
        "sentence_version": shipment.sentence_version,
    }


def _news(item: Projected, is_new_sentence: bool, cause: str, now: datetime) -> list[News]:
    shipment = item.shipment
    payload = {
        "from": item.old_status,
        "to": shipment.status,
        "reason": shipment.reason,
        "evidence": shipment.evidence,
        "cause": cause,
        "occurred_at": shipment.status_at.isoformat() if shipment.status_at else None,
        "sentence": shipment.sentence_key,
    }
    kinds = [NEWS_OF_STATUS] if shipment.status != item.old_status else []
    kinds += [NEWS_OF_SENTENCE] if is_new_sentence else []
    return [News(kind, now, shipment_id=shipment.pk, order_id=shipment.order_id, payload=payload) for kind in kinds]
