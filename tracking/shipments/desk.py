"""The working table of one batch of fulfilments: parcels, who names them, and what is to be written."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Min, Q

from tracking.connectors.numbers import normalize
from tracking.models import FulfilmentParcel, Shipment, TrackingEvent
from tracking.orders.told import Accepted
from tracking.shipments import joining
from tracking.shipments.directory import Directory
from tracking.shipments.order_facts import Terms
from tracking.shipments.store import Carriers, living
from tracking.vocabulary import Evidence

Unseen = Callable[[str], datetime | None]


@dataclass(slots=True)
class Announced:
    """What a batch of fulfilments changed: shipments to refresh, and parcels withdrawn (shipment, at, source id)."""

    shipments: list[Shipment] = field(default_factory=list)
    withdrawn: list[tuple[Shipment, datetime, int]] = field(default_factory=list)


def numbers_of(item: Accepted) -> list[str]:
    """Return the tracking numbers a fulfilment names, normalized, each once."""
    normalized = (normalize(number) for number in item.told.update.tracking_numbers)
    return list(dict.fromkeys(number for number in normalized if number))


class Desk:
    """Links between fulfilments and parcels, one object per row; joins and writes."""

    def __init__(self, directory: Directory, carriers: Carriers, terms: Terms, now: datetime, unseen: Unseen) -> None:
        self.directory, self.carriers, self.terms, self.now = directory, carriers, terms, now
        self._unseen = unseen
        self.result = Announced()
        self._links: dict[int, list[FulfilmentParcel]] = defaultdict(list)  # by fulfilment id
        self._new: list[FulfilmentParcel] = []
        self._changed: dict[int, FulfilmentParcel] = {}
        self._scanned: dict[int, datetime] = {}  # by shipment id: its first physical scan

    def load(self, accepted: Sequence[Accepted]) -> None:
        """Read and lock the parcels of the fulfilments and of the numbers they name, with everyone who names them."""
        self.directory.load(number for item in accepted for number in numbers_of(item))
        parcels = self.directory.parcels
        parcels.forget_orders()
        ours = Q(fulfilment_id__in={item.fulfilment.pk for item in accepted})
        mine = FulfilmentParcel.objects.filter(ours, ended_at=None).values("shipment_id")
        linked = FulfilmentParcel.objects.filter(Q(shipment_id__in=mine) | Q(shipment_id__in=parcels.ids()))
        rows = list(linked.filter(ended_at=None).select_related("fulfilment__order").order_by("parcel_index", "id"))
        parcels.load(link.shipment_id for link in rows)
        self.directory.load(parcels[link.shipment_id].number for link in rows)
        for link in rows:
            link.shipment = parcels[link.shipment_id]
            self._links[link.fulfilment_id].append(link)
        named = (row for item in accepted for number in numbers_of(item) for row in self.directory.rows[number])
        asked = {link.shipment_id for link in rows} | {row.shipment_id for row in named}
        scans = TrackingEvent.objects.filter(shipment_id__in=asked, code__evidence=Evidence.ITEM_SCANNED)
        self._scanned = dict(scans.order_by().values_list("shipment_id").annotate(at=Min("occurred_at")))

    def links_of(self, item: Accepted) -> list[FulfilmentParcel]:
        """The parcels a fulfilment names now."""
        return [link for link in self._links[item.fulfilment.pk] if link.ended_at is None]

    def was_scanned(self, shipment: Shipment, at: datetime) -> bool:
        """True when a physical scan of the parcel is known that happened before `at`; later ones say nothing of what
        was decided then, whenever they are heard."""
        scanned_at = self._scanned.get(shipment.pk or 0) or shipment.first_scan_at
        return (scanned_at is not None and scanned_at < at) or self.number_was_scanned(shipment.number, at)

    def number_was_scanned(self, number: str, at: datetime) -> bool:
        """True when a scan before `at` waits for the parcel of a number."""
        scanned_at = self._unseen(number)
        return scanned_at is not None and scanned_at < at

    def had_parcels(self, item: Accepted) -> bool:
        """True when the fulfilment names a parcel, or named one once."""
        key = item.fulfilment.pk
        return bool(self._links[key]) or FulfilmentParcel.objects.filter(fulfilment_id=key).exists()

    def link(self, item: Accepted, index: int, shipment: Shipment) -> FulfilmentParcel:
        """Make the fulfilment's parcel of that index this shipment; return the link."""
        link = FulfilmentParcel(fulfilment=item.fulfilment, shipment=shipment, parcel_index=index)
        self._links[item.fulfilment.pk].append(link)
        self._new.append(link)
        return link

    def others(self, link: FulfilmentParcel) -> list[FulfilmentParcel]:
        """The links by which other fulfilments name the same parcel now."""
        every = (other for links in self._links.values() for other in links if other is not link)
        return [other for other in every if other.shipment is link.shipment and other.ended_at is None]

    def end_link(self, link: FulfilmentParcel, at: datetime) -> None:
        """The fulfilment names this parcel no more."""
        link.ended_at = at
        if link.pk:
            self._changed[link.pk] = link

    def join(self, one: Shipment, two: Shipment) -> Shipment:
        """Make two rows one parcel; return the survivor."""
        if one.pk is None or two.pk is None:
            self.write()
        survivor, loser = (one, two) if one.pk < two.pk else (two, one)
        joining.join(survivor, loser, self.directory, now=self.now)
        for link in (link for links in self._links.values() for link in links if link.shipment is loser):
            link.shipment = survivor
        scans = [self._scanned[row.pk] for row in (survivor, loser) if row.pk in self._scanned]
        if scans:
            self._scanned[survivor.pk] = min(scans)
        self.result.shipments.append(survivor)
        return survivor

    def tell(self, item: Accepted, shipment: Shipment) -> None:
        """Fill what the fulfilment and its order say of the parcel; the first order stays the primary one."""
        update, fulfilment = item.told.update, item.fulfilment
        if shipment.order_id is None:
            shipment.order = item.order
        if update.status == "success":
            shipment.fulfilled_at = shipment.fulfilled_at or fulfilment.created_at
        shipment.warehouse_id = shipment.warehouse_id or fulfilment.warehouse_id
        shipment.carrier = shipment.carrier or self.carriers.by_name(update.carrier_name)
        shipment.service = shipment.service or self.carriers.service(shipment.carrier, update.service)
        if shipment.order_id == item.order.pk:
            self.terms.apply(shipment, item.order)
        self.result.shipments.append(shipment)

    def write(self) -> None:
        """Write shipments, numbers and links, in that order."""
        parcels = self.directory.parcels
        for shipment in self.result.shipments:
            parcels.touch(shipment)
        parcels.save()
        self.directory.save()
        if self._changed:
            FulfilmentParcel.objects.bulk_create(
                [self._changed[key] for key in sorted(self._changed)],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["ended_at", "shipment"],
            )
        for link in self._new:
            link.shipment = living(link.shipment)
        FulfilmentParcel.objects.bulk_create(self._new)
        self._new, self._changed = [], {}
