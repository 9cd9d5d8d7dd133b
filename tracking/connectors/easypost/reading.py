"""Reading what EasyPost sends: an event of a webhook, a tracker, or a list of trackers. Pure."""

from typing import Any

from tracking.connectors.contract import RawMessage, Reading, ShipmentUpdate, Unreadable, UnreadableMessage
from tracking.connectors.easypost.trackers import Tracker, carrier_of
from tracking.connectors.parsing import Node, decode_json
from tracking.vocabulary import Transport

REFUNDED = "refund.successful"


def read(message: RawMessage) -> Reading:
    """Understand one message. Events about anything but trackers and refunded labels are ignored with a reason.

    Raises UnreadableMessage when there is no tracker in it although there should be.
    """
    value = decode_json(message.body)
    errors: list[Unreadable] = []
    if isinstance(value, dict) and _is_event(value):
        return _read_event(Node(value, errors), message)
    return _read_trackers(_trackers(value, errors), errors, message)


def _is_event(value: dict[str, Any]) -> bool:
    return value.get("object") == "Event" or ("result" in value and "description" in value)


def _read_event(event: Node, message: RawMessage) -> Reading:
    """Read the object an event is about; its description says what happened to it (`tracker.updated`)."""
    what, result = event.text("description", 80), event.node("result")
    if what == REFUNDED:
        return _read_refund(result)
    if what and not what.startswith("tracker."):
        return Reading(ignored=f'The event "{what}" is not used.')
    if not result.text("tracking_code"):
        raise UnreadableMessage("The event holds no tracker with a tracking code.")
    return _read_trackers([result], event.errors, message)


def _read_refund(refund: Node) -> Reading:
    """A refunded label is void; a later scan re-opens the parcel."""
    number = refund.text("tracking_code", 128)
    if not number:
        return Reading(ignored="The refund names no tracking code.")
    update = ShipmentUpdate(number, carrier_of(refund.text("carrier", 120)), voided=True)
    return Reading(shipments=(update,), errors=tuple(refund.errors))


def _trackers(value: Any, errors: list[Unreadable]) -> list[Node]:
    """Return the trackers of a body that is one, a list of them, or a whole answer of the list of trackers."""
    if isinstance(value, list):
        return list(Node({"": value}, errors).nodes(""))
    if not isinstance(value, dict):
        raise UnreadableMessage("The message is neither an object nor a list of objects.")
    node = Node(value, errors)
    if node.has("trackers"):
        return list(node.nodes("trackers"))
    if not node.text("tracking_code"):
        raise UnreadableMessage(_refusal(node))
    return [node]


def _refusal(node: Node) -> str:
    if not node.has("error"):
        return "The message names no tracking code."
    code = Node(node.value, []).node("error").text("code", 80)
    return f"The message is an error answer of EasyPost: {code or 'without a code'}."


def _read_trackers(nodes: list[Node], errors: list[Unreadable], message: RawMessage) -> Reading:
    trackers = [Tracker(node) for node in nodes]
    for node, tracker in zip(nodes, trackers, strict=True):
        if not tracker.number:
            node.note("tracking_code", "This tracker names no tracking code.")
    named = [tracker for tracker in trackers if tracker.number]
    updates, observations = [t.update for t in named], [t.observation for t in named]
    return Reading(
        shipments=tuple(updates),
        events=tuple(event for tracker in named for event in tracker.events),
        observations=tuple(observations),
        errors=tuple(dict.fromkeys(errors)),
        # Pushes overtake each other, so that only a polled snapshot is surely the newest history.
        complete_for=frozenset(t.number for t in named if t.is_complete and message.transport == Transport.POLL),
        ignored="" if named or errors else "The message names no tracker.",
    )
