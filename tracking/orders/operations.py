"""Orders as their sources tell them: set-based upserts by the vendor's own version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.contract import FulfilmentUpdate, OrderUpdate, Place
from tracking.domain_events import News, publish
from tracking.models import Customer, Fulfilment, Order, OrderLine, Source, Warehouse
from tracking.models.parties import email_hash
from tracking.orders.numbers import normalize_order_number

OrderKey = tuple[int, str]  # (store id, vendor order id)

ORDER_FACTS = (
    "source_id", "number", "normalized_number", "version_at", "created_at", "currency", "total_minor", "customer_id",
    "ship_to_city", "ship_to_region", "ship_to_postcode", "ship_to_country", "is_test", "is_stub", "cancelled_at",
    "shipping_method", "tags", "promised_date",
)  # fmt: skip
FULFILMENT_FACTS = (
    "order_id", "version_at", "created_at", "status", "carrier_name", "service_name", "requires_shipping",
    "warehouse_id", "lines",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """One order update with who told it and when it came (aware UTC)."""

    update: OrderUpdate
    source: Source
    store_id: int
    received_at: datetime

    @property
    def key(self) -> OrderKey:
        return (self.store_id, self.update.external_id)

    @property
    def version(self) -> datetime:
        return self.update.version_at or self.received_at


@dataclass(frozen=True, slots=True)
class ToldFulfilment:
    """One fulfilment update with who told it and when it came (aware UTC)."""

    update: FulfilmentUpdate
    source: Source
    store_id: int
    received_at: datetime

    @property
    def version(self) -> datetime:
        return self.update.version_at or self.received_at


@dataclass(frozen=True, slots=True)
class Accepted:
    """A fulfilment update that is not older than what we know, with its row and order."""

    fulfilment: Fulfilment
    order: Order
    told: ToldFulfilment


def upsert_orders(told: Iterable[ToldOrder], *, now: datetime) -> dict[OrderKey, Order]:
    """Write what sources say about orders; older versions and stubs never overwrite newer facts.

    Returns every order named, locked, by key. Publishes `order.created`, `order.cancelled`.
    """
    latest = _latest(told)
    if not latest:
        return {}
    known = {(row.store_id, row.external_id): row for row in _locked(latest)}
    customers = _customers(latest.values())
    changed: list[Order] = []
    news: list[News] = []
    cancelled: list[OrderKey] = []
    for key in sorted(latest):
        item, row = latest[key], known.get(key)
        if row and not _is_newer(item, row):
            continue
        was_cancelled = bool(row and row.cancelled_at)
        row = row or Order(store_id=key[0], external_id=key[1], received_at=item.received_at)
        _fill(row, item, customers)
        changed.append(row)
        known[key] = row
        if row.cancelled_at and not was_cancelled:
            cancelled.append(key)
    created = {(row.store_id, row.external_id) for row in changed if row.pk is None}
    _write_orders(changed, known)
    _write_lines(latest, known)
    news += [News("order.created", now, order_id=known[key].pk) for key in sorted(created)]
    news += [News("order.cancelled", now, order_id=known[key].pk) for key in cancelled]
    publish(news)
    return known


def _latest(told: Iterable[ToldOrder]) -> dict[OrderKey, ToldOrder]:
    latest: dict[OrderKey, ToldOrder] = {}
    for item in told:
        best = latest.get(item.key)
        rank = (not item.update.is_partial, item.version)
        if best is None or rank >= (not best.update.is_partial, best.version):
            latest[item.key] = item
    return latest


def _locked(keys: Iterable[OrderKey]) -> list[Order]:
    keys = list(keys)
    rows = Order.objects.filter(external_id__in=[key[1] for key in keys], store_id__in={key[0] for key in keys})
    return list(rows.select_for_update(no_key=True).order_by("id"))


def _is_newer(item: ToldOrder, row: Order) -> bool:
    if item.update.is_partial:
        return bool(item.update.cancelled_at and not row.cancelled_at)
    return row.is_stub or row.version_at is None or item.version >= row.version_at


def _customers(items: Iterable[ToldOrder]) -> dict[tuple[int, str], Customer]:
    wanted: dict[tuple[int, str], Customer] = {}
    for item in items:
        key = (item.store_id, email_hash(item.update.email))
        if key[1]:
            wanted[key] = Customer(
                store_id=key[0],
                email_key=key[1],
                email=item.update.email.strip().lower(),
                name=item.update.customer_name,
                phone=item.update.phone,
                locale=item.update.locale,
            )
    if not wanted:
        return {}
    stores, hashes = {key[0] for key in wanted}, [key[1] for key in wanted]
    known = {(c.store_id, c.email_key): c for c in Customer.objects.filter(store_id__in=stores, email_key__in=hashes)}
    fresh = [row for key, row in sorted(wanted.items()) if _says_more(row, known.get(key))]
    if fresh:
        Customer.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["store", "email_key"],
            update_fields=["email", "name", "phone", "locale"],
        )
    return {**known, **{(row.store_id, row.email_key): row for row in fresh}}


def _says_more(told: Customer, known: Customer | None) -> bool:
    if known is None:
        return True
    if known.erased_at:
        return False
    for name in ("name", "phone", "locale"):
        setattr(told, name, getattr(told, name) or getattr(known, name))
    return (told.name, told.phone, told.locale) != (known.name, known.phone, known.locale)


def _fill(row: Order, item: ToldOrder, customers: dict[tuple[int, str], Customer]) -> None:
    update, place = item.update, item.update.ship_to or Place()
    customer = customers.get((item.store_id, email_hash(update.email)))
    if update.is_partial and row.pk:
        row.cancelled_at = update.cancelled_at
        return
    told = {
        "source_id": item.source.pk,
        "number": update.number[:64],
        "normalized_number": normalize_order_number(update.number),
        "version_at": item.version,
        "created_at": update.created_at or row.created_at,
        "currency": update.currency,
        "total_minor": update.total_minor,
        "customer_id": customer.pk if customer else row.customer_id,
        "ship_to_city": place.city,
        "ship_to_region": place.region,
        "ship_to_postcode": place.postcode,
        "ship_to_country": place.country,
        "is_test": update.is_test,
        "is_stub": update.is_partial,
        "cancelled_at": update.cancelled_at,
        "shipping_method": update.shipping_method[:120],
        "tags": [tag[:64] for tag in update.tags],
        "promised_date": update.promised_date,
    }
    for name, value in told.items():
        if name not in row.corrected_fields:
            setattr(row, name, value)


def _write_orders(changed: Sequence[Order], known: dict[OrderKey, Order]) -> None:
    if not changed:
        return
    ordered = sorted(changed, key=lambda row: (row.store_id, row.external_id))
    written = Order.objects.bulk_create(
        ordered,
        update_conflicts=True,
        unique_fields=["store", "external_id"],
        update_fields=list(ORDER_FACTS),
    )
    known.update({(row.store_id, row.external_id): row for row in written})


def _write_lines(latest: dict[OrderKey, ToldOrder], known: dict[OrderKey, Order]) -> None:
    lines = {
        (known[key].pk, line.external_id): OrderLine(
            order_id=known[key].pk,
            external_id=line.external_id,
            sku=line.sku[:120],
            title=line.title[:250],
            quantity=line.quantity,
            requires_shipping=line.requires_shipping,
        )
        for key, item in latest.items()
        for line in item.update.lines
    }
    if lines:
        OrderLine.objects.bulk_create(
            [lines[key] for key in sorted(lines)],
            update_conflicts=True,
            unique_fields=["order", "external_id"],
            update_fields=["sku", "title", "quantity", "requires_shipping"],
        )


def upsert_fulfilments(
    told: Iterable[ToldFulfilment], orders: dict[OrderKey, Order], *, now: datetime
) -> list[Accepted]:
    """Write fulfilments whose version is not older than the known one; orders not known yet become stubs.

    `orders` (locked) is extended in place. Returns the accepted updates in order of their versions.
    """
    items = sorted(told, key=lambda item: (item.version, item.received_at))
    if not items:
        return []
    _ensure_orders(items, orders, now)
    known = _known_fulfilments(items)
    warehouses = _warehouses(items)
    accepted: dict[tuple[int, str], Accepted] = {}
    for item in items:
        key = (item.source.pk, item.update.external_id)
        row = known.get(key) or Fulfilment(source_id=key[0], external_id=key[1])
        if row.version_at and item.version < row.version_at:
            continue
        order = orders[(item.store_id, item.update.order_external_id)]
        _fill_fulfilment(row, item, order, warehouses)
        known[key] = row
        accepted[key] = Accepted(row, order, item)
    _write_fulfilments([accepted[key].fulfilment for key in sorted(accepted)])
    return sorted(accepted.values(), key=lambda each: (each.told.version, each.fulfilment.pk))


def _ensure_orders(items: Sequence[ToldFulfilment], orders: dict[OrderKey, Order], now: datetime) -> None:
    missing = {
        (item.store_id, item.update.order_external_id): item
        for item in items
        if (item.store_id, item.update.order_external_id) not in orders
    }
    stubs = [
        ToldOrder(
            OrderUpdate(external_id=key[1], number="", version_at=None, created_at=None, is_partial=True),
            item.source,
            key[0],
            item.received_at,
        )
        for key, item in missing.items()
    ]
    orders.update(upsert_orders(stubs, now=now))


def _known_fulfilments(items: Sequence[ToldFulfilment]) -> dict[tuple[int, str], Fulfilment]:
    rows = Fulfilment.objects.filter(
        source_id__in={item.source.pk for item in items}, external_id__in=[item.update.external_id for item in items]
    )
    return {(row.source_id, row.external_id): row for row in rows.select_for_update(no_key=True).order_by("id")}


def _warehouses(items: Sequence[ToldFulfilment]) -> dict[str, int]:
    ids = {item.update.location_id for item in items if item.update.location_id}
    found = Warehouse.objects.filter(aliases__overlap=sorted(ids)) if ids else Warehouse.objects.none()
    by_alias = {alias: row.pk for row in found for alias in row.aliases}
    default = Warehouse.objects.filter(is_default=True).values_list("pk", flat=True).first()
    return by_alias if default is None else {**by_alias, "": default}


def _fill_fulfilment(row: Fulfilment, item: ToldFulfilment, order: Order, warehouses: dict[str, int]) -> None:
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


def _write_fulfilments(rows: Sequence[Fulfilment]) -> None:
    if rows:
        Fulfilment.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["source", "external_id"],
            update_fields=list(FULFILMENT_FACTS),
        )
