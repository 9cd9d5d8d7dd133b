"""Two rows that turn out to be one parcel become one: the older id survives."""

from datetime import datetime

from django.db import connection

from tracking.domain_events import News, publish
from tracking.models import (
    CaseActivity,
    ExceptionCase,
    FulfilmentParcel,
    Observation,
    PollState,
    Shipment,
    Signal,
    StatusChange,
)
from tracking.shipments.directory import Directory
from tracking.vocabulary import ActivityKind, CaseState, Outcome, SignalState

FILLED_FROM_LOSER = (
    "order_id", "store_id", "carrier_id", "service_id", "warehouse_id", "number", "fulfilled_at", "number_at",
    "label_told_at", "ship_to_city", "ship_to_region", "ship_to_postcode", "ship_to_country", "ship_from_country",
    "promise_at", "promise_origin",
)  # fmt: skip


def join(survivor: Shipment, loser: Shipment, directory: Directory, *, now: datetime) -> None:
    """Move everything `loser` has to `survivor` and leave it as a pointer. Both are locked by the caller.

    Events with equal identity are dropped; the loser's open case moves over, or ends as a duplicate when the survivor
    has one. The caller refreshes the survivor.
    """
    for name in FILLED_FROM_LOSER:
        if not getattr(survivor, name):
            setattr(survivor, name, getattr(loser, name))
    _move_events(survivor.pk, loser.pk)
    _move_observations(survivor.pk, loser.pk)
    _move_numbers(survivor, loser, directory)
    FulfilmentParcel.objects.filter(shipment_id=loser.pk).update(shipment_id=survivor.pk)
    StatusChange.objects.filter(shipment_id=loser.pk).update(shipment_id=survivor.pk)
    PollState.objects.filter(shipment_id=loser.pk).delete()
    _move_cases(survivor.pk, loser.pk, now)
    loser.merged_into, loser.next_check_at, loser.order_id, loser.number = survivor, None, None, ""
    directory.parcels.touch(survivor)
    directory.parcels.touch(loser)
    publish([News("shipment.joined", now, shipment_id=survivor.pk, payload={"joined": loser.pk})])


def _move_events(survivor: int, loser: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM tracking_trackingevent gone USING tracking_trackingevent kept
               WHERE gone.shipment_id = %s AND kept.shipment_id = %s AND gone.identity = kept.identity""",
            [loser, survivor],
        )
        cursor.execute("UPDATE tracking_trackingevent SET shipment_id = %s WHERE shipment_id = %s", [survivor, loser])


def _move_observations(survivor: int, loser: int) -> None:
    known = Observation.objects.filter(shipment_id=survivor).values_list("source_id", flat=True)
    Observation.objects.filter(shipment_id=loser).exclude(source_id__in=list(known)).update(shipment_id=survivor)


def _move_numbers(survivor: Shipment, loser: Shipment, directory: Directory) -> None:
    loser.numbers.update(shipment=survivor)
    for rows in directory.rows.values():
        for row in rows:
            if row.shipment_id == loser.pk or row.shipment is loser:
                row.shipment = survivor


def _move_cases(survivor: int, loser: int, now: datetime) -> None:
    has_open = ExceptionCase.objects.filter(shipment_id=survivor).exclude(state=CaseState.RESOLVED).exists()
    open_case = ExceptionCase.objects.filter(shipment_id=loser).exclude(state=CaseState.RESOLVED).first()
    if open_case and has_open:
        open_case.state, open_case.outcome, open_case.resolved_at = CaseState.RESOLVED, Outcome.DUPLICATE, now
        open_case.save(update_fields=["state", "outcome", "resolved_at"])
        CaseActivity.objects.create(
            case=open_case, kind=ActivityKind.MERGED, at=now, note=f"The parcel was joined with parcel {survivor}."
        )
    open_kinds = Signal.objects.filter(shipment_id=survivor, state=SignalState.OPEN).values_list("kind", flat=True)
    Signal.objects.filter(shipment_id=loser, state=SignalState.OPEN, kind__in=list(open_kinds)).update(
        state=SignalState.CLEARED, ended_at=now
    )
    Signal.objects.filter(shipment_id=loser).update(shipment_id=survivor)
    ExceptionCase.objects.filter(shipment_id=loser).update(shipment_id=survivor)
