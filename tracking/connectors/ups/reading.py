"""Reading what UPS says of parcels: answers of Track v1 and events of Track Alert v2. Pure."""

from collections.abc import Iterator
from typing import Any

from tracking.connectors.contract import RawMessage, Reading, Unreadable, UnreadableMessage
from tracking.connectors.parsing import Node, decode_json
from tracking.connectors.ups import alerts
from tracking.connectors.ups.packages import Package, not_found, problem_of, says_not_found
from tracking.vocabulary import Transport

ASKED = "asked"  # our own key in a stored poll part: the number asked about, which an error answer does not repeat


def read(message: RawMessage) -> Reading:
    """Understand one message: an answer of Track, an event of Track Alert, or a list of events.

    Raises UnreadableMessage when no parcel is in it at all.
    """
    value = decode_json(message.body)
    errors: list[Unreadable] = []
    if isinstance(value, list):
        return _read_alerts(list(Node({"": value}, errors).nodes("")), errors)
    if not isinstance(value, dict):
        raise UnreadableMessage("The message is neither an object nor a list of objects.")
    root = Node(value, errors)
    if root.has("trackResponse"):
        return _read_answer(root, message)
    if root.has("trackingNumber"):
        return _read_alerts([root], errors)
    return _read_refusal(root)


def _read_answer(root: Node, message: RawMessage) -> Reading:
    packages: list[Package] = []
    unknown: list[str] = []
    for shipment in root.node("trackResponse").nodes("shipment"):
        found = list(_packages(shipment, root.text(ASKED)))
        packages += found
        if not found and says_not_found(shipment):
            unknown.append(shipment.text("inquiryNumber") or root.text(ASKED))
        elif not found:
            shipment.note("package", problem_of(shipment) or "This shipment names no package.")
    unknown = [number for number in unknown if number]
    if not packages and not unknown and not root.errors:
        raise UnreadableMessage("The answer holds no shipment.")
    return Reading(
        shipments=tuple(package.update for package in packages),
        events=tuple(event for package in packages for event in package.events),
        observations=(*(p.observation for p in packages), *(not_found(number) for number in unknown)),
        errors=tuple(dict.fromkeys(root.errors)),
        complete_for=frozenset(p.number for p in packages if p.is_complete and message.transport == Transport.POLL),
    )


def _packages(shipment: Node, asked: str) -> Iterator[Package]:
    inquiry = shipment.text("inquiryNumber") or asked
    for node in shipment.nodes("package"):
        number = node.text("trackingNumber") or inquiry
        if number:
            yield Package(node, number)
        else:
            node.note("trackingNumber", "This package names no tracking number.")


def _read_alerts(nodes: list[Node], errors: list[Unreadable]) -> Reading:
    found = [alert for node in nodes if (alert := alerts.read(node))]
    if not found and not errors and nodes:
        raise UnreadableMessage("The message names no tracking number.")
    return Reading(
        shipments=tuple(alert.update for alert in found),
        events=tuple(alert.event for alert in found if alert.event),
        observations=tuple(alert.observation for alert in found),
        errors=tuple(dict.fromkeys(errors)),
        ignored="" if found or errors else "The message holds no event.",
    )


def _read_refusal(root: Node) -> Reading:
    """An error answer tells something of a parcel only when it says that UPS does not know the number we asked for."""
    response: Any = root.node("response") if root.has("response") else root
    number = root.text(ASKED)
    if number and says_not_found(response):
        return Reading(observations=(not_found(number),))
    problem = problem_of(response)
    raise UnreadableMessage(problem or "The message is neither an answer of Track nor an event of Track Alert.")
