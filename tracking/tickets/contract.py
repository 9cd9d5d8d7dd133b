"""What a help desk says of one ticket, whatever desk it is. Plain data."""

from dataclasses import dataclass
from datetime import datetime

from tracking.vocabulary import TicketState


@dataclass(frozen=True, slots=True)
class TicketUpdate:
    """One ticket as a desk told it. Datetimes aware UTC; "" for what it did not say.

    `desk` is the channel it came by; `reference` is our own mark on a ticket that was opened for a case ("case-812").
    `updated_at` is the desk's own version: an older one never overwrites a newer one.
    """

    desk: str
    external_id: str
    updated_at: datetime
    state: str = TicketState.OPEN
    subject: str = ""
    text: str = ""
    email: str = ""
    order_number: str = ""
    tracking_number: str = ""
    url: str = ""
    reference: str = ""
    created_at: datetime | None = None
