"""Asks about tickets."""

from collections.abc import Iterable

from django.db.models import Q

from tracking.models import SupportTicket
from tracking.vocabulary import TicketState

SHOWN = 20


def about(*, shipment_id: int | None = None, order_id: int | None = None) -> list[SupportTicket]:
    """Return the newest tickets about a parcel or an order, at most twenty. One query."""
    wanted = Q(shipment_id=shipment_id) if shipment_id else Q()
    if order_id:
        wanted |= Q(order_id=order_id)
    return list(SupportTicket.objects.filter(wanted)[:SHOWN]) if wanted else []


def deleted(desk: str, external_ids: Iterable[str]) -> set[str]:
    """Return which of a desk's tickets a person deleted there. One query."""
    rows = SupportTicket.objects.filter(desk=desk, external_id__in=list(external_ids), state=TicketState.DELETED)
    return set(rows.values_list("external_id", flat=True))
