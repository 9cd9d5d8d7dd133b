"""FedEx's bytes -> a reading. Pushed messages and parts of poll answers have one shape, so there is one reader.

Several parcels under one number: FedEx reuses numbers and then answers one result per parcel. One parcel owns the plain
number: the one shipped nearest to the ship date we asked for, else the newest by ship date, else by last scan. An older
result is the same parcel when it was re-labelled: at most three days apart, same destination, never delivered; then its
scans belong to it too. Any other is a stranger's parcel: it is named in `errors` and nothing of it is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tracking.connectors.contract import (
    LookupKey,
    Observation,
    ObservedEvent,
    Place,
    RawMessage,
    Reading,
    ShipmentUpdate,
    Unreadable,
    UnreadableMessage,
    When,
)
from tracking.connectors.fedex import facts
from tracking.connectors.fedex.scans import CARRIER, CODE, NAME, read_scan
from tracking.connectors.fedex.times import sort_moment
from tracking.connectors.parsing import Node, decode_json
from tracking.vocabulary import Transport

RELABELLED_WITHIN_DAYS = 3
ASKED = "asked"  # our own wrapper key in a stored poll part: what was asked, to choose between several parcels


@dataclass(frozen=True, slots=True)
class _Parcel:
    """One entry of `trackResults`, enough of it to choose."""

    node: Node
    dates: dict[str, When]
    ship_date: date | None
    unique_id: str
    destination: Place | None


class _Found:
    """What has been read so far."""

    def __init__(self) -> None:
        self.shipments: list[ShipmentUpdate] = []
        self.events: list[ObservedEvent] = []
        self.observations: list[Observation] = []
        self.complete: set[str] = set()
        self.errors: list[Unreadable] = []


def read(message: RawMessage) -> Reading:
    """Understand one message. Raises UnreadableMessage when there is no tracking result in it at all."""
    found = _Found()
    seen = False
    for root in _roots(message.body, found.errors):
        for entry in root.node("output").nodes("completeTrackResults"):
            seen = True
            _read_entry(entry, root, found, is_poll=message.transport == Transport.POLL)
        _refuse_error_answer(root)
    if not seen and not found.errors:
        raise UnreadableMessage("The message holds no FedEx tracking result (output.completeTrackResults).")
    return Reading(
        shipments=tuple(found.shipments),
        events=tuple(found.events),
        observations=tuple(found.observations),
        errors=tuple(dict.fromkeys(found.errors)),
        complete_for=frozenset(found.complete),
    )


def _roots(body: bytes, errors: list[Unreadable]) -> list[Node]:
    value = decode_json(body)
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, dict) for item in items):
        raise UnreadableMessage("The message is JSON but not an object.")
    return [Node(item, errors, f"[{i}]" if isinstance(value, list) else "") for i, item in enumerate(items)]


def _refuse_error_answer(root: Node) -> None:
    """A whole answer that is an error (HTTP 400 and more) tells nothing about parcels."""
    if root.has("output") or not isinstance(root.value.get("errors"), list):
        return
    code = next((error.text("code") for error in root.nodes("errors")), "") or "without a code"
    raise UnreadableMessage(f"The message is an error answer of FedEx: {code}.")


def _read_entry(entry: Node, root: Node, found: _Found, *, is_poll: bool) -> None:
    asked_number = entry.text("trackingNumber")
    parcels: dict[str, list[_Parcel]] = {}
    is_empty = True
    for result in entry.nodes("trackResults"):
        is_empty = False
        number = asked_number or result.node("trackingNumberInfo").text("trackingNumber")
        if not number:
            result.note("trackingNumberInfo", "This result names no tracking number.")
        elif result.has("error"):
            _read_error(result, number, found)
        else:
            parcels.setdefault(number, []).append(_weigh(result))
    for number, same in parcels.items():
        found.observations = [seen for seen in found.observations if seen.tracking_number != number]  # it is found
        _read_parcels(number, same, root.node(ASKED), found, is_poll=is_poll)
    if is_empty:
        entry.note("trackResults", "There is no result for this number.")


def _read_error(result: Node, number: str, found: _Found) -> None:
    """Not found comes inside a good answer; a new label is often not found for hours: a fact, no failure."""
    error = result.node("error")
    code = error.text("code").upper()
    if code.endswith("NOTFOUND"):
        found.observations.append(Observation(tracking_number=number, carrier=CARRIER, not_found=True))
        return
    result.note("error", f"FedEx answers {code or 'an error without code'} for this number.")


def _weigh(result: Node) -> _Parcel:
    dates = facts.read_dates(result)
    return _Parcel(
        node=result,
        dates=dates,
        ship_date=facts.ship_date(dates),
        unique_id=result.node("trackingNumberInfo").text("trackingNumberUniqueId"),
        destination=facts.read_destination(result),
    )


def _read_parcels(number: str, parcels: list[_Parcel], asked: Node, found: _Found, *, is_poll: bool) -> None:
    owner = _owner(parcels, asked.day("shipDate") if asked.value else None)
    events = list(_events(owner, number))
    for other in parcels:
        if other is owner:
            continue
        if _is_relabelled(other, owner):
            events += _events(other, number)
        else:
            name = f"{other.unique_id or 'without id'}, shipped {other.ship_date or 'on an unknown day'}"
            other.node.note("", f"Another parcel has the same number ({name}); nothing of it is taken.")
    found.shipments.append(facts.read_shipment(owner.node, number, owner.dates))
    found.observations.append(facts.read_observation(owner.node, number, owner.dates))
    found.events += events
    if is_poll and owner.node.has("scanEvents"):
        found.complete.add(number)


def _owner(parcels: list[_Parcel], shipped: date | None) -> _Parcel:
    """Return the parcel that owns the plain number; the same whatever order FedEx lists them in."""

    def rank(parcel: _Parcel) -> tuple[int, date, str, str]:
        day = parcel.ship_date or date.min
        distance = abs((day - shipped).days) if shipped else 0
        return -distance, day, _newest_scan(parcel), parcel.unique_id

    return max(parcels, key=rank) if len(parcels) > 1 else parcels[0]


def _newest_scan(parcel: _Parcel) -> str:
    return max((sort_moment(scan.text("date")) for scan in parcel.node.nodes("scanEvents")), default="")


def _is_relabelled(other: _Parcel, owner: _Parcel) -> bool:
    if other.ship_date is None or owner.ship_date is None or other.destination is None:
        return False
    near = 0 <= (owner.ship_date - other.ship_date).days <= RELABELLED_WITHIN_DAYS
    ended = facts.latest_code(other.node) == "DL"
    return near and not ended and other.destination == owner.destination and other.unique_id != owner.unique_id


def _events(parcel: _Parcel, number: str) -> Iterable[ObservedEvent]:
    """Yield the scans, oldest first (FedEx sends newest first); without any, the latest status when it has a time."""
    company = parcel.node.node("trackingNumberInfo").text("carrierCode", CODE).upper()
    scans = list(parcel.node.nodes("scanEvents"))
    for scan in reversed(scans):
        event = read_scan(scan, number, company)
        if event is not None:
            yield event
    if not scans:
        yield from _latest_as_event(parcel, number)


def _latest_as_event(parcel: _Parcel, number: str) -> Iterable[ObservedEvent]:
    """A label that was never scanned, or an answer without detailed scans, still says one thing."""
    latest = parcel.node.node("latestStatusDetail")
    code, derived = latest.text("code", CODE).upper(), latest.text("derivedCode", CODE).upper()
    when = parcel.dates.get(facts.LATEST_TIMES.get(code, ""))
    if when is None:
        return
    own = [LookupKey("eventType", code)] if code != "IN" else []  # as an event, IN is something else than a label
    summary = LookupKey("derivedStatusCode", derived or code)
    yield ObservedEvent(
        tracking_number=number,
        carrier=CARRIER,
        when=when,
        keys=(*own, summary),
        raw_code=code,
        description=latest.text("description", NAME) or latest.text("statusByLocale", NAME),
    )
