"""A small installation whose sources tell what a test lets them tell, through the same door as the drain."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from tracking.connectors.contract import (
    FulfilmentUpdate,
    LookupKey,
    Observation,
    ObservedEvent,
    OrderUpdate,
    Place,
    Reading,
    ShipmentUpdate,
    When,
)
from tracking.events import meanings
from tracking.ingest.apply import Applied, apply
from tracking.ingest.reading import Item
from tracking.models import (
    Carrier,
    InboundMessage,
    MappingVersion,
    RoutingRule,
    Shipment,
    Signal,
    Source,
    StatusMapping,
    Store,
    Team,
)
from tracking.transactions import whole

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOWHERE = Place()
AUSTIN = Place("Austin", "TX", "78701", "US")
BOSTON = Place("Boston", "MA", "02108", "US")
ONE, TWO, THREE = "794600000001", "794600000002", "794600000003"
SCANS = ("first_scan", "in_transit", "out_for_delivery", "available_for_pickup", "delivered", "returning", "returned")
OTHERS = {"label_created": "carrier_has_data", "delayed": "not_physical", "exception": "not_physical"}
REASONS = ("damaged", "lost", "refused", "weather_delay", "address_issue", "failed_attempt", "carrier_delay")
SOURCES = {"shop": "shopify", "second-shop": "shopify", "platform": "shopify", "fedex": "fedex", "usps": "usps"}


def mapping_row(code: str, milestone: str, evidence: str, reason: str = "") -> StatusMapping:
    """A mapping row of the made-up field `word`."""
    return StatusMapping(
        row_key=f"word-{code}",
        field="word",
        code=code,
        subcode="*",
        milestone=milestone,
        evidence=evidence,
        reason=reason,
        author=StatusMapping.Author.PRESET,
    )


def set_up() -> None:
    """A team, two stores, their sources, and a mapping in which every milestone and some reasons are words."""
    team = Team.objects.create(name="Support", slug="support")
    RoutingRule.objects.create(position=1000, name="Everything else", is_last=True, team=team)
    Carrier.objects.bulk_create(Carrier(code=code, name=code.upper()) for code in ("fedex", "usps"))
    rows = [mapping_row(code, code, "item_scanned") for code in SCANS]
    rows += [mapping_row(code, code, evidence) for code, evidence in OTHERS.items()]
    rows += [mapping_row(code, "exception", "item_scanned", code) for code in REASONS]
    version = MappingVersion.objects.create(number=1, published_at=MONDAY)
    for row in rows:
        row.version = version
    StatusMapping.objects.bulk_create(rows)
    meanings.forget()
    stores = Store.objects.bulk_create(Store(name=name, created_at=MONDAY) for name in ("Bright", "Casa"))
    sources = Source.objects.bulk_create(Source(slug=slug, kind=SOURCES[slug], created_at=MONDAY) for slug in SOURCES)
    belongs = Source.stores.through
    belongs.objects.bulk_create(belongs(source=row, store=stores[row.slug == "second-shop"]) for row in sources)


_message_ids = count(1)


def said(source: str, reading: Reading, at: datetime) -> Item:
    """One reading as it comes out of the inbox."""
    row = Source.objects.get(slug=source)
    message = InboundMessage(pk=next(_message_ids), source=row, received_at=at)
    return Item(message, row, reading)


@whole
def take_in(items: Iterable[Item], now: datetime) -> Applied:
    """Apply a batch of readings in one transaction."""
    stores = dict(Source.stores.through.objects.values_list("source_id", "store_id"))
    return apply(list(items), stores=stores, now=now)


def tell(source: str, *parts: object, at: datetime = MONDAY) -> Applied:
    """Let one source say things in one message, and apply it at once."""
    return take_in([said(source, reading(*parts), at)], at)


def reading(*parts: object) -> Reading:
    """Sort parts of a message by what they are."""

    def all_of(kind: type) -> tuple:
        return tuple(part for part in parts if isinstance(part, kind))

    return Reading(
        orders=all_of(OrderUpdate),
        fulfilments=all_of(FulfilmentUpdate),
        shipments=all_of(ShipmentUpdate),
        events=all_of(ObservedEvent),
        observations=all_of(Observation),
    )


def order(number: str = "1001", version: datetime = MONDAY, **facts: object) -> OrderUpdate:
    """An order update; its vendor id is "o" and the number."""
    told = {"created_at": MONDAY, "ship_to": AUSTIN, "email": "ann@example.com", "customer_name": "Ann Brown"} | facts
    return OrderUpdate(external_id=f"o{number}", number=number, version_at=version, **told)  # type: ignore[arg-type]


def fulfilment(
    *numbers: str, of: str = "1001", name: str = "f1", version: datetime = MONDAY, **facts: object
) -> FulfilmentUpdate:
    """A fulfilment of an order with its tracking numbers, if it has any."""
    told = {"status": "success", "created_at": MONDAY, "carrier_name": "FedEx"} | facts
    return FulfilmentUpdate(name, f"o{of}", version, tracking_numbers=numbers, **told)  # type: ignore[arg-type]


def event(number: str, word: str, at: datetime, carrier: str = "fedex", place: Place = NOWHERE) -> ObservedEvent:
    """Something that happened to a parcel, in the words of `set_up`."""
    when = When(at.isoformat(), "instant", at)
    return ObservedEvent(number, carrier, when, (LookupKey("word", word),), raw_code=word, place=place)


def estimate(number: str, at: datetime, carrier: str = "fedex") -> Observation:
    """The carrier's estimate of the delivery, to the moment."""
    return Observation(number, carrier, estimate_at=When(at.isoformat(), "instant", at))


def only_parcel() -> Shipment:
    """The only parcel there is, joined ones left out."""
    return Shipment.objects.get(merged_into=None)


def parcel(number: str) -> Shipment:
    """The parcel whose current number it is."""
    return Shipment.objects.get(number=number, merged_into=None)


def open_kinds(shipment: Shipment) -> set[str]:
    """Kinds of the parcel's open signals."""
    return set(Signal.objects.filter(shipment=shipment, state="open").values_list("kind", flat=True))
