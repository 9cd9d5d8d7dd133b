"""Sending in tests: a channel that remembers, and the moves of a day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.channels.contract import Envelope, Receipt
from notifications.models import OutboxRow
from notifications.outbox.delivery import Delivered, deliver
from notifications.relay import Relayed, relay
from tests.tracking.shipments.telling import MONDAY, event, fulfilment, order, tell
from tracking.models import Shipment

ONE = "794600000001"
TWO = "794600000002"
NOON = MONDAY.replace(hour=18)  # noon in Austin: no quiet hours
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@dataclass
class Memory:
    """Stands for the e-mail channel; `fails` is raised, or asked for what to raise, before a message is kept."""

    kind: str = "email"
    label: str = "E-mail"
    per_second: float = 1000.0
    keeps_keys: bool = False
    sent: list[Envelope] = field(default_factory=list)
    fails: Exception | Callable[[Envelope], Exception | None] | None = None

    def is_ready(self) -> str:
        return ""

    def is_idempotent(self) -> bool:
        return self.keeps_keys

    def send(self, envelope: Envelope) -> Receipt:
        error = self.fails(envelope) if callable(self.fails) else self.fails
        if error is not None:
            raise error
        self.sent.append(envelope)
        return Receipt(f"id-{len(self.sent)}")


def announce(*numbers: str, at: datetime = MONDAY) -> None:
    """An order of Ann's with a parcel per number."""
    tell("shop", order(), fulfilment(*(numbers or (ONE,))), at=at)


def report(word: str, at: datetime, number: str = ONE) -> None:
    """The carrier reports something, and we hear it at once."""
    tell("fedex", event(number, word, at), at=at)


def relayed(at: datetime) -> Relayed:
    """Run the relay at a moment."""
    return relay(clock=lambda: at)


def delivered(at: datetime, channel: Memory) -> Delivered:
    """Run the senders at a moment."""
    return deliver(clock=lambda: at, channels={"email": channel})


def rows() -> list[tuple[str, str]]:
    """Topic and state of every outbox row, oldest first."""
    return list(OutboxRow.objects.order_by("pk").values_list("topic", "state"))


def parcel() -> Shipment:
    """The only parcel."""
    return Shipment.objects.get(merged_into=None)
