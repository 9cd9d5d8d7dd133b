"""Orders as their sources tell them: set-based upserts by the vendor's own version."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from tracking.connectors.contract import OrderUpdate, Place
from tracking.domain_events import News, publish
from tracking.models import Order, OrderLine
from tracking.orders.copies import Copies, is_shops
from tracking.orders.customers import customer_key, upsert_customers
from tracking.orders.fulfilments import accept
from tracking.orders.numbers import normalize_order_number
from tracking.orders.told import Accepted, OrderKey, ToldFulfilment, ToldOrder

__all__ = ["Accepted", "OrderKey", "ToldFulfilment", "ToldOrder", "upsert_fulfilments", "upsert_orders"]

MOST_PIECES = 2**31 - 1  # of one line; the column holds no more
ORDER_FACTS = (
    "source_id", "number", "normalized_number", "version_at", "created_at", "currency", "total_minor", "customer_id",
    "ship_to_city", "ship_to_region", "ship_to_postcode", "ship_to_country", "is_test", "is_stub", "cancelled_at",
    "shipping_method", "tags", "promised_date",
)  # fmt: skip


def upsert_orders(told: Iterable[ToldOrder], *, now: datetime) -> dict[OrderKey, Order]:
    """Write what sources say about orders; older versions and stubs never overwrite newer facts.

    A partial update only names an order, or says that it was cancelled or deleted. What a platform or warehouse tells
    of a shop's order by the same number is that order, and the shop's words about it count. Returns every order named,
    locked, by key. Publishes `order.created`, `order.cancelled`.
    """
    items = sorted(told, key=lambda item: (not is_shops(item), item.key, item.version, item.update.is_partial))
    copies = Copies(items)
    known = copies.locked()
    was_cancelled = {key for key, row in known.items() if row.cancelled_at}
    accepted = []
    for item in items:
        if not copies.is_copy(item, known) and _take(item, known):
            accepted.append(item)
            copies.note(known[item.key])
    _set_customers(accepted, known)
    changed = {item.key: known[item.key] for item in accepted}
    created = {key for key, row in changed.items() if row.pk is None}
    _write_orders(changed, known)
    copies.save()
    _write_lines(accepted, known)
    cancelled = {key for key, row in changed.items() if row.cancelled_at} - was_cancelled
    publish(
        News(kind, now, order_id=known[key].pk)
        for kind, keys in (("order.created", created), ("order.cancelled", cancelled))
        for key in sorted(keys)
    )
    return known


def _take(item: ToldOrder, known: dict[OrderKey, Order]) -> bool:
    """Fill the order (in memory) with an update that says something new; False when it does not."""
    row = known.get(item.key)
    if row is None:
        row = known[item.key] = Order(
            store_id=item.store_id, external_id=item.update.external_id, received_at=item.received_at, is_stub=True
        )
    elif not _is_newer(item, row):
        return False
    if item.update.is_partial:
        _fill_partial(row, item)
    else:
        _fill(row, item)
    return True


def _is_newer(item: ToldOrder, row: Order) -> bool:
    if item.update.is_partial:
        return bool(item.update.cancelled_at and not row.cancelled_at)
    return row.is_stub or row.version_at is None or item.version >= row.version_at


def _fill_partial(row: Order, item: ToldOrder) -> None:
    """Note the end of an order of which no more is said: what was told before that no longer brings it back."""
    row.source_id = row.source_id or item.source.pk
    row.cancelled_at = item.update.cancelled_at
    row.version_at = max(row.version_at or item.version, item.version)


def _fill(row: Order, item: ToldOrder) -> None:
    update, place = item.update, item.update.ship_to or Place()
    ended_later = row.is_stub and row.cancelled_at and row.version_at and item.version < row.version_at
    told = {
        "source_id": item.source.pk,
        "number": update.number[:64],
        "normalized_number": normalize_order_number(update.number),
        "version_at": row.version_at if ended_later else item.version,
        "created_at": update.created_at or row.created_at,
        "currency": update.currency[:3],
        "total_minor": update.total_minor,
        "ship_to_city": place.city[:120],
        "ship_to_region": place.region[:64],
        "ship_to_postcode": place.postcode[:32],
        "ship_to_country": place.country[:2],
        "is_test": update.is_test,
        "is_stub": False,
        "cancelled_at": row.cancelled_at if ended_later else update.cancelled_at,
        "shipping_method": update.shipping_method[:120],
        "tags": [tag[:64] for tag in update.tags],
        "promised_date": update.promised_date,
    }
    for name, value in told.items():
        if name not in row.corrected_fields:
            setattr(row, name, value)


def _set_customers(accepted: Sequence[ToldOrder], known: dict[OrderKey, Order]) -> None:
    full = sorted((item for item in accepted if not item.update.is_partial), key=lambda item: item.version)
    customers = upsert_customers(full)
    for item in full:
        customer, row = customers.get(customer_key(item)), known[item.key]
        if customer and "customer_id" not in row.corrected_fields:
            row.customer_id = customer.pk


def _write_orders(changed: dict[OrderKey, Order], known: dict[OrderKey, Order]) -> None:
    if not changed:
        return
    written = Order.objects.bulk_create(
        [changed[key] for key in sorted(changed)],
        update_conflicts=True,
        unique_fields=["store", "external_id"],
        update_fields=list(ORDER_FACTS),
    )
    known.update({(row.store_id, row.external_id): row for row in written})


def _write_lines(accepted: Sequence[ToldOrder], known: dict[OrderKey, Order]) -> None:
    lines = {
        (known[item.key].pk, line.external_id): OrderLine(
            order_id=known[item.key].pk,
            external_id=line.external_id,
            sku=line.sku[:120],
            title=line.title[:250],
            quantity=min(max(line.quantity, 0), MOST_PIECES),
            requires_shipping=line.requires_shipping,
        )
        for item in accepted
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

    `orders` (locked) is extended in place. Returns every update in order of the versions, earlier ones too: each may
    name another parcel. Those older than the known row are marked as late.
    """
    items = sorted(told, key=lambda item: (item.version, item.received_at))
    missing = {item.order_key: item for item in items if item.order_key not in orders}
    if missing:
        orders.update(upsert_orders([_stub(item) for item in missing.values()], now=now))
    return accept(items, orders)


def _stub(item: ToldFulfilment) -> ToldOrder:
    update = OrderUpdate(item.update.order_external_id, number="", version_at=None, created_at=None, is_partial=True)
    return ToldOrder(update, item.source, item.store_id, item.received_at)
