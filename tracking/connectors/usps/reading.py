"""Reading what USPS says of parcels: the detail objects of Tracking v3r2, polled or pushed. Pure."""

import re
from typing import Any

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
)
from tracking.connectors.parsing import Node, decode_json
from tracking.connectors.usps import pushes
from tracking.connectors.usps.estimates import estimate
from tracking.connectors.usps.problems import problem_of
from tracking.connectors.usps.times import event_time

CARRIER = "usps"
_UNITED_STATES = frozenset({"US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA"})
# "Delivered, Front Door/Porch" names the spot; "Delivered, To Agent" names a person instead.
_SPOT = re.compile(r"delivered, (?!to )(?P<spot>.+)", re.IGNORECASE)


def read(message: RawMessage) -> Reading:
    """Read a push envelope, one detail object, or a list of them.

    A bad parcel or event becomes an entry of `errors`. Raises UnreadableMessage when no parcel is in it at all.
    """
    value = decode_json(message.body)
    if pushes.is_envelope(value):
        value = pushes.content(value)
    errors: list[Unreadable] = []
    parcels = [_Parcel(node) for node in _parcels(value, errors)]
    return Reading(
        shipments=tuple(p.update for p in parcels if p.update),
        events=tuple(event for p in parcels for event in p.events),
        observations=tuple(p.observation for p in parcels if p.observation),
        errors=tuple(dict.fromkeys(errors)),
        # Whether a push holds the whole history is not documented; a poll answer does.
        complete_for=frozenset(p.number for p in parcels if p.is_complete and message.transport == "poll"),
        ignored="" if parcels or errors else "The message names no parcel.",
    )


def _parcels(value: Any, errors: list[Unreadable]) -> list[Node]:
    """Return the objects of the message that name a parcel; note the others."""
    if isinstance(value, dict):
        node = Node(value, errors)
        if not node.text("trackingNumber"):
            raise UnreadableMessage(problem_of(node) or "The message names no tracking number.")
        return [node]
    if not isinstance(value, list):
        raise UnreadableMessage("The message is neither an object nor a list of objects.")
    nodes = list(Node({"": value}, errors).nodes(""))
    for node in nodes:
        if not node.text("trackingNumber"):
            node.note("trackingNumber", problem_of(node) or "This entry names no tracking number.")
    return [node for node in nodes if node.text("trackingNumber")]


class _Parcel:
    """What one detail object says, taken apart once."""

    def __init__(self, node: Node) -> None:
        self.number = node.text("trackingNumber")
        self.events: tuple[ObservedEvent, ...] = ()
        self.update: ShipmentUpdate | None = None
        self.observation: Observation | None = None
        self.is_complete = False
        if node.has("error") and not node.has("trackingEvents"):
            self._read_problem(node)
        else:
            self._read_details(node)

    def _read_problem(self, node: Node) -> None:
        problem = problem_of(node)
        if problem:
            node.note("error", problem)
        else:
            self.observation = Observation(self.number, CARRIER, not_found=True)

    def _read_details(self, node: Node) -> None:
        before = len(node.errors)
        found = [_event(event, self.number) for event in node.nodes("trackingEvents")]
        self.events = tuple(event for event in found if event)
        self.is_complete = node.has("trackingEvents") and len(node.errors) == before
        self.update = ShipmentUpdate(
            self.number,
            CARRIER,
            service=_service(node.text("mailClass")),
            ship_from=_place(node, "origin", "Country"),
            ship_to=_place(node, "destination", "CountryCode"),
        )
        self.observation = self._observation(node)

    def _observation(self, node: Node) -> Observation:
        start, end = estimate(node)
        return Observation(
            self.number,
            CARRIER,
            not_found=False,
            estimate_at=start,
            estimate_until=end,
            return_by=node.day("returnDateNotice"),
            signed_by=next((event.signed_by for event in self.events if event.signed_by), ""),
            delivered_to=next((spot for event in self.events if (spot := _spot(event))), ""),
            destination=_place(node, "destination", "CountryCode"),
        )


def _service(mail_class: str) -> str:
    """Write a mail class for people: "USPS_GROUND_ADVANTAGE" -> "Ground Advantage"; words stay as they are."""
    return mail_class.removeprefix("USPS_").replace("_", " ").title() if "_" in mail_class else mail_class


def _event(node: Node, number: str) -> ObservedEvent | None:
    """Read one tracking event; None (and a note) when it has no time, or neither code nor text."""
    code, text, reason = node.text("eventCode"), node.text("eventType"), node.text("reasonCode")
    when = event_time(node)
    if not code and not text:
        node.note("eventCode", "The event has neither a code nor a text.")
        return None
    if when is None:
        return None
    return ObservedEvent(
        tracking_number=number,
        carrier=CARRIER,
        when=when,
        keys=_keys(code, text, reason),
        raw_code=code,
        raw_subcode=reason,
        description=text,
        place=_place(node, "event", "Country") or Place(),
        signed_by=node.text("name") or node.text("firm"),
    )


def _keys(code: str, text: str, reason: str) -> tuple[LookupKey, ...]:
    """Return the look-up keys: the code (two characters, `3` is `03`), then the text for codes that nobody knows.

    Rows for any code decide by text alone, so the first key stays also without a code. Such an event is told apart by
    its words, so that two of them at one moment stay two events.
    """
    return (LookupKey("eventCode", _padded(code), reason), LookupKey("eventType", "*" if code else text.lower()))


def _padded(code: str) -> str:
    return code.zfill(2) if code.isdecimal() else code.upper()


def _spot(event: ObservedEvent) -> str:
    match = _SPOT.fullmatch(event.description)
    return match["spot"] if match else ""


def _place(node: Node, prefix: str, country_key: str) -> Place | None:
    """Read `eventCity`, `originZIP` and their like; None when all are empty."""
    city, region, postcode = (node.text(prefix + part) for part in ("City", "State", "ZIP"))
    country = _country(node.text(prefix + country_key), is_domestic=bool(region or postcode))
    return Place(city, region, postcode, country) if city or region or postcode or country else None


def _country(text: str, is_domestic: bool) -> str:
    """Return the two-letter code. USPS leaves it out at home and writes full names abroad, which are dropped."""
    if not text:
        return "US" if is_domestic else ""
    name = text.upper()
    if name in _UNITED_STATES:
        return "US"
    return name if re.fullmatch(r"[A-Z]{2}", name) else ""
