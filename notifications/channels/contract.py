"""What every channel is: it takes one finished message and says what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from notifications.channels.card import CaseCard, DigestCard


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message ready to leave. `key` stays the same for every try of one message.

    To a connected service, `to` names its account ("channel:hubspot") and `data` is the notice
    (`notifications/notices.py`). A service that shows cases gets the `card` of the case, and as `reference` its own
    name of the message or ticket that it made about that case before, "" when there is none.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str = ""
    from_name: str = ""
    from_address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    card: CaseCard | DigestCard | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class TicketLink:
    """The desk's ticket for a case: its id there, the address of its page, its state (a TicketState)."""

    desk: str
    external_id: str
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side has taken the message; `provider_id` is its own name for it, "" when it gives none.

    `ticket`: the help desk's ticket that now stands for the case.
    """

    provider_id: str = ""
    ticket: TicketLink | None = None


class TemporaryFailure(Exception):
    """It may work later. `may_have_arrived`: the answer was lost, so the message is perhaps out already."""

    def __init__(self, sentence: str, *, wait: timedelta | None = None, may_have_arrived: bool = False) -> None:
        super().__init__(sentence)
        self.wait, self.may_have_arrived = wait, may_have_arrived


class PermanentFailure(Exception):
    """It will never work as it is; a person has to change something."""


class ChannelBroken(Exception):
    """Nothing can leave by this channel until a person mends it; the text says what is wrong. The message waits."""


class NotNeeded(Exception):
    """The other side knows already, or has no place for it: nothing was sent, and nobody has to do anything."""


Outcome = Receipt | Exception
"""What became of one message of many: a receipt, or one of the failures above."""


class Channel(Protocol):
    """An outgoing way to people. `send` is bounded below ten seconds and holds no transaction."""

    kind: str
    label: str
    per_second: float
    """How many messages may leave in a second."""

    def is_ready(self) -> str:
        """Return "" when messages can leave, else what is missing, as a sentence."""
        ...

    def is_idempotent(self) -> bool:
        """Return whether the other side drops a second message with the same key."""
        ...

    def send(self, envelope: Envelope) -> Receipt:
        """Hand a message over. Raises TemporaryFailure, PermanentFailure, ChannelBroken, NotNeeded."""
        ...


@runtime_checkable
class ManyAtOnce(Protocol):
    """A channel that can hand over many messages by one call."""

    def send_many(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Hand them over; return what became of each, in order. Raises nothing."""
        ...
