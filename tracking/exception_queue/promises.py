"""What the engine knows of promises to customers: what contradicts one, and what follows.

A promise that the parcel arrives by a moment is contradicted by the clock (the moment passed and it is not delivered),
by a new estimate later than the moment, by the carrier's word that it will not come (lost, damaged, refused, going
back), and by the end of its journey elsewhere. A promise of something else is judged by people alone.
"""

from collections.abc import Iterable
from datetime import datetime

from tracking.calendars.days import local_day
from tracking.models import CustomerPromise, Shipment
from tracking.shipments.projection import destination_zone
from tracking.vocabulary import Precision, PromiseState, PromiseSubject, ShipmentStatus, SignalKind

CONTRADICTING: dict[str, str] = {
    SignalKind.LOST: "The carrier says that the parcel is lost.",
    SignalKind.DAMAGED: "The carrier says that the parcel is damaged.",
    SignalKind.REFUSED: "The parcel was refused.",
    SignalKind.RETURN_TO_SENDER: "The parcel is on its way back.",
    SignalKind.MISDELIVERY_SUSPECTED: "The parcel was delivered in another place.",
    SignalKind.DELIVERED_NOT_RECEIVED: "The customer says that it did not arrive.",
    SignalKind.PRESUMED_LOST: "The parcel has been silent so long that it is presumed lost.",
}
AFTER_BREAKING = "Tell the customer, who was promised: "
GONE: dict[str, str] = {
    ShipmentStatus.RETURNING: "The parcel is on its way back.",
    ShipmentStatus.RETURNED: "The parcel came back.",
    ShipmentStatus.CANCELLED: "The parcel was cancelled.",
}


def contradiction(promise: CustomerPromise, shipment: Shipment, news: Iterable[str], now: datetime) -> str:
    """Return what contradicts a promise, as a sentence, or "". `news`: kinds of signals that came or were told anew."""
    if promise.subject != PromiseSubject.ARRIVAL:
        return ""
    told = next((CONTRADICTING[kind] for kind in news if kind in CONTRADICTING), "")
    return told or GONE.get(shipment.status, "") or _by_estimate(promise, shipment) or _by_clock(promise, shipment, now)


def _by_clock(promise: CustomerPromise, shipment: Shipment, now: datetime) -> str:
    if shipment.delivered_at is None:
        return "The time is over and the parcel is not delivered." if promise.due_at <= now else ""
    is_day = shipment.status_precision == Precision.DATE
    late = _is_later(shipment, shipment.delivered_at, promise, is_day)
    return "It was delivered later than promised." if late else ""


def _by_estimate(promise: CustomerPromise, shipment: Shipment) -> str:
    estimate = shipment.estimate_at
    if estimate is None or shipment.delivered_at or estimate == promise.known_estimate_at:
        return ""
    late = _is_later(shipment, estimate, promise, shipment.estimate_precision == Precision.DATE)
    return "The carrier's new estimate is later than promised." if late else ""


def _is_later(shipment: Shipment, moment: datetime, promise: CustomerPromise, is_day: bool) -> bool:
    """Later than promised: by the day at the ship-to when only a day is known, else by the moment."""
    if not is_day:
        return moment > promise.due_at
    zone = destination_zone(shipment)
    return local_day(zone, moment) > local_day(zone, promise.due_at)


class Promises:
    """The open promises of a batch of cases, read when the first case has one."""

    def __init__(self, case_ids: Iterable[int]) -> None:
        self._ids = list(case_ids)
        self._rows: dict[int, CustomerPromise] | None = None
        self._broken: list[CustomerPromise] = []

    def of(self, case_id: int) -> CustomerPromise | None:
        """The open promise of a case."""
        if self._rows is None:
            rows = CustomerPromise.objects.filter(case_id__in=self._ids, state=PromiseState.OPEN)
            self._rows = {row.case_id: row for row in rows}
        return self._rows.get(case_id)

    def break_(self, promise: CustomerPromise, why: str, now: datetime) -> None:
        """Note that it is broken."""
        promise.state, promise.ended_at, promise.ended_because = PromiseState.BROKEN, now, why
        self._broken.append(promise)

    def save(self) -> None:
        """Write the broken ones."""
        for row in sorted(self._broken, key=lambda each: each.pk):
            row.save(update_fields=["state", "ended_at", "ended_because"])
        self._broken = []
