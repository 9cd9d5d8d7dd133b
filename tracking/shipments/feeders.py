"""Which sources a parcel is heard of through, and which parcels would be left without news if one fell silent.

A parcel with a number is heard of through the sources that told events or facts of it, or are asked about it; while
there is none, and for a parcel without number, through those that announced it. Sources switched off tell nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

ACTIVE_FOR = timedelta(days=45)  # since the last event, or since it became known

FED = """
SELECT parcel.id, CASE WHEN parcel.number <> '' AND told.sources <> '{}' THEN told.sources
                       ELSE told.sources || announced.sources END AS sources
FROM tracking_shipment AS parcel
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(teller.source_id), '{}') AS sources FROM (
        SELECT event.source_id FROM tracking_trackingevent AS event
        WHERE event.shipment_id = parcel.id AND event.kind = 'source'
        UNION SELECT seen.source_id FROM tracking_observation AS seen WHERE seen.shipment_id = parcel.id
        UNION SELECT asked.source_id FROM tracking_pollstate AS asked
              JOIN tracking_source AS pollable ON pollable.id = asked.source_id AND pollable.polling_is_on
              WHERE asked.shipment_id = parcel.id AND asked.next_poll_at IS NOT NULL
    ) AS teller JOIN tracking_source AS source ON source.id = teller.source_id AND source.is_active
) AS told
CROSS JOIN LATERAL (
    SELECT COALESCE(array_agg(teller.source_id), '{}') AS sources FROM (
        SELECT fulfilment.source_id FROM tracking_fulfilmentparcel AS link
        JOIN tracking_fulfilment AS fulfilment ON fulfilment.id = link.fulfilment_id
        WHERE link.shipment_id = parcel.id AND link.ended_at IS NULL
        UNION SELECT name.told_by_id FROM tracking_trackingnumber AS name
              WHERE name.shipment_id = parcel.id AND name.valid_to IS NULL
    ) AS teller JOIN tracking_source AS source ON source.id = teller.source_id AND source.is_active
) AS announced
"""
ACTIVE = """
WHERE parcel.ended_at IS NULL AND parcel.merged_into_id IS NULL
  AND (parcel.last_event_at > %(young)s OR parcel.created_at > %(young)s)
"""
LOOK_AGAIN = """
UPDATE tracking_shipment AS parcel SET next_check_at = %(now)s FROM (
    SELECT locked.id FROM tracking_shipment AS locked
    WHERE locked.id IN (SELECT fed.id FROM ({fed}) AS fed WHERE %(source)s = ANY (fed.sources))
    ORDER BY locked.id FOR NO KEY UPDATE
) AS chosen WHERE chosen.id = parcel.id
"""


@dataclass(frozen=True, slots=True)
class Fed:
    """Active parcels that a source tells of: in all, and those no source that can be heard tells of besides."""

    parcels: int = 0
    alone: int = 0


def feeders(shipment_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Return the ids of the sources each parcel is heard of through. One query."""
    return {pk: frozenset(sources) for pk, sources in _rows(f"{FED} WHERE parcel.id = ANY (%s)", [list(shipment_ids)])}


def count_fed(source_id: int, *, silent: Collection[int], now: datetime) -> Fed:
    """Count the active parcels of a source; `silent` are the sources that cannot be heard, this one among them.

    Walks over the active parcels (an index holds them alone), so ask only about a source that is in trouble.
    """
    text = f"""
        SELECT count(*), count(*) FILTER (WHERE fed.sources <@ %(silent)s::bigint[])
        FROM ({FED} {ACTIVE}) AS fed WHERE %(source)s = ANY (fed.sources)
    """  # noqa: S608 (our own text)
    values = {"source": source_id, "silent": list(silent), "young": now - ACTIVE_FOR}
    return Fed(*_rows(text, values)[0])


def look_again(source_id: int, *, now: datetime) -> int:
    """Make every active parcel of a source due for the sweep, because what can be heard of it changed; return how many.

    Locks them by id, inside the caller's transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            LOOK_AGAIN.format(fed=FED + ACTIVE), {"now": now, "source": source_id, "young": now - ACTIVE_FOR}
        )
        return int(cursor.rowcount)


def _rows(text: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall())
