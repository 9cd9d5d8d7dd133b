"""The demo's past as its customers heard it: decided and sent at the virtual moments, into the pretend mailbox."""

from datetime import datetime

from notifications.channels.registry import CHANNELS
from notifications.outbox.delivery import deliver
from notifications.relay import relay


def work(now: datetime) -> None:
    """Decide on the news of one tick and send what is due at its moment (aware UTC)."""
    relay(clock=lambda: now)
    deliver(clock=lambda: now, channels=CHANNELS)
