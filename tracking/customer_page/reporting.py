"""What a customer may report of which parcel. Pure over the rows that were read."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracking.customer_page.words import Words
from tracking.models import Shipment
from tracking.vocabulary import Direction, ReportKind, ShipmentStatus

_ENDED_OTHERWISE = frozenset({ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED, ShipmentStatus.RETURNING})


@dataclass(frozen=True, slots=True)
class Choice:
    """One parcel of which something can be reported: its id, its name on the page, kinds with their words."""

    shipment_id: int
    name: str
    kinds: tuple[tuple[str, str], ...]


def kinds_for(shipment: Shipment) -> tuple[ReportKind, ...]:
    """Return what can be reported of a parcel as it stands; nothing once it goes or went back to us."""
    if shipment.direction == Direction.RETURN or shipment.status in _ENDED_OTHERWISE:
        return ()
    if shipment.status == ShipmentStatus.DELIVERED:
        return (ReportKind.NOT_RECEIVED, ReportKind.DAMAGED, ReportKind.WRONG_ADDRESS)
    if shipment.first_scan_at is None:
        return (ReportKind.CORRECT_ADDRESS,)
    return (ReportKind.CORRECT_ADDRESS, ReportKind.DAMAGED)


def choices(parcels: Iterable[Shipment], words: Words) -> tuple[Choice, ...]:
    """Return the parcels of which something can be reported, named as on the page."""
    named = [(words.text("parcel_n", n=place), parcel) for place, parcel in enumerate(parcels, 1)]
    return tuple(
        Choice(parcel.pk, name, tuple((kind.value, words.kind(kind)) for kind in kinds_for(parcel)))
        for name, parcel in named
        if kinds_for(parcel)
    )
