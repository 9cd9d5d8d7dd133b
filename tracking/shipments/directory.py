"""Which parcel a tracking number names at a moment: look-up and book-keeping of `TrackingNumber` rows."""

import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from tracking.connectors.carriers import group_for
from tracking.connectors.numbers import contradicts
from tracking.models import Shipment, TrackingNumber
from tracking.shipments.store import Parcels
from tracking.transactions import TRIES, lock_number
from tracking.vocabulary import NumberRole

REUSE_AFTER = timedelta(days=90)  # silence after the end before a number may name a new parcel

LOCKS = 4096  # numbers share so many locks: what one transaction holds stays far below the server's limit


class Directory:
    """Number rows of one batch: read together, changed in memory, written in two statements."""

    def __init__(self, parcels: Parcels) -> None:
        self.parcels = parcels
        self.rows: dict[str, list[TrackingNumber]] = defaultdict(list)
        self._loaded: set[str] = set()
        self._new: list[TrackingNumber] = []
        self._changed: dict[int, TrackingNumber] = {}

    def load(self, numbers: Iterable[str]) -> None:
        """Read the rows of numbers not read yet and lock their shipments.

        A number without row is locked itself until the end of the transaction: somebody else may be about to make its
        parcel. Rows are read again when their shipment was joined to another while we waited for it.
        """
        wanted = {number for number in numbers if number} - self._loaded
        if not wanted:
            return
        self._loaded |= wanted
        found = self._read(wanted)
        new = wanted - {row.number for row in found}
        if new:
            _lock_numbers(new)
            found += self._read(new)
        for row in found:
            row.shipment = self.parcels[row.shipment_id]
            self.rows[row.number].append(row)

    def _read(self, numbers: set[str]) -> list[TrackingNumber]:
        for _ in range(TRIES):
            found = list(TrackingNumber.objects.filter(number__any_of=numbers).order_by("id"))
            self.parcels.load(row.shipment_id for row in found)
            if all(self.parcels[row.shipment_id].merged_into_id is None for row in found):
                break
        return found

    def find(self, number: str, *, at: datetime, carrier: str = "") -> Shipment | None:
        """Return the parcel that `number` names at `at` (aware UTC); None when nobody does.

        Among rows valid then the carrier decides, then the first claim, then the youngest row. A closed row still takes
        an event when nothing else does: late scans of a replaced number belong to its parcel.
        """
        return self._best(self.rows.get(number, ()), at, carrier)

    def holder(self, number: str, *, at: datetime, carrier: str = "") -> Shipment | None:
        """Return the parcel that carries `number` now: `find` without numbers that were replaced or withdrawn."""
        return self._best((row for row in self.rows.get(number, ()) if row.valid_to is None), at, carrier)

    def _best(self, rows: Iterable[TrackingNumber], at: datetime, carrier: str) -> Shipment | None:
        fitting = [row for row in rows if not self._is_free_again(row.shipment, at)]
        if len(fitting) > 1:
            return max(fitting, key=lambda row: self._fit(row, at, carrier)).shipment
        return fitting[0].shipment if fitting else None

    @staticmethod
    def _is_free_again(shipment: Shipment, at: datetime) -> bool:
        last = shipment.last_event_at or shipment.ended_at
        return bool(shipment.ended_at and last and at > last + REUSE_AFTER)

    @staticmethod
    def _fit(row: TrackingNumber, at: datetime, carrier: str) -> tuple[bool, bool, bool, int, datetime]:
        shipment = row.shipment
        is_valid = (row.valid_to is None or at < row.valid_to) and row.valid_from - timedelta(days=60) <= at
        code = shipment.carrier.code if shipment.carrier_id and shipment.carrier else row.carrier_group
        return (is_valid, row.valid_to is None, bool(carrier) and carrier == code, -row.claim, row.valid_from)

    def current(self, shipment: Shipment, number: str) -> TrackingNumber | None:
        """Return the open row by which `number` names `shipment`."""
        for row in self.rows.get(number, ()):
            is_its = row.shipment is shipment or (row.shipment_id is not None and row.shipment_id == shipment.pk)
            if is_its and row.valid_to is None:
                return row
        return None

    def is_known(self, number: str) -> bool:
        """True when `number` names a parcel, or named one once."""
        return bool(self.rows.get(number))

    def was_named(self, shipment: Shipment, number: str) -> bool:
        """True when `number` named `shipment` until it was replaced."""
        rows = self.rows.get(number, ())
        return any(row.shipment is shipment and row.role == NumberRole.SUPERSEDED for row in rows)

    def add(
        self, shipment: Shipment, number: str, *, role: str, at: datetime, source_id: int | None, carrier: str = ""
    ) -> TrackingNumber:
        """Name `shipment` by `number` from `at` on; a number somebody else holds is claimed a second time."""
        known = self.current(shipment, number)
        if known:
            return known
        group = group_for(carrier) if carrier else ""
        taken = {row.claim for row in self.rows.get(number, ()) if row.valid_to is None and row.carrier_group == group}
        claim = next(index for index in range(len(taken) + 1) if index not in taken)
        row = TrackingNumber(
            shipment=shipment,
            number=number,
            carrier_group=group,
            role=role,
            claim=claim,
            valid_from=at,
            told_by_id=source_id,
            contradicts_carrier=contradicts(number, group),
        )
        self.rows[number].append(row)
        self._new.append(row)
        return row

    def close(self, row: TrackingNumber, *, at: datetime, role: str = "") -> None:
        """End a row at `at`; `role` changes its role (a replaced number becomes `superseded`)."""
        row.valid_to = at
        row.role = role or row.role
        if row.pk:
            self._changed[row.pk] = row

    def withdraw(self, shipment: Shipment, *, at: datetime) -> None:
        """Close the number of a parcel whose label was voided: it may name another parcel from then on."""
        row = self.current(shipment, shipment.number)
        if row:
            self.close(row, at=at)

    def move(self, loser: Shipment, survivor: Shipment) -> None:
        """Make all names of one parcel names of another."""
        for rows in self.rows.values():
            for row in rows:
                if row.shipment is loser:
                    row.shipment = survivor
        loser.numbers.update(shipment=survivor)

    def set_role(self, shipment: Shipment, number: str, role: str) -> None:
        """Change what the current row by which `number` names `shipment` is."""
        row = self.current(shipment, number)
        if row and row.role != role:
            row.role = role
            if row.pk:
                self._changed[row.pk] = row

    def free(self, number: str, *, at: datetime) -> None:
        """Close the rows of ended parcels whose number is free again, so that a new parcel can carry it."""
        for row in self.rows.get(number, ()):
            if row.valid_to is None and self._is_free_again(row.shipment, at):
                self.close(row, at=at)

    def save(self) -> None:
        """Write closed rows first, then new ones; shipments must be saved before."""
        if self._changed:
            TrackingNumber.objects.bulk_create(
                [self._changed[key] for key in sorted(self._changed)],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=["valid_to", "role", "shipment"],
            )
        for row in self._new:
            row.shipment_id = row.shipment.pk
        TrackingNumber.objects.bulk_create(sorted(self._new, key=lambda row: (row.number, row.claim)))
        self._new, self._changed = [], {}


def _lock_numbers(numbers: Iterable[str]) -> None:
    """Hold numbers that name no parcel yet until the end of the transaction."""
    places = sorted({zlib.crc32(number.encode()) % LOCKS for number in numbers})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, place) FROM unnest(%s::int[]) AS place",
            [lock_number("tracking number") % 2**31, places],
        )


REOPEN = """
UPDATE tracking_trackingnumber closed SET valid_to = NULL
FROM tracking_shipment parcel
WHERE parcel.id = closed.shipment_id AND parcel.id = ANY (%s) AND closed.number = parcel.number
  AND closed.valid_to IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tracking_trackingnumber other
                  WHERE other.number = closed.number AND other.valid_to IS NULL)
"""


def reopen_numbers(shipment_ids: Iterable[int]) -> None:
    """Make the numbers of voided parcels current again that were scanned after all, unless another parcel has them."""
    ids = sorted(shipment_ids)
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(REOPEN, [ids])
