"""One package of a Track answer, and what an answer without package means. Pure."""

from collections.abc import Iterator

from tracking.connectors.contract import Observation, ObservedEvent, Place, ShipmentUpdate, When
from tracking.connectors.numbers import normalize
from tracking.connectors.parsing import Node
from tracking.connectors.ups import estimates
from tracking.connectors.ups.alerts import partners
from tracking.connectors.ups.events import CARRIER, NAME, build_event, read_place, read_status, table_of
from tracking.connectors.ups.times import read_event_time, read_local

NOT_FOUND = "TW0001"
USPS_NUMBER = "USPS_PIC"  # the number of the post, which makes the last leg
_LABELS = frozenset({("M", ""), ("I", "OC"), ("I", "PL")})
_NOT_FOUND_WORDS = ("not found", "no tracking information", "not available")


class Package:
    """What one package says, taken apart once. UPS sends its activities newest first."""

    def __init__(self, node: Node, number: str) -> None:
        self._node = node
        self.number = number
        self.service = node.node("service").text("description", NAME)
        before = len(node.errors)
        self.events = tuple(reversed(list(self._events())))
        self.is_complete = node.has("activity") and len(node.errors) == before

    def _events(self) -> Iterator[ObservedEvent]:
        table = table_of(self.service, self.number)
        for activity in self._node.nodes("activity"):
            status = read_status(activity.node("status"))
            before = len(activity.errors)
            when = read_event_time(activity, ("date", "time"), ("gmtDate", "gmtTime"))
            if when is None and len(activity.errors) == before:
                activity.note("date", "This activity has no time.")
            if not (status.type or status.code or status.status_code):
                activity.note("status", "This activity has no status.")
            elif when is not None:
                place = read_place(activity.node("location").node("address"))
                yield build_event(self.number, status, when, place, table)

    @property
    def update(self) -> ShipmentUpdate:
        """The parcel's service, label, other numbers and places."""
        return ShipmentUpdate(
            self.number,
            CARRIER,
            service=self.service,
            label_created_at=self._label_time(),
            voided=read_status(self._node.node("currentStatus")).type == "MV",
            partner_numbers=self._partners(),
            ship_from=self._address("ORIGIN"),
            ship_to=self._address("DESTINATION"),
        )

    @property
    def observation(self) -> Observation:
        """The snapshot's facts: estimate, proof, last day at a pickup point."""
        start, end = estimates.of_package(self._node)
        proof = self._node.node("deliveryInformation")
        until = read_local(self._node.node("accessPointInformation"), "pickupByDate")
        return Observation(
            self.number,
            CARRIER,
            not_found=False,
            estimate_at=start,
            estimate_until=end,
            return_by=until.value if until else None,
            signed_by=proof.text("receivedBy", NAME),
            delivered_to=proof.text("location", NAME),
            destination=self._address("DESTINATION"),
        )

    def _label_time(self) -> When | None:
        """Return the time of the first word that a label exists."""
        labels = (e.when for e in self.events if {(e.raw_subcode, ""), (e.raw_subcode, e.raw_code)} & _LABELS)
        return next(labels, None)

    def _partners(self) -> tuple[tuple[str, str], ...]:
        others = list(self._node.nodes("alternateTrackingNumber"))
        posts = [(n, "usps") for o in others if o.text("type") == USPS_NUMBER and (n := o.text("number", 64))]
        rest = partners([other.text("number", 64) for other in others], self.number)
        return tuple(dict.fromkeys(pair for pair in (*posts, *rest) if normalize(pair[0]) != normalize(self.number)))

    def _address(self, kind: str) -> Place | None:
        for entry in self._node.nodes("packageAddress"):
            place = read_place(entry.node("address"))
            if entry.text("type").upper() == kind and place != Place():
                return place
        return None


def not_found(number: str) -> Observation:
    """Return the fact that UPS does not know a number."""
    return Observation(number, CARRIER, not_found=True)


def says_not_found(node: Node) -> bool:
    """Tell whether the warnings or errors of an answer mean that UPS does not know the number."""
    said = _said(node)
    return any(code == NOT_FOUND or any(words in text.lower() for words in _NOT_FOUND_WORDS) for code, text in said)


def problem_of(node: Node) -> str:
    """Return a sentence for the warnings or errors of an answer, "" when there are none."""
    said = _said(node)
    if not said:
        return ""
    words = " ".join(part for part in (said[0][0], said[0][1][:200].rstrip(".")) if part)
    return f"UPS answered with an error: {words or 'no explanation'}."


def _said(node: Node) -> list[tuple[str, str]]:
    return [
        (entry.text("code", 40), entry.text("message", 500))
        for key in ("warnings", "errors")
        for entry in Node(node.value, []).nodes(key)
    ]
