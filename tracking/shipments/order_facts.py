"""What an order says of its parcels: destination, promise, care level. Policies are read once per batch."""

from collections.abc import Iterable
from datetime import datetime, time

from tracking.calendars.carrier import CarrierDays
from tracking.calendars.days import at_local
from tracking.models import Carrier, Order, PromisePolicy, Shipment, Warehouse
from tracking.shipments.care import CareBook, has_open_case
from tracking.shipments.store import Parcels
from tracking.status.places import zone_of
from tracking.vocabulary import CareLevel

END_OF_DAY = time(23, 59, 59)


def carrier_calendar(carrier: Carrier | None) -> CarrierDays:
    """Return the working days of a carrier; of a five-day carrier in UTC when it is not known."""
    if carrier is None:
        return CarrierDays(country="", zone="UTC")
    return CarrierDays(carrier.country, carrier.time_zone, carrier.works_saturday, carrier.works_sunday)


class Terms:
    """Promise and care policies with the warehouses, loaded at first use and used for one batch."""

    def __init__(self) -> None:
        self._promises: list[PromisePolicy] | None = None
        self.care = CareBook()
        self._warehouses: dict[int, Warehouse] | None = None

    def apply(self, shipment: Shipment, order: Order) -> None:
        """Copy the order's facts to one of its parcels (in memory); of an order known by its id alone only its end."""
        shipment.store_id = order.store_id
        shipment.order_cancelled_at = order.cancelled_at
        if order.is_stub:
            return
        shipment.ship_to_city, shipment.ship_to_region = order.ship_to_city, order.ship_to_region
        shipment.ship_to_postcode, shipment.ship_to_country = order.ship_to_postcode, order.ship_to_country
        self._set_origin(shipment)
        self._set_promise(shipment, order)
        self._set_care(shipment, order)

    def _set_origin(self, shipment: Shipment) -> None:
        if self._warehouses is None:
            self._warehouses = {row.pk: row for row in Warehouse.objects.all()}
        warehouse = self._warehouses.get(shipment.warehouse_id or 0)
        if warehouse:
            shipment.ship_from_country = warehouse.country
        countries = {shipment.ship_from_country, shipment.ship_to_country} - {""}
        shipment.is_international = len(countries) == 2

    def _set_promise(self, shipment: Shipment, order: Order) -> None:
        if order.promised_date:
            zone = zone_of(order.ship_to_country, order.ship_to_region) or "UTC"
            shipment.promise_at = at_local(zone, order.promised_date, END_OF_DAY)
            shipment.promise_is_date, shipment.promise_origin = True, "the shop's order"
            return
        policy = self._promise_for(order)
        shipment.promise_is_date = False
        shipment.promise_at, shipment.promise_origin = None, ""
        if policy and order.created_at:
            # Promised before anybody knows the carrier: a carrier told later does not move it.
            shipment.promise_at = carrier_calendar(None).add(order.created_at, policy.carrier_days)
            shipment.promise_origin = f"policy: {policy}"[:120]

    def _promise_for(self, order: Order) -> PromisePolicy | None:
        if self._promises is None:
            self._promises = list(PromisePolicy.objects.all())
        fitting = [row for row in self._promises if _fits(row, order)]
        return max(
            fitting, key=lambda row: (bool(row.shipping_method), bool(row.country), bool(row.store_id)), default=None
        )

    def _set_care(self, shipment: Shipment, order: Order) -> None:
        """Set the care level by the order as it is now; leave alone what a person set, and never lower it while a case
        is open. A parcel that stays high keeps the policy that made it so."""
        if shipment.care_set_by_id:
            return
        policy, reason = self.care.judge(order)
        if shipment.care_level == CareLevel.HIGH:
            if not policy and not has_open_case(shipment):
                shipment.care_level, shipment.care_policy, shipment.care_reason = CareLevel.STANDARD, "", ""
        elif policy:
            shipment.care_level, shipment.care_policy = CareLevel.HIGH, policy[:200]
            shipment.care_reason = reason[:300]


def _fits(policy: PromisePolicy, order: Order) -> bool:
    method = policy.shipping_method.casefold()
    return (
        policy.store_id in (None, order.store_id)
        and policy.country in ("", order.ship_to_country)
        and method in ("", order.shipping_method.casefold())
    )


def follow_orders(orders: Iterable[Order], parcels: Parcels, terms: Terms) -> list[int]:
    """Carry changed facts of orders over to their parcels; return the ids of the parcels that changed.

    A high care level is not lowered while the parcel has an open case.
    """
    by_id = {order.pk: order for order in orders if order.pk}
    rows = Shipment.objects.filter(order_id__in=by_id, merged_into=None).values_list("pk", "order_id")
    links = dict(rows)
    parcels.load(links)
    terms.care.load(by_id.values())
    changed = []
    for shipment_id, order_id in sorted(links.items()):
        shipment = parcels[shipment_id]
        before = _facts(shipment)
        terms.apply(shipment, by_id[order_id])
        if _facts(shipment) != before:
            parcels.touch(shipment)
            changed.append(shipment_id)
    return changed


def _facts(shipment: Shipment) -> tuple[str | datetime | bool | int | None, ...]:
    return (
        shipment.ship_to_city, shipment.ship_to_region, shipment.ship_to_postcode, shipment.ship_to_country,
        shipment.order_cancelled_at, shipment.is_international, shipment.promise_at, shipment.promise_origin,
        shipment.care_level, shipment.store_id,
    )  # fmt: skip
