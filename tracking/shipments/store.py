"""Writing many shipments at once, and the look-ups that new ones need."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Model

from tracking import bulk
from tracking.connectors.carriers import code_for, label_for
from tracking.models import Carrier, Order, Service, Shipment, Warehouse

KEPT_FOR_EVER = {"id", "public_token", "created_at"}
ATTRIBUTES = tuple(field.attname for field in Shipment._meta.concrete_fields)
_values = itemgetter(*ATTRIBUTES)
Columns = tuple[Any, ...]
UNKNOWN: Columns = (object(),) * len(ATTRIBUTES)  # differs from every value


def save_all(shipments: Iterable[Shipment], before: Mapping[int, Columns]) -> None:
    """Insert new shipments and update known ones, each kind in one statement, in the order of their ids.

    `before`: by id, the stored values of the known ones, locked by the caller. Only columns in which one of them
    changed are written; every column when those of one are not given.
    """
    rows = list({id(row): row for row in shipments}.values())
    fresh = [row for row in rows if row.pk is None]
    known = sorted((row for row in rows if row.pk is not None), key=lambda row: row.pk)
    if fresh:
        Shipment.objects.bulk_create(fresh)
    if known:
        _update(known, before)


def _update(known: list[Shipment], before: Mapping[int, Columns]) -> None:
    changed: set[int] = set()
    for row in known:
        pairs = enumerate(zip(columns_of(row), before.get(row.pk, UNKNOWN), strict=True))
        changed.update(place for place, (now, then) in pairs if now is not then and now != then)
    names = [ATTRIBUTES[place] for place in sorted(changed) if ATTRIBUTES[place] not in KEPT_FOR_EVER]
    if names:
        written = ("id", *names)
        bulk.update(Shipment, written, map(itemgetter(*written), (row.__dict__ for row in known)))


LOCK_ORDERS = """
SELECT id FROM "tracking_order" WHERE id IN (
    SELECT order_id FROM tracking_shipment WHERE id = ANY (%(ids)s::bigint[])
    UNION ALL
    SELECT fulfilment.order_id
    FROM tracking_fulfilmentparcel link JOIN tracking_fulfilment fulfilment ON fulfilment.id = link.fulfilment_id
    WHERE link.shipment_id = ANY (%(ids)s::bigint[]) AND link.ended_at IS NULL)
ORDER BY id FOR NO KEY UPDATE
"""


def lock_orders_of(shipment_ids: Iterable[int]) -> list[int]:
    """Lock the orders that name these parcels (FOR NO KEY UPDATE, by id); return their ids.

    Orders are locked before parcels everywhere, so that nobody waits in a circle.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ORDERS, {"ids": bulk.array(shipment_ids)})
        return [row[0] for row in cursor.fetchall()]


def columns_of(shipment: Shipment) -> Columns:
    """The stored values of a shipment, to see whether it changed."""
    return _values(shipment.__dict__)


class Parcels:
    """The shipments of one batch: each locked once (FOR NO KEY UPDATE, by id) after the orders that name it, one object
    per row, written together."""

    def __init__(self) -> None:
        self._by_id: dict[int, Shipment] = {}
        self._touched: dict[int, Shipment] = {}
        self._stored: dict[int, Columns] = {}
        self._orders: set[int] | None = set()
        self._parties = _Parties()

    def load(self, ids: Iterable[int]) -> None:
        """Lock and read the shipments not read yet, their orders first; carrier, service and warehouse come along."""
        wanted = set(ids) - set(self._by_id)
        if not wanted:
            return
        orders = lock_orders_of(wanted)
        if self._orders is not None:
            self._orders.update(orders)
        rows = Shipment.objects.filter(pk__any_of=wanted).select_for_update(no_key=True, of=("self",))
        found = {row.pk: row for row in rows.order_by("id")}
        self._parties.join(found.values())
        self._by_id.update(found)
        self._stored.update({key: columns_of(row) for key, row in found.items()})

    def alive(self, ids: Iterable[int]) -> dict[int, Shipment]:
        """Lock and read shipments; return them by id in its order, those that were joined to another as that one."""
        found: dict[int, Shipment] = {}
        wanted = set(ids)
        while wanted:
            self.load(wanted)
            rows = [self._by_id[key] for key in wanted if key in self._by_id]
            found |= {row.pk: row for row in rows if row.merged_into_id is None}
            wanted = {row.merged_into_id for row in rows if row.merged_into_id} - set(found)
        return dict(sorted(found.items()))

    def orders(self, ids: Iterable[int]) -> Iterable[int]:
        """Return the ids of the orders that name these shipments, locked; perhaps those of others of the batch too."""
        return lock_orders_of(ids) if self._orders is None else self._orders

    def forget_orders(self) -> None:
        """Note that it changes which orders name the shipments."""
        self._orders = None

    def __getitem__(self, shipment_id: int) -> Shipment:
        return self._by_id[shipment_id]

    def ids(self) -> list[int]:
        """Ids of all shipments of the batch that are stored."""
        return sorted(self._by_id)

    def touch(self, shipment: Shipment) -> None:
        """Note that the shipment was changed or is new."""
        self._touched[id(shipment)] = shipment

    def save(self) -> None:
        """Write the touched shipments that really changed; new ones get their ids."""
        changed = [row for row in self._touched.values() if self._stored.get(row.pk) != columns_of(row)]
        save_all(changed, self._stored)
        self._by_id.update({row.pk: row for row in changed})
        self._stored.update({row.pk: columns_of(row) for row in changed})
        self._touched = {}


def join_orders(shipments: Iterable[Shipment]) -> None:
    """Set the orders of shipments, read in one query, where they are not there already."""
    field: Any = Shipment._meta.get_field("order")
    rows = [row for row in shipments if row.order_id and not field.is_cached(row)]
    orders = Order.objects.in_bulk({row.order_id for row in rows}) if rows else {}
    for row in rows:
        field.set_cached_value(row, orders[row.order_id])


class _Parties:
    """Carriers, services and warehouses of the shipments of one batch: few rows for many shipments, each read once."""

    KINDS: tuple[tuple[str, type[Model]], ...] = (("carrier", Carrier), ("service", Service), ("warehouse", Warehouse))

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Model]] = {name: {} for name, _ in self.KINDS}

    def join(self, shipments: Iterable[Shipment]) -> None:
        """Set the related rows of shipments, as `select_related` would."""
        rows = list(shipments)
        for name, model in self.KINDS:
            field: Any = Shipment._meta.get_field(name)
            known = self._known[name]
            keys = [row.__dict__[field.attname] for row in rows]
            missing = set(keys) - set(known) - {None}
            if missing:
                known |= model._default_manager.in_bulk(missing)
            for row, key in zip(rows, keys, strict=True):
                field.set_cached_value(row, known.get(key))


class Carriers:
    """Carrier and service rows by the names vendors use; unknown ones are added as they are met."""

    def __init__(self) -> None:
        self._by_code = {row.code: row for row in Carrier.objects.all()}
        self._services: dict[tuple[int, str], Service] | None = None

    def by_code(self, code: str) -> Carrier | None:
        """Return the carrier of a code, made if it is new; None for ""."""
        if not code:
            return None
        if code not in self._by_code:
            self._by_code[code] = Carrier.objects.get_or_create(code=code, defaults={"name": label_for(code)})[0]
        return self._by_code[code]

    def by_name(self, name: str) -> Carrier | None:
        """Return the carrier a vendor's free text names, None when it is not one we know."""
        return self.by_code(code_for(name)) if name else None

    def service(self, carrier: Carrier | None, name: str) -> Service | None:
        """Return the carrier's service of that name or alias, made if it is new."""
        if carrier is None or not name:
            return None
        if self._services is None:
            self._services = {}
            for row in Service.objects.all():
                for alias in (row.name, *row.aliases):
                    self._services[(row.carrier_id, alias.casefold())] = row
        key = (carrier.pk, name[:120].casefold())
        if key not in self._services:
            self._services[key] = Service.objects.get_or_create(carrier=carrier, name=name[:120])[0]
        return self._services[key]


def living(shipment: Shipment) -> Shipment:
    """Return the parcel that a joined one has become (in this batch's memory); any other is itself."""
    while shipment.merged_into is not None:
        shipment = shipment.merged_into
    return shipment


def new_shipment(*, now: datetime, **facts: object) -> Shipment:
    """An unsaved shipment known since `now`, to be looked at by the clock at once."""
    return Shipment(created_at=now, next_check_at=now, **facts)
