"""Takes down what the messaging side did, so that queue, evidence and audit can read it here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tracking.models import CustomerKnowledge
from tracking.transactions import whole
from tracking.vocabulary import KnowledgeState


@dataclass(frozen=True, slots=True)
class Known:
    """One topic of one parcel. `state` is a KnowledgeState, `at` aware UTC, `reason` a code ("" = none)."""

    shipment_id: int
    topic: str
    state: str
    at: datetime
    reason: str = ""


@whole
def record(*, entries: Iterable[Known]) -> int:
    """Write where topics stand; return how many rows changed. One statement, whatever the number of entries.

    The later entry of a topic replaces the earlier one, except that nothing takes back what the customer was told.
    Parcels that no longer exist are left out.
    """
    latest: dict[tuple[int, str], Known] = {}
    for entry in entries:
        key = (entry.shipment_id, entry.topic[:80])
        if key not in latest or latest[key].state != KnowledgeState.TOLD:
            latest[key] = entry
    if not latest:
        return 0
    rows = [latest[key] for key in sorted(latest)]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tracking_customerknowledge AS old (shipment_id, topic, state, at, reason)
               SELECT told.* FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
                      AS told (shipment_id, topic, state, at, reason)
               WHERE EXISTS (SELECT 1 FROM tracking_shipment parcel WHERE parcel.id = told.shipment_id)
               ON CONFLICT (shipment_id, topic) DO UPDATE
               SET state = excluded.state, at = excluded.at, reason = excluded.reason
               WHERE old.state <> 'told' AND (excluded.at >= old.at OR excluded.state = 'told')""",
            [
                [row.shipment_id for row in rows],
                [row.topic[:80] for row in rows],
                [row.state for row in rows],
                [row.at for row in rows],
                [row.reason[:40] for row in rows],
            ],
        )
        return int(cursor.rowcount)


@whole
def move(*, survivor_id: int, loser_id: int) -> None:
    """Give what is known of a joined parcel to the one that lives on. The caller has locked both parcels."""
    rows = CustomerKnowledge.objects.filter(shipment_id=loser_id)
    record(entries=[Known(survivor_id, row.topic, row.state, row.at, row.reason) for row in rows])
    rows.delete()
