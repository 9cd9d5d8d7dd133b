"""One pushed event of Track Alert v2: a flat object about one number. Pure."""

from dataclasses import dataclass

from tracking.connectors.contract import Observation, ObservedEvent, ShipmentUpdate, When
from tracking.connectors.numbers import detect, normalize
from tracking.connectors.parsing import Node
from tracking.connectors.ups import estimates
from tracking.connectors.ups.events import CARRIER, NAME, PARCEL, build_event, read_place, read_status
from tracking.connectors.ups.times import read_event_time

LABEL_TYPE = "M"


@dataclass(frozen=True, slots=True)
class Alert:
    """What one pushed event says."""

    update: ShipmentUpdate
    observation: Observation
    event: ObservedEvent | None


def read(node: Node) -> Alert | None:
    """Read one event; None when it names no number. Without a readable time or status there is no event in it."""
    number = node.text("trackingNumber", 64)
    if not number:
        node.note("trackingNumber", "This event names no tracking number.")
        return None
    event = _event(node, number)
    start, end = estimates.of_alert(node)
    update = ShipmentUpdate(
        number,
        CARRIER,
        label_created_at=_label_time(event),
        partner_numbers=partners([node.text("alternateTrackingNumber", 64)], number),
    )
    seen = Observation(
        number,
        CARRIER,
        not_found=False,
        estimate_at=start,
        estimate_until=end,
        signed_by=node.text("receivedBy", NAME),
    )
    return Alert(update, seen, event)


def _event(node: Node, number: str) -> ObservedEvent | None:
    status = read_status(node.node("activityStatus"))
    before = len(node.errors)
    when = read_event_time(node, ("localActivityDate", "localActivityTime"), ("gmtActivityDate", "gmtActivityTime"))
    if when is None and len(node.errors) == before:
        node.note("localActivityDate", "The event has no time.")
    if not (status.type or status.code or status.status_code):
        node.note("activityStatus", "The event has no status.")
        return None
    if when is None:
        return None
    place = read_place(node.node("activityLocation"))
    return build_event(number, status, when, place, PARCEL, node.text("receivedBy", NAME))


def _label_time(event: ObservedEvent | None) -> When | None:
    return event.when if event and event.raw_subcode == LABEL_TYPE else None


def partners(numbers: list[str], own: str) -> tuple[tuple[str, str], ...]:
    """Return (number, carrier) of other numbers that look like those of exactly one other carrier."""
    found = []
    for number in numbers:
        carriers = detect(number) - {CARRIER}
        if len(carriers) == 1 and normalize(number) != normalize(own):
            found.append((number, next(iter(carriers))))
    return tuple(dict.fromkeys(found))
