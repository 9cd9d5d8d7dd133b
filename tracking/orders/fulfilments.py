"""Fulfilments of locked orders, written by the vendor's own version."""

from collections.abc import Sequence

from django.db.models import Q

from tracking.models import Fulfilment, Order, Warehouse
from tracking.orders.told import Accepted, OrderKey, ToldFulfilment

FULFILMENT_FACTS = (
    "order_id", "version_at", "created_at", "status", "carrier_name", "service_name", "requires_shipping",
    "warehouse_id", "lines",
)  # fmt: skip
FulfilmentKey = tuple[int, str]  # (source id, vendor fulfilment id)


def accept(items: Sequence[ToldFulfilment], orders: dict[OrderKey, Order]) -> list[Accepted]:
    """Write the updates (sorted by version) that are not older than the known rows; return all in their order, the
    older ones marked as late: their numbers may not be known yet.

    Every order named is in `orders`.
    """
    if not items:
        return []
    known, warehouses = _known(items), _warehouses(items)
    accepted: list[Accepted] = []
    for item in items:
        key = (item.source.pk, item.update.external_id)
        row = known.setdefault(key, Fulfilment(source_id=key[0], external_id=key[1]))
        order = orders[item.order_key]
        is_late = bool(row.version_at and item.version < row.version_at)
        if not is_late:
            _fill(row, item, order, warehouses)
        accepted.append(Accepted(row, order, item, is_late))
    _write([known[key] for key in sorted({_key(each) for each in accepted if not each.is_late})])
    return sorted(accepted, key=lambda each: (each.told.version, each.fulfilment.pk, each.told.received_at))


def _key(each: Accepted) -> FulfilmentKey:
    return (each.fulfilment.source_id, each.fulfilment.external_id)


def _known(items: Sequence[ToldFulfilment]) -> dict[FulfilmentKey, Fulfilment]:
    rows = Fulfilment.objects.filter(
        source_id__in={item.source.pk for item in items}, external_id__in=[item.update.external_id for item in items]
    )
    return {(row.source_id, row.external_id): row for row in rows.select_for_update(no_key=True).order_by("id")}


def _warehouses(items: Sequence[ToldFulfilment]) -> dict[str, int]:
    """Warehouse ids by the vendors' ids for them or by our names; "" = the default one."""
    ids = {item.update.location_id for item in items if item.update.location_id}
    named = Q(aliases__overlap=sorted(ids)) | Q(name__in=ids)
    found = list(Warehouse.objects.filter(named)) if ids else []
    by_name = {row.name: row.pk for row in found}
    by_alias = {**by_name, **{alias: row.pk for row in found for alias in row.aliases}}
    default = Warehouse.objects.filter(is_default=True).values_list("pk", flat=True).first()
    return by_alias if default is None else {**by_alias, "": default}


def _fill(row: Fulfilment, item: ToldFulfilment, order: Order, warehouses: dict[str, int]) -> None:
    update = item.update
    row.order_id = order.pk
    row.version_at = item.version
    row.created_at = update.created_at or row.created_at or item.received_at
    row.status = update.status[:32]
    row.carrier_name = update.carrier_name[:120]
    row.service_name = update.service[:120]
    row.requires_shipping = update.requires_shipping
    row.warehouse_id = warehouses.get(update.location_id, row.warehouse_id or warehouses.get(""))
    row.lines = [{"id": line.external_id, "title": line.title, "quantity": line.quantity} for line in update.lines]


def _write(rows: Sequence[Fulfilment]) -> None:
    if rows:
        Fulfilment.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "external_id"],
            update_fields=list(FULFILMENT_FACTS),
        )
