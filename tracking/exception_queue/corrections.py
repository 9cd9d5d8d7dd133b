"""A person's word about a parcel: an event of its own kind that wins over everything up to its time."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.refresh import Refreshed, refresh
from tracking.models import Shipment, StatusChange, TrackingEvent
from tracking.shipments.store import lock_orders_of
from tracking.status.identity import event_identity
from tracking.transactions import whole
from tracking.vocabulary import ShipmentStatus


@whole
def correct_status(*, shipment_id: int, status: str, actor: User, now: datetime, note: str) -> Refreshed:
    """Set the parcel's status by a person's word; later events count again. Raises ActionRefused,
    Shipment.DoesNotExist."""
    if status not in ShipmentStatus.values:
        raise ActionRefused("Choose a status.")
    if not note.strip():
        raise ActionRefused("Say how you know.")
    return _say(shipment_id, TrackingEvent.Kind.CORRECTION, status, actor, now, note)


@whole
def settle(*, shipment_id: int, actor: User, now: datetime, note: str) -> Refreshed:
    """Settle a movement after the end: the end stands. Raises ActionRefused,
    Shipment.DoesNotExist."""
    if locked(shipment_id).moved_after_end_at is None:
        raise ActionRefused("Nothing moved after the end of this parcel.")
    return _say(shipment_id, TrackingEvent.Kind.SETTLED, "", actor, now, note or "Settled")


@whole
def say_not_received(*, shipment_id: int, actor: User | None, now: datetime, note: str) -> Refreshed:
    """Note that a delivered parcel did not arrive by the customer's or an agent's word: its case opens at once.

    `actor` None: the customer said so themselves, as the note tells. Raises ActionRefused, Shipment.DoesNotExist.
    """
    if locked(shipment_id).status != ShipmentStatus.DELIVERED:
        raise ActionRefused("Only a parcel that counts as delivered can be reported as not received.")
    if not note.strip():
        raise ActionRefused("Say who says so.")
    Shipment.objects.filter(pk=shipment_id).update(not_received_at=now)
    return _say(shipment_id, TrackingEvent.Kind.NOT_RECEIVED, "", actor, now, note)


@whole
def say_wrong_address(*, shipment_id: int, actor: User | None, now: datetime, note: str) -> Refreshed:
    """Note that the address is wrong by the customer's or an agent's word: its case opens at once.

    On the way it is an address problem, once delivered a delivery in the wrong place. `actor` None: the customer said
    so themselves, as the note tells. Raises ActionRefused, Shipment.DoesNotExist.
    """
    locked(shipment_id)
    if not note.strip():
        raise ActionRefused("Say who says so.")
    Shipment.objects.filter(pk=shipment_id).update(wrong_address_at=now)
    return _say(shipment_id, TrackingEvent.Kind.WRONG_ADDRESS, "", actor, now, note)


@whole
def say_damaged(*, shipment_id: int, actor: User | None, now: datetime, note: str) -> Refreshed:
    """Note that the parcel is damaged by the customer's or an agent's word: its case opens at once.

    `actor` None: the customer said so themselves, as the note tells. Raises ActionRefused, Shipment.DoesNotExist.
    """
    locked(shipment_id)
    if not note.strip():
        raise ActionRefused("Say who says so.")
    Shipment.objects.filter(pk=shipment_id).update(damage_told_at=now)
    return _say(shipment_id, TrackingEvent.Kind.DAMAGED, "", actor, now, note)


def locked(shipment_id: int) -> Shipment:
    """Lock the orders of a parcel, then the parcel, and return it. Inside a transaction."""
    lock_orders_of([shipment_id])
    return Shipment.objects.select_for_update(no_key=True, of=("self",)).get(pk=shipment_id)


def _say(shipment_id: int, kind: str, status: str, actor: User | None, now: datetime, note: str) -> Refreshed:
    if actor is not None and not actor.has_perm("tracking.act_on_case"):
        raise ActionRefused("You may look at parcels, but not correct them.")
    if locked(shipment_id).merged_into_id:
        raise ActionRefused("This parcel was joined with another; correct that one.")
    TrackingEvent.objects.create(
        shipment_id=shipment_id,
        identity=event_identity(0, now.isoformat(), (), f"{kind}:{status}:{actor.pk if actor else 0}"),
        kind=kind,
        occurred_at=now,
        received_at=now,
        own_text=(f"{actor.get_username()}: {note.strip()}" if actor else note.strip())[:300],
        corrected_status=status,
    )
    return refresh(shipment_ids=[shipment_id], now=now, cause=StatusChange.Cause.CORRECTION)
