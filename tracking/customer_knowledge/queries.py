"""Asks what customers know of their parcels."""

from collections.abc import Iterable

from tracking.models import CustomerKnowledge


def latest_for(shipment_ids: Iterable[int]) -> dict[int, CustomerKnowledge]:
    """Return the newest entry of each parcel that has one, by parcel id. One query."""
    rows = CustomerKnowledge.objects.filter(shipment_id__in=list(shipment_ids))
    return {row.shipment_id: row for row in rows.order_by("shipment_id", "-at", "-id").distinct("shipment_id")}


def of_shipment(shipment_id: int) -> list[CustomerKnowledge]:
    """Return all topics of a parcel, oldest first. One query."""
    return list(CustomerKnowledge.objects.filter(shipment_id=shipment_id).order_by("at", "id"))
