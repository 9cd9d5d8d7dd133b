"""The parcels of one page and what happened to them, read by one statement: everybody asks for the page, all day.

Through models these rows cost several times as much: most of it went into putting statements together. Planning this
one takes the server longer than running it, so each connection prepares it once.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from weakref import WeakSet

from django.db import connection

from tracking.models import Carrier, Shipment, TrackingEvent
from tracking.vocabulary import SILENT_MILESTONES, Direction, ShipmentStatus

T = TypeVar("T")
MOST_PARCELS = 30
MOST_EVENTS = 300
MOST_REPORTS = 20
_MOMENTS = ("first_scan_at", "ended_at", "promise_at")
_SQL = """
WITH found AS (
  SELECT parcel.id, order_id, direction, status, reason, sentence_key, sentence_parameters, sentence_version,
    number, first_scan_at, ended_at, promise_at, ship_to_country, ship_to_region, delivered_city, delivered_region,
    delivered_to, signed_by, carrier.name AS carrier_name, carrier.tracking_url AS carrier_url
  FROM tracking_shipment AS parcel LEFT JOIN tracking_carrier AS carrier ON carrier.id = parcel.carrier_id
  WHERE parcel.id IN (
    SELECT id FROM tracking_shipment WHERE order_id = %(order)s
    UNION ALL SELECT link.shipment_id FROM tracking_fulfilmentparcel AS link
      JOIN tracking_fulfilment AS sent ON sent.id = link.fulfilment_id
      WHERE sent.order_id = %(order)s AND link.ended_at IS NULL
    UNION ALL SELECT %(alone)s)
  AND parcel.merged_into_id IS NULL AND parcel.direction = %(direction)s ORDER BY parcel.id LIMIT %(parcels)s),
shown AS MATERIALIZED (
  SELECT * FROM found WHERE status <> %(voided)s OR NOT EXISTS (SELECT FROM found WHERE status <> %(voided)s))
SELECT json_build_array(
  (SELECT json_agg(shown ORDER BY id) FROM shown),
  (SELECT json_agg(json_build_array(link.fulfilment_id, link.shipment_id, sent.lines) ORDER BY link.id)
   FROM tracking_fulfilmentparcel AS link JOIN tracking_fulfilment AS sent ON sent.id = link.fulfilment_id
   WHERE sent.order_id = %(order)s AND link.ended_at IS NULL),
  (SELECT json_agg(json_build_array(quantity, title) ORDER BY id)
   FROM tracking_orderline WHERE order_id = %(order)s AND requires_shipping),
  (SELECT json_agg(json_build_array(shipment_id, state, waiting_party, next_action_due_at) ORDER BY id)
   FROM tracking_exceptioncase WHERE shipment_id = ANY(ARRAY(SELECT id FROM shown)) AND state <> 'resolved'),
  (SELECT json_agg(json_build_array(shipment_id, to_status, sentence_parameters) ORDER BY known_at, id)
   FROM tracking_statuschange WHERE shipment_id = ANY(ARRAY(SELECT id FROM shown))),
  (SELECT json_agg(told) FROM (
     SELECT json_build_array(event.shipment_id, event.occurred_at, event.precision, event.local_date, code.milestone,
                             code.reason, event.city, event.region, event.country) AS told
     FROM tracking_trackingevent AS event JOIN tracking_trackingcode AS code ON code.id = event.code_id
     WHERE event.shipment_id = ANY(ARRAY(SELECT id FROM shown)) AND event.kind = %(kind)s
       AND event.occurred_at <= %(now)s AND code.milestone <> ALL(%(silent)s)
     ORDER BY event.occurred_at DESC, event.id DESC LIMIT %(events)s) AS newest),
  (SELECT json_agg(told) FROM (
     SELECT json_build_array(report.kind, report.reported_at, held.state, held.time_left_at) AS told
     FROM tracking_customerreport AS report LEFT JOIN tracking_exceptioncase AS held ON held.id = report.case_id
     WHERE report.shipment_id = ANY(ARRAY(SELECT id FROM shown))
     ORDER BY report.reported_at DESC, report.id DESC LIMIT %(reports)s) AS newest)
)::text
"""

_TYPES = {
    "order": "bigint", "alone": "bigint", "now": "timestamptz", "silent": "text[]", "kind": "text",
    "direction": "text", "voided": "text", "parcels": "int", "events": "int", "reports": "int",
}  # fmt: skip
_BODY = _SQL % {name: f"${place}" for place, name in enumerate(_TYPES, 1)}
_PREPARE = f"PREPARE customer_story ({', '.join(_TYPES.values())}) AS {_BODY}"
_EXECUTE = f"EXECUTE customer_story ({', '.join(f'%({name})s' for name in _TYPES)})"
_prepared: WeakSet[Any] = WeakSet()
"""Connections of the database driver that know the statement; a new one does not."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One parcel of one fulfilment, with what the fulfilment says is inside: dicts of quantity and title."""

    fulfilment_id: int
    shipment_id: int
    lines: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What our team does about a parcel."""

    state: str
    waiting_party: str
    next_action_due_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what the customer reads."""

    to_status: str
    sentence_parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as the page sees it."""

    at: datetime
    precision: str
    local_date: date | None
    milestone: str
    reason: str
    city: str
    region: str
    country: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a customer reported, and how its case stands ("" = none)."""

    kind: str
    reported_at: datetime
    case_state: str
    case_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """All of it; events and reports newest first, changes oldest first.

    Parcels are those that go to the customer, by id; voided labels are left out while there is another parcel.
    """

    parcels: list[Shipment]
    links: list[Packed]
    lines: list[tuple[int, str]]
    cases: dict[int, OpenCase]
    changes: dict[int, list[Change]]
    events: dict[int, list[Happened]]
    reports: list[Reported]


def read(*, order_id: int | None, alone: int | None = None, now: datetime) -> Story:
    """Return what is known at `now` (aware UTC) of an order and its parcels, or of the one parcel `alone`. One query.

    The parcels are meant for reading: they hold the columns the page needs, and their carrier by its name.
    """
    values: dict[str, Any] = {"order": order_id, "alone": alone, "now": now, "silent": sorted(SILENT_MILESTONES)}
    values |= {"kind": TrackingEvent.Kind.SOURCE.value, "direction": Direction.OUTBOUND.value}
    values |= {"voided": ShipmentStatus.CANCELLED.value, "parcels": MOST_PARCELS}
    values |= {"events": MOST_EVENTS, "reports": MOST_REPORTS}
    with connection.cursor() as cursor:
        if connection.connection not in _prepared:
            cursor.execute(_PREPARE)
            _prepared.add(connection.connection)
        cursor.execute(_EXECUTE, values)
        told = (part or [] for part in json.loads(cursor.fetchone()[0]))
    parcels, links, lines, cases, changes, events, reports = told
    return Story(
        parcels=[_parcel(row) for row in parcels],
        links=[Packed(*row) for row in links],
        lines=[(quantity, title) for quantity, title in lines],
        cases={row[0]: OpenCase(row[1], row[2], _moment(row[3])) for row in cases},
        changes=_by_parcel(changes, lambda row: Change(*row)),
        events=_by_parcel(events, _happened),
        reports=[
            Reported(kind, _moment(at), state or "", _moment(due) if due else None) for kind, at, state, due in reports
        ],
    )


def _parcel(row: dict[str, Any]) -> Shipment:
    carrier, address = row.pop("carrier_name"), row.pop("carrier_url")
    parcel = Shipment(**row | {name: _moment(row[name]) if row[name] else None for name in _MOMENTS})
    parcel.carrier = Carrier(name=carrier, tracking_url=address) if carrier else None
    return parcel


def _by_parcel(rows: Iterable[list[Any]], form: Callable[[list[Any]], T]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for shipment_id, *rest in rows:
        found.setdefault(shipment_id, []).append(form(rest))
    return found


def _happened(row: list[Any]) -> Happened:
    at, precision, day, *rest = row
    return Happened(_moment(at), precision, date.fromisoformat(day) if day else None, *rest)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
