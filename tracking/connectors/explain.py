"""What ShipTrack understands of one message, as plain JSON values: the same reading, mapping and projection as the
real path, without a database, network or clock.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tracking.connectors.carriers import code_for
from tracking.connectors.contract import (
    Connector,
    FulfilmentUpdate,
    Observation,
    ObservedEvent,
    OrderUpdate,
    Place,
    RawMessage,
    Reading,
    ShipmentUpdate,
    UnreadableMessage,
    When,
)
from tracking.connectors.numbers import normalize
from tracking.status.contract import EventFact, Meaning, ObservationFact
from tracking.status.identity import event_identity
from tracking.status.mapping import Mapping, text_shape
from tracking.status.projection import project
from tracking.status.times import settle
from tracking.vocabulary import ORIGIN_PRECEDENCE, Direction, Evidence, Milestone, Precision

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a void without any time comes before whatever else is told


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer: `document` is what is printed, `was_read` whether the message said anything at all."""

    document: dict[str, Any]
    was_read: bool


@dataclass(slots=True)
class _Parcel:
    """What one message says of one parcel."""

    number: str = ""
    order_number: str = ""
    carrier: str = ""
    service: str = ""
    is_void: bool = False
    update: ShipmentUpdate | None = None
    observation: Observation | None = None
    events: list[tuple[ObservedEvent, Meaning]] = field(default_factory=list)


def explain(connector: Connector, mapping: Mapping, message: RawMessage) -> Explanation:
    """Read `message`, give its codes their meaning under `mapping`, and project each parcel from this message alone.

    A message that cannot be read gives an empty document with the reason under `errors`. Raises nothing.
    """
    try:
        reading = connector.read(message)
    except UnreadableMessage as problem:
        return Explanation(_document(Reading(), [], [], [{"where": "", "message": str(problem)}]), was_read=False)
    errors = [{"where": error.where, "message": error.message} for error in reading.errors]
    if reading.ignored:
        errors.append({"where": "", "message": reading.ignored})
    events = [
        (event, mapping.resolve(connector.kind, event.carrier, event.keys, event.description))
        for event in reading.events
    ]
    precedence = ORIGIN_PRECEDENCE[connector.origin]
    shipments = [_shipment(parcel, precedence) for parcel in _parcels(reading, events)]
    errors += [
        {"where": "", "message": f"The message only names what is to be fetched: {url}"} for url in reading.fetch_back
    ]
    was_read = not replace(reading, fetch_back=()).is_empty
    return Explanation(_document(reading, shipments, events, errors), was_read)


def _document(
    reading: Reading,
    shipments: list[dict[str, Any]],
    events: list[tuple[ObservedEvent, Meaning]],
    errors: list[dict[str, str]],
) -> dict[str, Any]:
    numbers = _numbers_of_fulfilments(reading)
    return {
        "orders": _orders(reading),
        "shipments": shipments,
        "events": [_event(event, meaning, numbers) for event, meaning in events],
        "errors": errors,
    }


# --- Orders -----------------------------------------------------------------------------------------------------


def _orders(reading: Reading) -> list[dict[str, Any]]:
    """Return every order; a fulfilment that came without its order makes an entry that holds the order's id alone."""
    loose: dict[str, list[FulfilmentUpdate]] = defaultdict(list)
    for fulfilment in reading.fulfilments:
        loose[fulfilment.order_external_id].append(fulfilment)
    whole = [_order(order, [*order.fulfilments, *loose.pop(order.external_id, [])]) for order in reading.orders]
    stubs = [OrderUpdate(external_id=key, number="", version_at=None, created_at=None) for key in loose]
    return whole + [_order(stub, loose[stub.external_id]) for stub in stubs]


def _order(order: OrderUpdate, fulfilments: Iterable[FulfilmentUpdate]) -> dict[str, Any]:
    return {
        "number": order.number or None,
        "external_id": order.external_id or None,
        "created_at": _moment(order.created_at),
        "currency": order.currency or None,
        "total_minor": order.total_minor,
        "email": order.email or None,
        "fulfilments": [
            {"external_id": one.external_id or None, "tracking_numbers": list(one.tracking_numbers)}
            for one in fulfilments
        ],
    }


# --- Parcels ----------------------------------------------------------------------------------------------------


def _fulfilments(reading: Reading) -> list[tuple[FulfilmentUpdate, str]]:
    """Return every fulfilment with its order's number ("" when the message does not tell it)."""
    nested = [(one, order.number) for order in reading.orders for one in order.fulfilments]
    return nested + [(one, "") for one in reading.fulfilments]


def _numbers_of_fulfilments(reading: Reading) -> dict[str, str]:
    """Return the tracking number of each fulfilment that has exactly one: events may name the fulfilment only."""
    return {
        one.external_id: one.tracking_numbers[0] for one, _ in _fulfilments(reading) if len(one.tracking_numbers) == 1
    }


def _parcels(reading: Reading, events: list[tuple[ObservedEvent, Meaning]]) -> list[_Parcel]:
    """Gather what is told by parcel, in the order of first mention. Each spelling of a number is one parcel."""
    parcels: dict[str, _Parcel] = defaultdict(_Parcel)
    numbers = _numbers_of_fulfilments(reading)

    def of(number: str, fulfilment_id: str = "") -> _Parcel:
        parcel = parcels[normalize(number) or f"fulfilment {fulfilment_id}"]
        parcel.number = parcel.number or number
        return parcel

    for fulfilment, order_number in _fulfilments(reading):
        for number in fulfilment.tracking_numbers or ("",) * fulfilment.requires_shipping:
            _announce(of(number, fulfilment.external_id), fulfilment, order_number)
    for update in reading.shipments:
        of(update.tracking_number).update = update
    for observation in reading.observations:
        of(observation.tracking_number).observation = observation
    for event, meaning in events:
        number = event.tracking_number or numbers.get(event.fulfilment_id, "")
        of(number, event.fulfilment_id).events.append((event, meaning))
    return list(parcels.values())


def _announce(parcel: _Parcel, fulfilment: FulfilmentUpdate, order_number: str) -> None:
    parcel.order_number = parcel.order_number or order_number
    parcel.carrier = parcel.carrier or code_for(fulfilment.carrier_name)
    parcel.service = parcel.service or fulfilment.service
    parcel.is_void = fulfilment.status == "cancelled"


def _shipment(parcel: _Parcel, precedence: int) -> dict[str, Any]:
    update = parcel.update or ShipmentUpdate(tracking_number=parcel.number, carrier="")
    observation = parcel.observation
    told = [event.carrier for event, _ in parcel.events] + [observation.carrier if observation else ""]
    estimate = (observation.estimate_at or observation.estimate_until) if observation else None
    return {
        "tracking_number": parcel.number or None,
        "carrier": next(filter(None, (update.carrier, parcel.carrier, *told)), None),
        "service": update.service or parcel.service or None,
        "order_number": update.order_number or parcel.order_number or None,
        "label_created_at": _when(update.label_created_at),
        "voided": update.voided or parcel.is_void,
        "direction": update.direction or Direction.OUTBOUND.value,
        "estimate": _when(estimate),
        "status": _status(parcel, update, precedence),
    }


def _status(parcel: _Parcel, update: ShipmentUpdate, precedence: int) -> str:
    """Project the parcel from this message alone. Receipt counts as the event's own time: there is no clock here, so
    nothing is from the future."""
    facts = [_fact(event, meaning, precedence) for event, meaning in parcel.events]
    if update.voided or parcel.is_void:
        facts.append(_void(update, facts, precedence))
    seen = [_snapshot(parcel.observation, precedence)] if parcel.observation else []
    return project(facts, seen).status


def _fact(event: ObservedEvent, meaning: Meaning, precedence: int) -> EventFact:
    settled = settle(event.when, event.place, "", meaning.milestone)
    shape = "" if event.keys else text_shape(event.description)
    return EventFact(
        identity=event_identity(1, event.when.text, event.keys, shape),
        occurred_at=settled.occurred_at,
        precision=settled.precision,
        received_at=settled.occurred_at,
        source_id=1,
        precedence=precedence,
        milestone=meaning.milestone,
        evidence=meaning.evidence,
        reason=meaning.reason,
        turn=meaning.turn,
        hint=meaning.hint,
        local_date=settled.local_date,
        place_city=event.place.city,
        place_region=event.place.region,
        place_postcode=event.place.postcode,
        place_country=event.place.country,
        signed_by=event.signed_by,
        carrier=event.carrier,
    )


def _void(update: ShipmentUpdate, facts: list[EventFact], precedence: int) -> EventFact:
    """A void tells no time of its own: it counts from the label, so that a later scan re-opens the parcel."""
    times = [fact.occurred_at for fact in facts]
    if update.label_created_at is not None:
        times.append(settle(update.label_created_at, None, "", Milestone.LABEL_CREATED).occurred_at)
    at = min(times, default=LONG_AGO)
    return EventFact(
        identity=0,
        occurred_at=at,
        precision=Precision.INSTANT.value,
        received_at=at,
        source_id=1,
        precedence=precedence,
        milestone=Milestone.CANCELLED.value,
        evidence=Evidence.NOT_PHYSICAL.value,
        is_void=True,
    )


def _snapshot(observation: Observation, precedence: int) -> ObservationFact:
    """Only what bears on the status; the moment of telling is unknown here and does not matter for one source."""
    return ObservationFact(
        source_id=1,
        precedence=precedence,
        observed_at=LONG_AGO,
        not_found=observation.not_found,
        not_found_since=LONG_AGO if observation.not_found else None,
        delay_flag=observation.delay_flag,
        return_by=observation.return_by,
        signed_by=observation.signed_by,
    )


# --- Events and plain values ------------------------------------------------------------------------------------


def _event(event: ObservedEvent, meaning: Meaning, numbers: dict[str, str]) -> dict[str, Any]:
    return {
        "tracking_number": event.tracking_number or numbers.get(event.fulfilment_id) or None,
        "occurred_at": _when(event.when),
        "raw_code": event.raw_code or None,
        "raw_subcode": event.raw_subcode or None,
        "raw_description": event.description or None,
        "location": _location(event.place),
        "milestone": meaning.milestone,
        "reason": meaning.reason or None,
        "evidence": meaning.evidence,
    }


def _location(place: Place) -> str | None:
    """Return a place on one line, "Portland, OR 97201, US"; None when nothing of it is known."""
    middle = " ".join(part for part in (place.region, place.postcode) if part)
    return ", ".join(part for part in (place.city, middle, place.country) if part) or None


def _when(when: When | None) -> str | None:
    """Return a time as it is known: UTC with Z, local without zone, or a date."""
    if when is None:
        return None
    if when.precision == Precision.INSTANT and isinstance(when.value, datetime):
        return _moment(when.value)
    return when.value.isoformat()


def _moment(value: datetime | None) -> str | None:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if value else None
