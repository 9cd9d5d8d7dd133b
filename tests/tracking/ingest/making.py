"""Sources and their messages, as small as they can be, signed as the vendors sign."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from tracking import clock
from tracking.connectors.contract import PolledPart, Verification
from tracking.ingest.drain import Drained, drain
from tracking.ingest.operations import receive, store_polled
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Source
from tracking.sandbox.signing import fedex_signature, shopify_signature, usps_signature

SECRET = "planted-webhook-secret"
SETTINGS = {
    "shopify": {"shop": "mugs.myshopify.com", "webhook_secret": SECRET, "access_token": "planted-access-token"},
    "fedex": {"webhook_secret": SECRET, "client_id": "key", "client_secret": "planted-client-secret"},
    "usps": {"webhook_secret": SECRET, "client_id": "key", "client_secret": "planted-client-secret"},
}
NUMBER = "600000000013"


def source_of(kind: str, now: datetime, store: str = "Mugs") -> Source:
    """Connect one source of a kind; its slug is the kind."""
    return add_source(kind=kind, slug=kind, store=store, values=SETTINGS[kind], now=now)[0]


# --- Bodies -----------------------------------------------------------------------------------------------------


def scan(at: str, code: str = "AR", text: str = "Arrived at FedEx location", **place: str) -> dict[str, Any]:
    """One FedEx scan."""
    return {"date": at, "eventType": code, "eventDescription": text, "scanLocation": place}


def fedex_body(number: str = NUMBER, *scans: dict[str, Any]) -> bytes:
    """A FedEx message about one parcel, newest scan first."""
    result = {"trackingNumberInfo": {"trackingNumber": number}, "scanEvents": list(scans)}
    entry = {"trackingNumber": number, "trackResults": [result]}
    return json.dumps({"output": {"completeTrackResults": [entry]}}).encode()


def order_body(order_id: int = 55, **changes: Any) -> bytes:
    """A Shopify order."""
    told = {
        "id": order_id,
        "name": f"#{order_id}",
        "created_at": "2026-11-16T10:00:00-05:00",
        "updated_at": "2026-11-16T10:00:00-05:00",
        "currency": "USD",
        "total_price": "30.00",
        "email": "ann@example.com",
        "line_items": [{"id": 1, "title": "Mug", "quantity": 2}],
    }
    return json.dumps({**told, **changes}).encode()


def fulfilment_body(fulfilment_id: int = 77, numbers: Sequence[str] = (NUMBER,), **changes: Any) -> bytes:
    """A Shopify fulfilment of order 55."""
    told = {
        "id": fulfilment_id,
        "order_id": 55,
        "status": "success",
        "created_at": "2026-11-17T10:00:00-05:00",
        "updated_at": "2026-11-17T10:00:00-05:00",
        "tracking_company": "FedEx",
        "tracking_numbers": list(numbers),
        "line_items": [{"id": 1, "title": "Mug", "quantity": 2, "requires_shipping": True}],
    }
    return json.dumps({**told, **changes}).encode()


def shop_event_body(fulfilment_id: int = 77, **changes: Any) -> bytes:
    """A tracking event as Shopify passes it on: it names a fulfilment, not a number."""
    told = {
        "id": 1,
        "fulfillment_id": fulfilment_id,
        "status": "in_transit",
        "happened_at": "2026-11-17T20:00:00-05:00",
    }
    return json.dumps({**told, **changes}).encode()


def usps_body(sent_at: datetime, number: str = "9400150899563000000077") -> bytes:
    """A USPS push: an envelope whose payload is JSON in a text."""
    event = {
        "eventType": "Arrived at USPS Regional Facility",
        "eventCode": "A1",
        "eventTimestamp": "2026-11-17T03:12:00",
        "GMTTimestamp": "2026-11-17T09:12:00Z",
        "GMTOffset": "-06:00",
    }
    payload = json.dumps({"trackingNumber": number, "trackingEvents": [event]})
    return json.dumps({"timestamp": f"{sent_at:%Y-%m-%dT%H:%M:%SZ}", "payload": payload}).encode()


# --- Through the door -------------------------------------------------------------------------------------------


def signed(kind: str, body: bytes, **more: str) -> dict[str, str]:
    """The headers of a message signed by its vendor; underscores in names become dashes."""
    if kind == "shopify":
        headers = {"X-Shopify-Hmac-Sha256": shopify_signature(SECRET, body)}
    elif kind == "fedex":
        headers = {"fdx-signature": fedex_signature(SECRET, body)}
    else:
        envelope = json.loads(body)
        headers = {"X-HMAC": usps_signature(SECRET, envelope["timestamp"], envelope["payload"])}
    return headers | {name.replace("_", "-"): value for name, value in more.items()}


def post(kind: str, body: bytes, now: datetime, headers: Mapping[str, str] | None = None) -> Any:
    """Post a message to the hook of the source of that kind at a moment."""
    told = dict(signed(kind, body) if headers is None else headers)
    with clock.at(now):
        return Client().post(f"/hooks/{kind}/", body, content_type="application/json", headers=told)


# --- Behind it --------------------------------------------------------------------------------------------------


def stored(source: Source, body: bytes, now: datetime, topic: str = "") -> InboundMessage:
    """Store a message as the hook does once its signature was found right; a repetition gives the first."""
    verified = Verification(ok=True, topic=topic)
    receive(source_id=source.pk, body=body, headers={}, verified=verified, now=now)
    return InboundMessage.objects.get(source=source, body_hash=hashlib.sha256(body).digest())


def polled(source: Source, about: str, body: bytes, now: datetime) -> InboundMessage:
    """Store one parcel's part of a poll answer."""
    store_polled(source_id=source.pk, parts=[PolledPart(about, body)], now=now)
    return InboundMessage.objects.filter(source=source, about=about).latest("id")


def drained(now: datetime) -> Drained:
    """Work all that is due at a moment."""
    return drain(clock=lambda: now)


def outcome(source: Source, body: bytes, now: datetime, topic: str = "") -> InboundMessage:
    """Store a message and work it; return the row as it stands then."""
    message = stored(source, body, now, topic)
    drained(now)
    message.refresh_from_db()
    return message


MINUTE = timedelta(minutes=1)
