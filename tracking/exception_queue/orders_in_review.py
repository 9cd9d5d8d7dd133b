"""Orders are marked while one of their parcels has an open case."""

from collections.abc import Iterable

from django.db import connection

MARK = """
WITH candidate AS (
    SELECT id FROM tracking_order WHERE id = ANY (%(ids)s) AND (needs_review OR %(open)s::bigint[] IS NULL)
    UNION
    SELECT order_id FROM tracking_shipment WHERE id = ANY (%(open)s) AND order_id = ANY (%(ids)s)
    UNION
    SELECT f.order_id
    FROM tracking_fulfilment f JOIN tracking_fulfilmentparcel p ON p.fulfilment_id = f.id AND p.ended_at IS NULL
    WHERE p.shipment_id = ANY (%(open)s) AND f.order_id = ANY (%(ids)s)
), parcel AS (
    SELECT s.order_id, s.id AS shipment_id FROM tracking_shipment s WHERE s.order_id IN (SELECT id FROM candidate)
    UNION
    SELECT f.order_id, p.shipment_id
    FROM tracking_fulfilment f JOIN tracking_fulfilmentparcel p ON p.fulfilment_id = f.id AND p.ended_at IS NULL
    WHERE f.order_id IN (SELECT id FROM candidate)
), review AS (
    SELECT o.id, EXISTS (
        SELECT 1 FROM parcel JOIN tracking_exceptioncase c ON c.shipment_id = parcel.shipment_id
        WHERE parcel.order_id = o.id AND c.state <> 'resolved') AS wanted
    FROM tracking_order o WHERE o.id IN (SELECT id FROM candidate)
)
UPDATE tracking_order o SET needs_review = review.wanted
FROM review WHERE review.id = o.id AND o.needs_review <> review.wanted
"""


def mark_orders(order_ids: Iterable[int], open_parcels: Iterable[int] | None = None) -> None:
    """Set "needs review" on orders (locked by the caller) while one of their parcels has an open case; else take it
    off.

    `open_parcels`: of the parcels that were looked at, those that have an open case now. Orders that are not marked and
    name none of them are left alone.
    """
    ids = sorted(order_ids)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(MARK, {"ids": ids, "open": None if open_parcels is None else sorted(open_parcels)})
