"""Two rows that turn out to be one parcel become one: the older id survives."""

from datetime import datetime

from django.db import connection

from tracking.customer_knowledge.operations import move as move_knowledge
from tracking.domain_events import News, publish
from tracking.models import (
    CaseActivity,
    Dispute,
    ExceptionCase,
    FulfilmentParcel,
    Observation,
    PollState,
    Shipment,
    Signal,
    StatusChange,
)
from tracking.models.case import OPEN
from tracking.shipments.directory import Directory
from tracking.vocabulary import ActivityKind, CareLevel, CaseState, Direction, Outcome, SignalState

FILLED_FROM_LOSER = (
    "order_id", "store_id", "carrier_id", "service_id", "warehouse_id", "number", "fulfilled_at", "number_at",
    "label_told_at", "voided_at", "order_cancelled_at", "ship_to_city", "ship_to_region", "ship_to_postcode",
    "ship_to_country", "ship_from_country", "is_international", "original_estimate_at", "not_received_at",
    "wrong_address_at", "damage_told_at",
)  # fmt: skip


def join(survivor: Shipment, loser: Shipment, directory: Directory, *, now: datetime) -> None:
    """Move everything `loser` has to `survivor` and leave it as a pointer. Both are locked by the caller.

    Events with equal identity are dropped. Of two open cases the one that a person worked on stays, else the older one;
    the other ends as a duplicate. The caller refreshes the survivor; the clock does when nobody else does.
    """
    _fill(survivor, loser)
    _move_events(survivor.pk, loser.pk)
    _move_observations(survivor.pk, loser.pk)
    directory.move(loser, survivor)
    FulfilmentParcel.objects.filter(shipment_id=loser.pk).update(shipment_id=survivor.pk)
    StatusChange.objects.filter(shipment_id=loser.pk).update(shipment_id=survivor.pk)
    PollState.objects.filter(shipment_id=loser.pk).delete()
    _move_cases(survivor.pk, loser.pk, now)
    move_knowledge(survivor_id=survivor.pk, loser_id=loser.pk)
    loser.merged_into, loser.next_check_at, loser.order, loser.number = survivor, None, None, ""
    survivor.next_check_at = now
    directory.parcels.forget_orders()
    directory.parcels.touch(survivor)
    directory.parcels.touch(loser)
    publish([News("shipment.joined", now, shipment_id=survivor.pk, payload={"joined": loser.pk})])


def _fill(survivor: Shipment, loser: Shipment) -> None:
    for name in FILLED_FROM_LOSER:
        setattr(survivor, name, getattr(survivor, name) or getattr(loser, name))
    if survivor.promise_at is None:
        survivor.promise_at, survivor.promise_is_date = loser.promise_at, loser.promise_is_date
        survivor.promise_origin = loser.promise_origin
    if loser.care_level == CareLevel.HIGH and survivor.care_level != CareLevel.HIGH:
        survivor.care_level, survivor.care_policy = loser.care_level, loser.care_policy
        survivor.care_reason, survivor.care_set_by_id = loser.care_reason, loser.care_set_by_id
    if loser.direction == Direction.RETURN:
        survivor.direction = Direction.RETURN
    survivor.claimed_twice = survivor.claimed_twice or loser.claimed_twice


def _move_events(survivor: int, loser: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM tracking_trackingevent gone USING tracking_trackingevent kept
               WHERE gone.shipment_id = %s AND kept.shipment_id = %s AND gone.identity = kept.identity""",
            [loser, survivor],
        )
        cursor.execute("UPDATE tracking_trackingevent SET shipment_id = %s WHERE shipment_id = %s", [survivor, loser])


def _move_observations(survivor: int, loser: int) -> None:
    """Keep the newer word of each source, and the first estimate of both."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE tracking_observation kept SET original_estimate_at = other.original_estimate_at,
                 original_told_at = other.original_told_at FROM tracking_observation other
               WHERE kept.shipment_id IN (%s, %s) AND other.shipment_id IN (%s, %s)
                 AND kept.source_id = other.source_id AND kept.shipment_id <> other.shipment_id
                 AND other.original_told_at < COALESCE(kept.original_told_at, 'infinity')""",
            [survivor, loser, survivor, loser],
        )
        cursor.execute(
            """DELETE FROM tracking_observation gone USING tracking_observation kept
               WHERE gone.shipment_id IN (%s, %s) AND kept.shipment_id IN (%s, %s)
                 AND gone.source_id = kept.source_id AND gone.shipment_id <> kept.shipment_id
                 AND (gone.observed_at, gone.id) < (kept.observed_at, kept.id)""",
            [survivor, loser, survivor, loser],
        )
    Observation.objects.filter(shipment_id=loser).update(shipment_id=survivor)


def _move_cases(survivor: int, loser: int, now: datetime) -> None:
    both = [survivor, loser]
    found = ExceptionCase.objects.filter(OPEN, shipment_id__in=both).select_for_update(no_key=True).order_by("id")
    cases = sorted(found, key=lambda case: (case.last_person_action_at is None, case.opened_at, case.pk))
    for case in cases[1:]:
        _end_as_duplicate(case, cases[0], now)
    _drop_equal_signals(survivor, loser, now)
    Signal.objects.filter(shipment_id=loser).update(shipment_id=survivor)
    ExceptionCase.objects.filter(shipment_id=loser).update(shipment_id=survivor)
    Dispute.objects.filter(shipment_id=loser).update(shipment_id=survivor)
    if cases:
        Signal.objects.filter(shipment_id=survivor, state=SignalState.OPEN).update(case=cases[0])


def _drop_equal_signals(survivor: int, loser: int, now: datetime) -> None:
    open_signals = Signal.objects.filter(state=SignalState.OPEN)
    kinds = list(open_signals.filter(shipment_id=survivor).values_list("kind", flat=True))
    open_signals.filter(shipment_id=loser, kind__in=kinds).update(state=SignalState.CLEARED, ended_at=now)


def _end_as_duplicate(case: ExceptionCase, kept: ExceptionCase, now: datetime) -> None:
    before = {"state": case.state}
    case.state, case.outcome, case.resolved_at = CaseState.RESOLVED, Outcome.DUPLICATE, now
    case.signal_count, case.version = 0, case.version + 1
    case.save(update_fields=["state", "outcome", "resolved_at", "signal_count", "version"])
    CaseActivity.objects.create(
        case=case,
        kind=ActivityKind.MERGED,
        at=now,
        before=before,
        after={"state": case.state, "outcome": case.outcome},
        note=f"The parcel is the same as another; case {kept.pk} goes on.",
    )
    payload = {"state": case.state, "outcome": case.outcome, "goes_on_as": kept.pk}
    publish([News("case.resolved", now, case.shipment_id, case.order_id, case.pk, payload)])
