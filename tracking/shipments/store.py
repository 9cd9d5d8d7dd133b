"""Writing many shipments at once, and the look-ups that new ones need."""

from collections.abc import Iterable
from datetime import datetime

from tracking.connectors.carriers import code_for, label_for
from tracking.models import Carrier, FulfilmentParcel, Order, Service, Shipment

KEPT_FOR_EVER = {"id", "public_token", "created_at"}
ATTRIBUTES = tuple(field.attname for field in Shipment._meta.concrete_fields)
COLUMNS = [field.name for field in Shipment._meta.concrete_fields if field.name not in KEPT_FOR_EVER]


def save_all(shipments: Iterable[Shipment]) -> None:
    """Insert new shipments and update known ones, each kind in one statement, in the order of their ids."""
    rows = list({id(row): row for row in shipments}.values())
    fresh = [row for row in rows if row.pk is None]
    known = sorted((row for row in rows if row.pk is not None), key=lambda row: row.pk)
    if fresh:
        Shipment.objects.bulk_create(fresh)
    if known:
        Shipment.objects.bulk_create(
            known, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS, batch_size=500
        )


def lock_orders_of(shipment_ids: Iterable[int]) -> list[int]:
    """Lock the orders that name these parcels (FOR NO KEY UPDATE, by id); return their ids.

    Orders are locked before parcels everywhere, so that nobody waits in a circle.
    """
    ids = list(shipment_ids)
    links = FulfilmentParcel.objects.filter(shipment_id__in=ids, ended_at=None)
    found = set(links.values_list("fulfilment__order_id", flat=True))
    found |= set(Shipment.objects.filter(pk__in=ids).exclude(order=None).values_list("order_id", flat=True))
    rows = Order.objects.filter(pk__in=found).select_for_update(no_key=True).order_by("id")
    return list(rows.values_list("pk", flat=True))


def columns_of(shipment: Shipment) -> tuple[object, ...]:
    """The stored values of a shipment, to see whether it changed."""
    return tuple(shipment.__dict__[name] for name in ATTRIBUTES)


class Parcels:
    """The shipments of one batch: each locked once (FOR NO KEY UPDATE, by id) after the orders that name it, one object
    per row, written together."""

    def __init__(self) -> None:
        self._by_id: dict[int, Shipment] = {}
        self._touched: dict[int, Shipment] = {}
        self._stored: dict[int, tuple[object, ...]] = {}

    def load(self, ids: Iterable[int]) -> None:
        """Lock and read the shipments not read yet, their orders first."""
        wanted = set(ids) - set(self._by_id)
        if not wanted:
            return
        lock_orders_of(wanted)
        rows = Shipment.objects.filter(pk__in=wanted).select_for_update(no_key=True, of=("self",))
        found = {row.pk: row for row in rows.order_by("id").select_related("carrier", "warehouse")}
        self._by_id.update(found)
        self._stored.update({key: columns_of(row) for key, row in found.items()})

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
        save_all(changed)
        self._by_id.update({row.pk: row for row in changed})
        self._stored.update({row.pk: columns_of(row) for row in changed})
        self._touched = {}


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
