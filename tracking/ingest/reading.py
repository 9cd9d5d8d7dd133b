"""Messages as stored, understood by their connector. Pure apart from the message rows it is given."""

from dataclasses import dataclass

from tracking.connectors.contract import RawMessage, Reading, UnreadableMessage
from tracking.connectors.registry import get
from tracking.models import InboundMessage, Source


@dataclass(slots=True)
class Item:
    """One message on its way through the drain: its row, its source and what it says."""

    message: InboundMessage
    source: Source
    reading: Reading


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message could not be used; `waits_for` names what it waits for, when that may still come."""

    message_id: int
    sentence: str
    waits_for: str = ""


def raw(message: InboundMessage) -> RawMessage:
    """The stored message in the form connectors read."""
    return RawMessage(bytes(message.body), message.headers, message.topic, message.transport)


def understand(message: InboundMessage, source: Source) -> Item | Failure:
    """Read one message. A connector's own fault fails this message alone, with its sentence."""
    try:
        return Item(message, source, get(source.kind).read(raw(message)))
    except UnreadableMessage as error:
        return Failure(message.pk, str(error))
    except Exception as error:
        return Failure(
            message.pk, f"The {source.kind} connector failed on this message: {type(error).__name__}: {error}"
        )
