"""A year's worth of rows at once: parcels with orders, customers, numbers and events, or with a case each.

Every fifth parcel is on its way, the others have been delivered during the last 30 days. Odd ids are FedEx's, even ones
of USPS. Texts, places and times look like those that messages bring, and events lie in the order of their arrival.
"""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection

from bench import ground, rows, vendors
from tracking.connectors.contract import RawMessage
from tracking.connectors.registry import get
from tracking.events.meanings import Heard, codes_for
from tracking.models import (
    Carrier,
    Customer,
    ExceptionCase,
    Fulfilment,
    FulfilmentParcel,
    Order,
    Service,
    Shipment,
    Signal,
    Source,
    Store,
    Team,
    TrackingEvent,
    TrackingNumber,
    Warehouse,
)
from tracking.vocabulary import SEVERITY_RANK

STEPS = {True: ("label", "accept", "depart", "arrive", "depart"), False: ("label", "accept", "arrive", "out", "done")}
"""Steps of a parcel by whether it is on its way."""
HOURS = (0, 2, 8, 16, 24)  # from the label to each step
EVENTS = len(HOURS)
OPEN_OF_TEN = 3  # of ten cases are open, the others were resolved
FIRST_ORDER = 100_000  # the number of parcel 0's order, had it one
KINDS = (
    ("stalled", "carrier", "medium"),
    ("no_first_scan", "warehouse", "medium"),
    ("address_issue", "customer", "high"),
)

FILLED = (
    Customer,
    Order,
    Fulfilment,
    Shipment,
    FulfilmentParcel,
    TrackingNumber,
    TrackingEvent,
    ExceptionCase,
    Signal,
)
"""Every table that is filled here."""


def number_of(parcel: int) -> str:
    """Return the tracking number of a parcel by its id."""
    return f"6{parcel:011d}" if parcel % 2 else f"92055901744{parcel:011d}"


def kind_of(parcel: int) -> str:
    """Return whose parcel it is."""
    return "fedex" if parcel % 2 else "usps"


NUMBER = "CASE mod(i, 2) WHEN 1 THEN '6' || lpad(i::text, 11, '0') ELSE '92055901744' || lpad(i::text, 11, '0') END"


def fill(shipments: int, now: datetime) -> None:
    """Parcels with five events each."""
    _Filler(shipments, now).fill_parcels()


def fill_queue(cases: int, now: datetime) -> None:
    """As many parcels with one event and one case each, three of ten cases open."""
    filler = _Filler(cases, now)
    with rows.indexes_last(*FILLED):
        filler.fill_parcels(events=1)
        filler.fill_cases()


def fill_active(count: int, told: int, now: datetime) -> None:
    """Parcels that are all on their way, without orders; the first `told` of them have been silent for a week.

    Only these have events: nothing else is asked of the others than not to be looked at.
    """
    with rows.indexes_last(Shipment):
        _Active(count, now).fill_shipments(order="NULL::bigint")
    _Active(told, now).fill_events(EVENTS)
    week = "interval '7 days'"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE tracking_trackingevent SET occurred_at = occurred_at - {week}")
        cursor.execute(f"UPDATE tracking_shipment SET next_check_at = next_check_at - {week} WHERE id <= %s", [told])


class _Filler:
    def __init__(self, count: int, now: datetime) -> None:
        self.count, self.now = count, now
        self.store = Store.objects.get(name=ground.STORE).pk
        self.carriers = {code: Carrier.objects.get(code=code).pk for code in vendors.SCANS}
        self.services = {code: Service.objects.get(carrier=pk).pk for code, pk in self.carriers.items()}
        self.sources = {code: Source.objects.get(slug=code).pk for code in vendors.SCANS}
        self.house = Warehouse.objects.get().pk
        self.t = f"'{now.isoformat()}'::timestamptz"

    def series(self) -> str:
        """All parcels: i, whether it is on its way, when its label was made, how many hours its story lasts."""
        return f"""(SELECT i, mod(i, 5) = 0 AS moving, CASE mod(i, 5)
            WHEN 0 THEN {self.t} - interval '34 hours' - mod(i::bigint * 7919, 100) * interval '1 minute'
            ELSE {self.t} - interval '3 days' - (({self.count} - i) / {self.count}::float) * interval '27 days'
            END AS label_at FROM generate_series(1, {self.count}) AS i) AS parcel"""

    def either(self, ids: dict[str, int]) -> str:
        """One id for FedEx's parcels, another for those of USPS."""
        return f"CASE mod(i, 2) WHEN 1 THEN {ids['fedex']} ELSE {ids['usps']} END"

    def fill_parcels(self, events: int = EVENTS) -> None:
        """Customers, orders, fulfilments, parcels, numbers, events."""
        self._fill_orders()
        self.fill_shipments()
        at = "label_at"
        link = {"fulfilment_id": "i", "shipment_id": "i"}
        rows.insert(FulfilmentParcel, self.series(), link)
        named = {"shipment_id": "i", "number": NUMBER, "valid_from": at, "carrier_group": self.group()}
        rows.insert(TrackingNumber, self.series(), named)
        self.fill_events(events)

    def group(self) -> str:
        """Numbers are known by the group of their carrier."""
        return "CASE mod(i, 2) WHEN 1 THEN 'fedex' ELSE 'usps' END"

    def _fill_orders(self) -> None:
        person = {"id": "i", "store_id": str(self.store), "email_key": "md5(i::text) || md5(i::text)"}
        rows.insert(Customer, self.series(), {**person, "name": "'Ann Brown'", "email": "'ann' || i || '@example.com'"})
        order = {
            "id": "i",
            "store_id": str(self.store),
            "external_id": "'x' || i",
            "number": f"'#' || ({FIRST_ORDER} + i)",
            "normalized_number": f"({FIRST_ORDER} + i)::text",
            "created_at": "label_at - interval '5 hours'",
            "received_at": "label_at - interval '5 hours'",
            "currency": "'USD'",
            "total_minor": "2000 + mod(i, 90) * 100",
            "customer_id": "i",
            "needs_review": "false",
            **_address("ship_to"),
        }
        rows.insert(Order, self.series(), order)
        sent = {"id": "i", "order_id": "i", "source_id": str(self.sources["usps"]), "external_id": "'f' || i"}
        rows.insert(Fulfilment, self.series(), {**sent, "status": "'success'", "created_at": "label_at"})

    def fill_shipments(self, order: str = "i") -> None:
        """The parcels alone, each of an order."""
        last = "label_at + interval '24 hours'"
        shipment = {
            "id": "i",
            "public_token": "md5('token' || i)",
            "store_id": str(self.store),
            "order_id": order,
            "carrier_id": self.either(self.carriers),
            "service_id": self.either(self.services),
            "warehouse_id": str(self.house),
            "number": NUMBER,
            "created_at": "label_at",
            "fulfilled_at": "label_at",
            "number_at": "label_at",
            "ship_from_country": "'US'",
            "status": "CASE WHEN moving THEN 'in_transit' ELSE 'delivered' END",
            "status_at": last,
            "evidence": "'item_scanned'",
            "label_at": "label_at",
            "first_scan_at": "label_at + interval '2 hours'",
            "last_scan_at": last,
            "last_event_at": last,
            "delivered_at": f"CASE WHEN moving THEN NULL ELSE {last} END",
            "ended_at": f"CASE WHEN moving THEN NULL ELSE {last} END",
            "next_check_at": f"CASE WHEN moving THEN {last} + interval '3 days' ELSE NULL END",
            **_address("ship_to"),
        }
        rows.insert(Shipment, self.series(), shipment)

    def fill_events(self, events: int) -> None:
        """The first so many events of every parcel."""
        codes = _codes(self.now)
        steps = ", ".join(
            f"({moving}, {place}, '{kind}', {codes[kind, step]}, {hours})"
            for moving, names in STEPS.items()
            for place, (step, hours) in enumerate(zip(names, HOURS, strict=True))
            for kind in vendors.SCANS
            if place < events
        )
        source = f"""(SELECT i, place, kind, code_id, label_at + hours * interval '1 hour' AS at,
                     (ARRAY[{_towns(0)}])[place + 1] AS city, (ARRAY[{_towns(1)}])[place + 1] AS region,
                     (ARRAY[{_towns(2)}])[place + 1] AS postcode
              FROM {self.series()} JOIN (VALUES {steps}) AS step (moves, place, kind, code_id, hours)
              ON step.moves = parcel.moving AND step.kind = {self.group()}) AS told"""
        event = {
            "shipment_id": "i",
            "identity": "hashtextextended(i || '/' || place, 0)",
            "source_id": f"CASE kind WHEN 'usps' THEN {self.sources['usps']} ELSE {self.sources['fedex']} END",
            "code_id": "code_id",
            "occurred_at": "date_trunc('second', at)",
            "received_at": "at + interval '4 minutes'",
            "message_id": "-(i * 5 + place)",  # never one that is stored
            "carrier": "kind",
            "city": "city",
            "region": "region",
            "postcode": "postcode",
            "country": "'US'",
        }
        rows.insert(TrackingEvent, source, event, order="ORDER BY at, i")

    def fill_cases(self) -> None:
        """One case with one signal for each parcel; the oldest are resolved."""
        kinds = ", ".join(
            f"({n}, '{kind}', '{cause}', '{severity}', {SEVERITY_RANK[severity]})"
            for n, (kind, cause, severity) in enumerate(KINDS)
        )
        source = f"""(SELECT *, mod(i, 10) >= {OPEN_OF_TEN} AS over, label_at + interval '30 hours' AS at,
                     {self.t} + (mod(i * 31, 1000) - 500) * interval '1 minute' AS due
              FROM {self.series()} JOIN (VALUES {kinds}) AS problem (n, kind, cause, severity, rank)
              ON n = mod(i, {len(KINDS)})) AS found"""
        case = {
            "id": "i",
            "shipment_id": "i",
            "order_id": "i",
            "store_id": str(self.store),
            "carrier_id": self.either(self.carriers),
            "warehouse_id": str(self.house),
            "shipment_status": "'in_transit'",
            "kind": "kind",
            "cause": "cause",
            "severity": "severity",
            "severity_rank": "rank",
            "evidence": "'No scan since Tuesday.'",
            "since": "at",
            "state": "CASE WHEN over THEN 'resolved' WHEN mod(i, 4) = 0 THEN 'acknowledged' ELSE 'new' END",
            "team_id": str(Team.objects.get().pk),
            "owner_id": f"CASE WHEN mod(i, 2) = 0 THEN {User.objects.get(username=ground.READER).pk} END",
            "next_action": "'Ask the carrier for a trace'",
            "next_action_due_at": "due",
            "first_response_due_at": "due",
            "time_left_at": "due",
            "opened_at": "at",
            "resolved_at": "CASE WHEN over THEN at + interval '9 hours' END",
            "outcome": "CASE WHEN over THEN 'arrived' ELSE '' END",
        }
        rows.insert(ExceptionCase, source, case, order="ORDER BY at, i")
        signal = {name: name for name in ("kind", "cause", "severity")}
        signal |= {"shipment_id": "i", "case_id": "i", "evidence": "'No scan since Tuesday.'", "since": "at"}
        signal |= {"fired_at": "at", "state": "CASE WHEN over THEN 'cleared' ELSE 'open' END"}
        rows.insert(Signal, source, signal, order="ORDER BY at, i")


class _Active(_Filler):
    def series(self) -> str:
        """All parcels on their way, their labels a day and a half old."""
        return f"""(SELECT i, true AS moving,
            {self.t} - interval '34 hours' - mod(i::bigint * 7919, 100) * interval '1 minute' AS label_at
            FROM generate_series(1, {self.count}) AS i) AS parcel"""


def _address(prefix: str) -> dict[str, str]:
    city, region, postcode, _ = vendors.TOWNS[-1]
    told = {"city": city.title(), "region": region, "postcode": postcode, "country": "US"}
    return {f"{prefix}_{name}": f"'{value}'" for name, value in told.items()}


def _towns(part: int) -> str:
    return ", ".join(f"'{town[part]}'" for town in vendors.TOWNS[:EVENTS])


def _codes(now: datetime) -> dict[tuple[str, str], int]:
    """Return the stored tracking code of every scan, known from a message that tells them all."""
    found: dict[tuple[str, str], int] = {}
    for kind, scans in vendors.SCANS.items():
        story = [vendors.Happening(step, now - timedelta(minutes=n), 0) for n, step in enumerate(scans)]
        pushed = vendors.push(kind, number_of(1), story, now)
        events = get(kind).read(RawMessage(pushed.body, pushed.headers, "", "webhook")).events
        codes = codes_for([Heard(event, kind, now) for event in events])
        by_raw = {(code.raw_code, code.raw_subcode): code.pk for code in codes}
        found |= {(kind, step): by_raw[scan.code, scan.subcode] for step, scan in scans.items()}
    return found


def count_events() -> int:
    """Return how many events the current database holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_trackingevent")
        return int(cursor.fetchone()[0])
