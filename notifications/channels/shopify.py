"""Shopify: what carriers report is told to the shop, so that its order page and the Shop app say the same.

The shop's own account as a source is used; the channel's account only switches this on. Our reports come back by
webhook and poll and are known again (`tracking/events/own_reports.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.channels.accounts import as_failure
from notifications.channels.contract import (
    ChannelBroken,
    Envelope,
    NotNeeded,
    PermanentFailure,
    Receipt,
)
from tracking import clock
from tracking.connectors.contract import Connector
from tracking.connectors.http import CallFailed
from tracking.connectors.registry import get
from tracking.connectors.shopify.reports import Report, report
from tracking.events.own_reports import remember
from tracking.ingest.outgoing import account_for
from tracking.models import Fulfilment, FulfilmentParcel, Source, TrackingEvent
from tracking.models.encryption import UndecipherableSecret
from tracking.vocabulary import Reason, ShipmentStatus

KIND = "shopify"
STATUSES: dict[str, str] = {
    ShipmentStatus.FIRST_SCAN: "CARRIER_PICKED_UP",
    ShipmentStatus.IN_TRANSIT: "IN_TRANSIT",
    ShipmentStatus.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
    ShipmentStatus.AVAILABLE_FOR_PICKUP: "READY_FOR_PICKUP",
    ShipmentStatus.DELIVERED: "DELIVERED",
    ShipmentStatus.DELAYED: "DELAYED",
}
REASONS: dict[str, str] = {
    Reason.FAILED_ATTEMPT: "ATTEMPTED_DELIVERY",
    Reason.LOST: "FAILURE",
    Reason.DAMAGED: "FAILURE",
    Reason.REFUSED: "FAILURE",
}
SILENT = frozenset({"imported", "reread", "remapped"})
TOO_OLD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Told:
    """What to report and where."""

    fulfilment: Fulfilment
    report: Report


class ShopifyChannel:
    """One fulfilment event per change of a parcel's status that the shop has a word for."""

    kind = KIND
    label = "Shopify order page"
    per_second = 2.0  # two calls each; a shop restores 100 points a second, a call costs some ten

    def is_ready(self) -> str:
        """Each shop has its own account as a source: there is nothing the channel as a whole could lack."""
        return ""

    def is_idempotent(self) -> bool:
        """The shop's events are looked at before one is made."""
        return True

    def send(self, envelope: Envelope) -> Receipt:
        """Report one change of status. Raises TemporaryFailure, PermanentFailure, NotNeeded."""
        now = clock.now()
        told = _told(envelope.data, now)
        source = told.fulfilment.source
        remember(
            source_id=source.pk,
            fulfilment_id=told.report.fulfilment_id,
            status=told.report.status,
            happened_at=told.report.happened_at,
            now=now,
        )
        try:
            return Receipt(_reported(source, told.report, now))
        except CallFailed as failure:
            found = as_failure(failure)
            # What one shop refuses does not stop the reports to the others.
            raise (PermanentFailure(failure.message) if isinstance(found, ChannelBroken) else found) from failure
        except UndecipherableSecret as error:
            raise PermanentFailure("The secrets of this shop cannot be read. Enter them again.") from error


def word_for(status: str, reason: str) -> str:
    """Return Shopify's word for a status and its reason, "" when it has none that says the same."""
    return STATUSES.get(status) or (REASONS.get(reason, "") if status == ShipmentStatus.EXCEPTION else "")


def _told(notice: Mapping[str, Any], now: datetime) -> _Told:
    """Find the fulfilment and the words. Raises NotNeeded, which says why the shop is told nothing."""
    facts, parcel = notice["event"]["facts"], notice.get("shipment") or {}
    word = word_for(str(facts.get("to") or ""), str(facts.get("reason") or ""))
    if not word or not facts.get("occurred_at"):
        raise NotNeeded("The shop has no word for this.")
    if facts.get("cause") in SILENT:
        raise NotNeeded("Old reports were read again.")
    at = datetime.fromisoformat(facts["occurred_at"]).astimezone(UTC).replace(microsecond=0)
    if now - at > TOO_OLD:
        raise NotNeeded("It happened too long ago.")
    fulfilment = _fulfilment(parcel.get("id") or 0)
    if _shop_said_it(fulfilment, parcel["id"], str(facts["to"]), facts["occurred_at"]):
        raise NotNeeded("The shop said so itself.")
    return _Told(fulfilment, Report(fulfilment.external_id, word, at))


def _fulfilment(shipment_id: int) -> Fulfilment:
    """Return the fulfilment of a parcel that is alone in it; an event names no parcel, so of several none is meant."""
    links = FulfilmentParcel.objects.filter(shipment_id=shipment_id, ended_at=None, fulfilment__source__kind=KIND)
    link = links.select_related("fulfilment__source").order_by("pk").first()
    if link is None or not link.fulfilment.source.is_active:
        raise NotNeeded("The parcel belongs to no fulfilment of a connected shop.")
    if FulfilmentParcel.objects.filter(fulfilment=link.fulfilment, ended_at=None).count() > 1:
        raise NotNeeded("The fulfilment has several parcels, and the shop cannot be told which one is meant.")
    return link.fulfilment


def _shop_said_it(fulfilment: Fulfilment, shipment_id: int, milestone: str, occurred_at: str) -> bool:
    events = TrackingEvent.objects.filter(shipment_id=shipment_id, source_id=fulfilment.source_id)
    return events.filter(code__milestone=milestone, occurred_at=datetime.fromisoformat(occurred_at)).exists()


def _reported(source: Source, told: Report, now: datetime) -> str:
    """Make the calls; a kept token that the shop no longer takes is renewed once."""
    connector: Connector = get(KIND)
    kept = bool(source.token)
    try:
        return report(account_for(source, connector, now=now), told)
    except CallFailed as failure:
        if failure.kind != "auth" or not kept:
            raise
    return report(account_for(source, connector, now=now, fresh=True), told)
