"""The tracking of one parcel as V2 (and ShipEngine, OpenAPI 1.1) tells it: always the whole history. Pure.

`status_code` is coarse (EX stands for a mere delay as well as for a return), so `status_detail_code` is asked first.
"""

from dataclasses import replace

from tracking.connectors.carriers import code_for
from tracking.connectors.contract import LookupKey, Observation, ObservedEvent, Place, Reading, When
from tracking.connectors.parsing import Node
from tracking.connectors.shipstation.labels import place
from tracking.connectors.shipstation.orders import NAME, NUMBER
from tracking.vocabulary import Precision

CODE = 80
WITHOUT_DATA = frozenset({"UN", "NY"})  # statuses of a number that no carrier has told about
LABEL_NUMBER = "label_tracking_number"  # our own word: the number of the label whose track was asked for


def read_tracking(node: Node, *, is_newest: bool) -> Reading:
    """Read one tracking object. `is_newest`: it was asked for just now, so its history is the whole and the newest;
    pushes overtake each other."""
    number = node.text("tracking_number", NUMBER) or node.text(LABEL_NUMBER, NUMBER)
    if not number:
        node.note("tracking_number", "The tracking names no number.")
        return Reading()
    carrier = code_for(node.text("carrier_code", NAME))
    before = len(node.errors)
    found = [_event(part, number, carrier) for part in node.nodes("events")]
    events = tuple(event for event in found if event)
    is_whole = is_newest and node.has("events") and len(node.errors) == before
    return Reading(
        events=events,
        observations=(_observation(node, number, carrier, events),),
        complete_for=frozenset({number}) if is_whole else frozenset(),
    )


def _event(node: Node, number: str, carrier: str) -> ObservedEvent | None:
    """Read one event; None (and a note) without a time or any status."""
    status, detail = node.text("status_code", CODE).upper(), node.text("status_detail_code", CODE).upper()
    when = _when(node)
    if when is None and not node.has("occurred_at"):
        node.note("occurred_at", "The event has no time.")
    if not status and not detail:
        node.note("status_code", "The event has no status.")
    if when is None or not (status or detail):
        return None
    return ObservedEvent(
        tracking_number=number,
        carrier=carrier,
        when=when,
        keys=_keys(status, detail),
        raw_code=status,
        raw_subcode=detail,
        description=node.text("description", 500) or node.text("carrier_status_description", 500),
        place=place(node) or Place(),
        signed_by=node.text("signer", NAME),
    )


def _when(node: Node) -> When | None:
    """Return `occurred_at`, which is UTC; where it is missing the carrier's own time of the place, without zone."""
    when = node.when("occurred_at")
    if when is None:
        local = node.when("carrier_occurred_at")
        return local if local and local.precision != Precision.INSTANT else None
    return as_utc(when)


def as_utc(when: When) -> When:
    """Return a time told without offset as the UTC it is documented to be."""
    if when.precision != Precision.LOCAL:
        return when
    read = Node({"at": f"{when.text}Z"}, []).when("at")
    return replace(read, text=when.text) if read else when


def _keys(status: str, detail: str) -> tuple[LookupKey, ...]:
    """Return the look-up keys: the detail together with its status, then the status."""
    keys = [LookupKey("status_detail_code", detail, status)] if detail else []
    return (*keys, LookupKey("status_code", status)) if status else tuple(keys)


def _observation(node: Node, number: str, carrier: str, events: tuple[ObservedEvent, ...]) -> Observation:
    """The snapshot's facts. A number without any history whose status says so is not known to its carrier."""
    is_unknown = node.text("status_code", CODE).upper() in WITHOUT_DATA and not events
    estimate = node.when("estimated_delivery_date")
    return Observation(
        number,
        carrier,
        not_found=is_unknown,
        estimate_at=as_utc(estimate) if estimate else None,
        signed_by=next((event.signed_by for event in events if event.signed_by), ""),
    )
