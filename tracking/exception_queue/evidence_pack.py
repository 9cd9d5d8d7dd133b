"""Gathers what is known of a parcel into the sections of an evidence pack, as it is at this moment."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from tracking.customer_knowledge.queries import of_shipment
from tracking.detectors.same_place import Doubt, doubt
from tracking.exception_queue.evidence import Section
from tracking.models import Dispute, Observation, Shipment, StatusChange, TrackingEvent
from tracking.shipments.queries import customer_language, written

PARCEL, STATEMENT, TIMELINE, PROOF = "parcel", "statement", "timeline", "proof_of_delivery"
PLACE, TOLD, EARLIER = "place", "customer_told", "earlier_disputes"
TITLES: dict[str, str] = {
    STATEMENT: "What the customer says",
    PARCEL: "The parcel",
    TIMELINE: "Timeline",
    PROOF: "Proof of delivery",
    PLACE: "Place against ship-to",
    TOLD: "What the customer was told, and when",
    EARLIER: "Earlier disputes of this customer",
}
VERDICTS: dict[Doubt, str] = {
    Doubt.NONE: "Nothing the carrier says contradicts the ship-to.",
    Doubt.TOWN_ALONE: "Only the towns' names differ; it may be a neighbouring one.",
    Doubt.CERTAIN: "The carrier names another place than the ship-to.",
}
NO_PLACE = "The carrier has not said where it was delivered."
Facts = dict[str, Any]


def gather(shipment: Shipment, dispute: Dispute, said: str) -> list[Section]:
    """Return the sections of a pack in reading order: nine queries, whatever the length of the story.

    `shipment` is locked, with order, customer, store, carrier and service loaded; `dispute` is not saved yet.
    """
    observations = list(shipment.observations.select_related("source").order_by("source__slug"))
    content: dict[str, Any] = {
        STATEMENT: _statement(dispute, said),
        PARCEL: _parcel(shipment),
        TIMELINE: _timeline(shipment),
        PROOF: _proof(shipment, observations),
        PLACE: _place(shipment),
        TOLD: _told(shipment),
        EARLIER: _earlier(dispute),
    }
    return [Section(name, content[name]) for name in TITLES]


def _statement(dispute: Dispute, said: str) -> Facts:
    return {
        "kind": dispute.kind,
        "source": dispute.source,
        "at": iso(dispute.opened_at),
        "taken_down_by": dispute.opened_by.get_username() if dispute.opened_by else "",
        "said": said,
    }


def _parcel(shipment: Shipment) -> Facts:
    order = shipment.order
    customer = order.customer if order else None
    numbers = shipment.numbers.order_by("id").values_list("number", "role")
    return {
        "numbers": [{"number": number, "role": role} for number, role in numbers],
        "carrier": str(shipment.carrier or ""),
        "service": str(shipment.service or ""),
        "warehouse": str(shipment.warehouse or ""),
        "status": shipment.status,
        "label_at": iso(shipment.label_at),
        "first_scan_at": iso(shipment.first_scan_at),
        "promise_at": iso(shipment.promise_at),
        "promise_is_date": shipment.promise_is_date,
        "order": order.number if order else "",
        "ordered_at": iso(order.created_at) if order else "",
        "total_minor": order.total_minor if order else None,
        "currency": order.currency if order else "",
        "customer": {
            "name": customer.name if customer else "",
            "email": customer.email if customer else "",
            "phone": customer.phone if customer else "",
        },
    }


def _timeline(shipment: Shipment) -> list[Facts]:
    events = shipment.events.select_related("code", "source").order_by("occurred_at", "id")
    return [_event(event) for event in events]


def _event(event: TrackingEvent) -> Facts:
    by_person = event.source_id is None
    return {
        "occurred_at": iso(event.occurred_at),
        "precision": event.precision,
        "as_told": event.time_text,
        "heard_at": iso(event.received_at),
        "source": str(event.source) if event.source else event.kind,
        "code": str(event.code) if event.code else "",
        "milestone": event.code.milestone if event.code else event.corrected_status,
        "evidence": event.code.evidence if event.code else "",
        "text": "" if by_person else event.text,
        "written": event.text if by_person else "",
        "city": event.city,
        "region": event.region,
        "postcode": event.postcode,
        "country": event.country,
        "signed_by": event.signed_by,
        "message": event.message_id,
    }


def _proof(shipment: Shipment, observations: Iterable[Observation]) -> Facts:
    return {
        "delivered_at": iso(shipment.delivered_at),
        "signed_by": shipment.signed_by,
        "left_at": shipment.delivered_to,
        "proof": shipment.proof_url,
        "attempts": shipment.attempts,
        "by_source": [
            {
                "source": str(row.source),
                "observed_at": iso(row.observed_at),
                "signed_by": row.signed_by,
                "left_at": row.delivered_to,
                "proof": row.proof_url,
                "city": row.delivered_city,
                "region": row.delivered_region,
                "postcode": row.delivered_postcode,
                "country": row.delivered_country,
            }
            for row in observations
        ],
    }


def _place(shipment: Shipment) -> Facts:
    found = (
        shipment.delivered_city, shipment.delivered_region, shipment.delivered_postcode, shipment.delivered_country,
    )  # fmt: skip
    wanted = (shipment.ship_to_city, shipment.ship_to_region, shipment.ship_to_postcode, shipment.ship_to_country)
    names = ("city", "region", "postcode", "country")
    how_sure = doubt(found, wanted)
    return {
        "delivered": dict(zip(names, found, strict=True)),
        "ship_to": dict(zip(names, wanted, strict=True)),
        "doubt": how_sure.name.lower() if any(found) else "unknown",
        "verdict": VERDICTS[how_sure] if any(found) else NO_PLACE,
    }


def _told(shipment: Shipment) -> Facts:
    language = customer_language(shipment)
    changes = StatusChange.objects.filter(shipment=shipment).order_by("known_at", "id")
    return {
        "language": language,
        "page": [{"at": iso(row.known_at), "sentence": written(row, language)} for row in changes],
        "messages": [
            {"topic": row.topic, "state": row.state, "at": iso(row.at), "reason": row.reason}
            for row in of_shipment(shipment.pk)
        ],
    }


def _earlier(dispute: Dispute) -> list[Facts]:
    if dispute.customer_id is None:
        return []
    rows = Dispute.objects.filter(customer_id=dispute.customer_id).select_related("shipment__order", "case")
    return [
        {
            "dispute": row.pk,
            "at": iso(row.opened_at),
            "kind": row.kind,
            "order": row.shipment.order.number if row.shipment.order else "",
            "number": row.shipment.number,
            "outcome": row.case.outcome if row.case else "",
        }
        for row in rows.order_by("opened_at", "id")
    ]


def iso(at: datetime | date | None) -> str:
    """Return a moment as packs write it: ISO 8601, UTC offset included; "" for none."""
    return at.isoformat() if at else ""
