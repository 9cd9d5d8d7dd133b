"""Tickets as the pages of orders, parcels and cases show them."""

from dataclasses import dataclass

from tracking.admin.ticket import STATE_LOOK
from tracking.models import Customer, SupportTicket
from tracking.privacy import masking
from tracking.tickets.queries import about
from tracking.vocabulary import TicketOrigin, TicketState


@dataclass(frozen=True, slots=True)
class TicketLine:
    """One ticket: what it is about, its subject as the reader may see it, where to read on ("" for nowhere)."""

    ticket: SupportTicket
    about: str
    subject: str
    url: str
    tint: str
    icon: str


def tickets_shown(
    person: masking.Person, customer: Customer | None, *, shipment_id: int | None = None, order_id: int | None = None
) -> list[TicketLine]:
    """Return the newest tickets about a parcel or its order; subjects are masked until the customer is revealed."""
    found, is_bare = about(shipment_id=shipment_id, order_id=order_id), person.is_revealed
    return [_line(each, each.subject if is_bare else masking.about(each.subject, customer)) for each in found]


def _line(ticket: SupportTicket, subject: str) -> TicketLine:
    tint, icon = STATE_LOOK.get(TicketState(ticket.state), ("low", "help"))
    is_ours = ticket.origin == TicketOrigin.CASE
    words = ticket.get_origin_display() if is_ours else ticket.get_kind_display()
    return TicketLine(ticket, str(words), subject, ticket.url if ticket.url.startswith("https://") else "", tint, icon)
