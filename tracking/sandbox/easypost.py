"""What a pretend EasyPost says of one number at one moment, in the shape and with the traps of the real answers.

Shapes: EasyPost API v2 (Tracker, TrackingDetail, Event). Traps kept: a number without news has the status `unknown`;
empty places; a carrier code that may be missing; whole histories in every push; two generations of signatures.
"""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracking.sandbox.orders import PlayedOrder, iso_utc
from tracking.sandbox.places import Town
from tracking.sandbox.repeating import Word, followed_from, history
from tracking.sandbox.signing import easypost_signature, easypost_signature_v2

SOURCE = "easypost"
CARRIERS = {"usps": "USPS", "fedex": "FedEx", "ups": "UPSDAP", "canada_post": "CanadaPost"}
_LAST = {"delivered", "cancelled"}
_NOWHERE = {"city": None, "state": None, "country": None, "zip": None}


def tracker_id(order: PlayedOrder, key: str) -> str:
    """EasyPost's id of a tracker; later orders have greater ones."""
    return f"trk_{order.serial:08x}{order.dice('tracker', key):012x}"


def tracker(order: PlayedOrder, key: str, moment: datetime) -> dict[str, Any]:
    """The Tracker object of one number as of `moment` (aware). The number must be followed by then."""
    begin, words = followed_from(order, key, SOURCE), history(order, key, SOURCE, moment)
    made_at = begin.at if begin else order.placed_at
    newest = words[-1] if words else None
    return {
        "id": tracker_id(order, key),
        "object": "Tracker",
        "mode": "production",
        "tracking_code": order.vendor_numbers[key],
        "status": newest.status if newest else "unknown",
        "status_detail": newest.detail if newest else "unknown",
        "created_at": iso_utc(made_at),
        "updated_at": iso_utc(max([made_at, *(word.known_at for word in words)])),
        "signed_by": next((word.scan.step.signed_by for word in reversed(words) if word.scan), "") or None,
        "weight": 35.2,
        "est_delivery_date": _estimate(order, words),
        "shipment_id": None,
        "carrier": CARRIERS[order.plan(key).carrier],
        "public_url": f"https://track.easypost.com/{order.dice('page', key):x}",
        "finalized": bool(newest and newest.status in _LAST),
        "is_return": False,
        "fees": [],
        "carrier_detail": _carrier_detail(order, key),
        "tracking_details": [_detail(order, key, word) for word in words],
    }


def _detail(order: PlayedOrder, key: str, word: Word) -> dict[str, Any]:
    is_label = word.status == "pre_transit"
    return {
        "object": "TrackingDetail",
        "message": word.text,
        "description": "",
        "status": word.status,
        "status_detail": word.detail,
        "datetime": iso_utc(word.at),
        "source": CARRIERS[order.plan(key).carrier],
        "carrier_code": word.carrier_code if order.dice("code", key, word.detail) % 4 else "",
        "tracking_location": {"object": "TrackingLocation", **(_NOWHERE if is_label else _location(word.town))},
    }


def _location(town: Town) -> dict[str, str | None]:
    return {
        "city": town.city.upper(),
        "state": town.region or None,
        "country": town.country,
        "zip": town.postcode or None,
    }


def _estimate(order: PlayedOrder, words: list[Word]) -> str | None:
    """The last day told; EasyPost writes a day as midnight of UTC."""
    told = [word.scan.step for word in words if word.scan and (word.scan.step.estimate or word.scan.step.no_estimate)]
    if not told or told[-1].no_estimate or not told[-1].estimate:
        return None
    zone = order.customer.town.zone
    return f"{order.calendar_moment(told[-1].estimate, zone).astimezone(ZoneInfo(zone)):%Y-%m-%d}T00:00:00Z"


def _carrier_detail(order: PlayedOrder, key: str) -> dict[str, Any]:
    origin, town = order.town("origin", order.plan(key).carrier), order.customer.town
    return {
        "object": "CarrierDetail",
        "service": order.plan(key).service,
        "container_type": None,
        "est_delivery_date_local": None,
        "est_delivery_time_local": None,
        "origin_location": f"{origin.city.upper()} {origin.region}, {origin.postcode}",
        "origin_tracking_location": _location(origin),
        "destination_location": f"{town.city.upper()} {town.region}, {town.postcode}",
        "destination_tracking_location": _location(town),
        "guaranteed_delivery_date": None,
        "alternate_identifier": None,
        "initial_delivery_attempt": None,
    }


def event(
    order: PlayedOrder, key: str, known_at: datetime, sent_at: datetime, secret: str, path: str
) -> tuple[dict[str, str], bytes]:
    """A webhook: (headers, body) of the tracker as it stood at `known_at`. Half of them carry the second signature."""
    now = tracker(order, key, known_at)
    is_first = known_at == followed_at(order, key)
    body: dict[str, Any] = {
        "id": f"evt_{order.dice('event', key, known_at.isoformat()):016x}",
        "object": "Event",
        "mode": "production",
        "description": "tracker.created" if is_first else "tracker.updated",
        "previous_attributes": {} if is_first else {"status": "in_transit"},
        "pending_urls": [],
        "completed_urls": [],
        "status": "pending",
        "created_at": iso_utc(sent_at),
        "updated_at": iso_utc(sent_at),
        "result": now,
    }
    raw = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Hmac-Signature": easypost_signature(secret, raw)}
    if order.dice("signature", key, known_at.isoformat()) % 2:
        timestamp = iso_utc(sent_at)
        headers |= {"X-Timestamp": timestamp, "X-Path": path}
        headers["X-Hmac-Signature-V2"] = easypost_signature_v2(secret, timestamp, "POST", path, raw)
    return headers, raw


def followed_at(order: PlayedOrder, key: str) -> datetime | None:
    """When EasyPost began to follow a number, aware UTC."""
    begin = followed_from(order, key, SOURCE)
    return begin.at if begin else None
