"""What the detectors may know of a parcel, gathered from its row and its projected state."""

from collections.abc import Iterable
from datetime import datetime

from tracking.calendars.contract import PickupPlan
from tracking.calendars.pickup import next_cutoff
from tracking.detectors.contract import ShipmentFacts
from tracking.models import PickupCutoff, Shipment, Warehouse
from tracking.shipments.order_facts import carrier_calendar
from tracking.shipments.projection import destination_zone
from tracking.status.contract import ShipmentState


class Pickups:
    """Pickup plans of all warehouses, loaded in one query."""

    def __init__(self) -> None:
        self._rows = list(PickupCutoff.objects.select_related("warehouse"))
        self._plans: dict[tuple[int, int | None], PickupPlan | None] = {}

    def first_after(self, shipment: Shipment, label_at: datetime | None) -> datetime | None:
        """Return the first pickup cut-off of the parcel's warehouse after the label; None when none is known."""
        if label_at is None or shipment.warehouse is None:
            return None
        key = (shipment.warehouse.pk, shipment.carrier_id)
        if key not in self._plans:
            self._plans[key] = self._plan(shipment.warehouse, shipment.carrier_id)
        plan = self._plans[key]
        return next_cutoff(plan, label_at) if plan else None

    def _plan(self, warehouse: Warehouse, carrier_id: int | None) -> PickupPlan | None:
        rows = [row for row in self._rows if row.warehouse_id == warehouse.pk]
        own = [row for row in rows if row.carrier_id == carrier_id and carrier_id is not None]
        rows = own or [row for row in rows if row.carrier_id is None]
        if not rows:
            return None
        cutoffs = {row.weekday: row.cutoff for row in rows}
        return PickupPlan(warehouse.time_zone, cutoffs, frozenset(warehouse.closed_days))


def facts_of(
    shipment: Shipment, state: ShipmentState, pickups: Pickups, paused_from: datetime | None = None
) -> ShipmentFacts:
    """Gather the facts of one parcel; carrier, service and warehouse are loaded with it.

    `paused_from`: since when nothing can be heard of it (aware UTC).
    """
    label_at = shipment.label_at or shipment.number_at
    carrier, service, warehouse = shipment.carrier, shipment.service, shipment.warehouse
    return ShipmentFacts(
        state=state,
        carrier=carrier.code if carrier else "",
        service=service.name if service else "",
        warehouse=warehouse.name if warehouse else "",
        direction=shipment.direction,
        has_number=bool(shipment.number),
        is_fulfilled=shipment.fulfilled_at is not None,
        fulfilled_at=shipment.fulfilled_at,
        label_at=label_at,
        number_at=shipment.number_at,
        pickup_cutoff_at=pickups.first_after(shipment, label_at),
        is_international=shipment.is_international,
        care_level=shipment.care_level,
        promise_at=shipment.promise_at,
        promise_is_date=shipment.promise_is_date,
        promise_origin=shipment.promise_origin,
        order_cancelled=shipment.order_cancelled_at is not None,
        ship_to=(
            shipment.ship_to_city,
            shipment.ship_to_region,
            shipment.ship_to_postcode,
            shipment.ship_to_country,
        ),
        ship_to_zone=destination_zone(shipment),
        calendar=carrier_calendar(carrier),
        created_at=shipment.created_at,
        estimate_inside_since=shipment.estimate_inside_since,
        not_received_at=shipment.not_received_at,
        wrong_address_at=shipment.wrong_address_at,
        damage_told_at=shipment.damage_told_at,
        paused_from=paused_from,
        warehouse_zone=warehouse.time_zone if warehouse else "",
    )


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the earliest of the moments that are given."""
    return min((moment for moment in moments if moment), default=None)
