"""Until when the carrier takes a claim for a parcel in trouble: by the carrier's policy, from the day of shipping."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from tracking.calendars.days import at_local, local_day
from tracking.models import ClaimPolicy, Shipment

CLAIMABLE = frozenset(kind.value for kind in ClaimPolicy.KINDS)
END_OF_DAY = time(23, 59, 59)


class Claims:
    """Claim policies, read when the first parcel needs them."""

    def __init__(self) -> None:
        self._rows: list[ClaimPolicy] | None = None

    def due_at(self, shipment: Shipment, kinds: Iterable[str]) -> datetime | None:
        """Return the end (aware UTC) of the last day to claim for the first of these signal kinds to run out."""
        wanted = CLAIMABLE & set(kinds)
        if not wanted or shipment.carrier_id is None:
            return None
        rows = [row for kind in sorted(wanted) if (row := self._policy(shipment, kind))]
        return min((_end(shipment, row.days) for row in rows), default=None)

    def _policy(self, shipment: Shipment, kind: str) -> ClaimPolicy | None:
        if self._rows is None:
            self._rows = list(ClaimPolicy.objects.all())
        fitting = [
            row
            for row in self._rows
            if (row.carrier_id, row.kind) == (shipment.carrier_id, kind)
            and row.international in (None, shipment.is_international)
        ]
        return max(fitting, key=lambda row: row.international is not None, default=None)


def shipped_at(shipment: Shipment) -> datetime:
    """The moment a parcel counts as shipped: its first scan, else its label, else when it was first announced."""
    return shipment.first_scan_at or shipment.label_at or shipment.fulfilled_at or shipment.created_at


def _end(shipment: Shipment, days: int) -> datetime:
    zone = shipment.warehouse.time_zone if shipment.warehouse else "UTC"
    return at_local(zone, local_day(zone, shipped_at(shipment)) + timedelta(days=days), END_OF_DAY)
