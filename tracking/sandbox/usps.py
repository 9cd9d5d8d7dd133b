"""What a pretend USPS says of one number at one moment, in the shape and with the traps of the real answers.

Shapes: USPS Tracking v3r2 detail objects and Subscriptions-Tracking envelopes. Traps kept: local event times without
offset (sometimes with a false Z), `GMTOffset` in two forms, codes that lost their leading zero, `trackingEvents` that
may be empty, a not-found number as its own entry with `error`, a payload that is JSON inside JSON.
"""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracking.sandbox.orders import PlayedOrder, Scan, iso, iso_utc
from tracking.sandbox.signing import usps_signature

_CATEGORIES = {
    "GX": "Pre-Shipment",
    "MA": "Pre-Shipment",
    "TM": "Pre-Shipment",
    "03": "Accepted",
    "OA": "Accepted",
    "OF": "Out for Delivery",
    "01": "Delivered",
    "14": "Available for Pickup",
    "16": "Available for Pickup",
    "02": "Delivery Attempt",
    "52": "Delivery Attempt",
}
_ALERTS = {"04", "05", "09", "11", "21", "22", "23", "27", "29", "31"}


def detail(order: PlayedOrder, key: str, moment: datetime) -> dict[str, Any]:
    """The detail object of one number as known at `moment` (aware), or its not-found entry."""
    scans = [scan for scan in order.scans[key] if scan.known_at <= moment]
    if not scans:
        return not_found(order.vendor_numbers[key])
    events = sorted((scan for scan in scans if scan.step.code), key=lambda scan: scan.at, reverse=True)
    town, house = order.customer.town, order.house
    body: dict[str, Any] = {
        "trackingNumber": order.vendor_numbers[key],
        "uniqueMailPieceId": f"{order.dice(key, 'piece'):x}",
        "mailClass": order.plan(key).service,
        "mailType": "DOMESTIC_MAIL" if town.country == "US" else "INTERNATIONAL_OUTBOUND",
        "serviceTypeCode": order.vendor_numbers[key][2:5],
        "services": ["USPS Tracking"],
        "accessControl": "FREE",
        "originCity": house.city.upper(),
        "originState": house.region,
        "originZIP": house.postcode,
        "originCountry": house.country,
        "destinationCity": town.city.upper(),
        "destinationState": town.region,
        "destinationZIP": town.postcode,
        "destinationCountryCode": town.country,
        "trackingEvents": [_event(order, scan) for scan in events],
        **_planned(order, scans),
    }
    if events:
        body |= _status(events[0])
    return body


def not_found(number: str) -> dict[str, Any]:
    """The entry of a number USPS does not know (yet)."""
    title = "A status update is not yet available on your package. Check back soon."
    problem = {"status": "404", "code": "-2147219283", "title": "Tracking number not found", "detail": title}
    return {"trackingNumber": number, "error": {"code": "404", "message": title, "errors": [problem]}}


def _status(newest: Scan) -> dict[str, str]:
    code, text = newest.step.code, newest.step.text
    category = _CATEGORIES.get(code, "Alert" if code in _ALERTS else "In Transit")
    when = newest.at.astimezone(ZoneInfo(newest.town.zone))
    summary = f"{text} in {newest.town.city.upper()} on {when:%B} {when.day}, {when.year}."
    return {"status": text, "statusCategory": category, "statusSummary": summary}


def _planned(order: PlayedOrder, scans: list[Scan]) -> dict[str, Any]:
    zone = order.customer.town.zone
    body: dict[str, Any] = {}
    told = [scan.step for scan in scans if scan.step.estimate or scan.step.no_estimate]
    if told and told[-1].estimate and not told[-1].no_estimate:
        until = iso(order.calendar_moment(told[-1].estimate, zone), zone)[:19]
        body |= {"expectedDeliveryTimeStamp": until, "expectedDeliveryType": "ESTIMATED"}
        body |= {"predictedDeliveryDate": until[:10], "predictedDeliveryTimeStamp": until}
    returns = [scan.step.return_by for scan in scans if scan.step.return_by]
    if returns:
        body["returnDateNotice"] = iso(order.calendar_moment(returns[-1], zone), zone)[:10]
    return body


def _event(order: PlayedOrder, scan: Scan) -> dict[str, Any]:
    step, town = scan.step, scan.town
    dice = order.dice(step.code, step.at.day)
    local = scan.at.astimezone(ZoneInfo(town.zone))
    text = step.text
    event: dict[str, Any] = {
        "eventType": text,
        "eventCode": step.code.lstrip("0") if dice % 17 == 0 else step.code,
        "actionCode": "",
        "reasonCode": step.reason,
        "eventTimestamp": f"{local:%Y-%m-%dT%H:%M:%S}" + ("Z" if dice % 5 == 0 else ""),
        "GMTTimestamp": iso_utc(scan.at),
        "GMTOffset": _offset(local, as_minutes=dice % 7 == 0),
        "eventCity": town.city.upper(),
        "eventState": town.region,
        "eventZIP": town.postcode,
        "eventCountry": "" if town.country == "US" else town.country,
        "firm": "",
        "name": step.signed_by,
        "authorizedAgent": "false",
    }
    return {name: value for name, value in event.items() if name not in step.without}


def _offset(local: datetime, *, as_minutes: bool) -> str:
    offset = local.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    return str(minutes) if as_minutes else f"{local:%z}"[:3] + ":" + f"{local:%z}"[3:]


def webhook(order: PlayedOrder, key: str, scan: Scan, sent_at: datetime, secret: str) -> tuple[dict[str, str], bytes]:
    """A subscription push: (headers, body) of the parcel as it stood when `scan` became known."""
    payload = json.dumps(detail(order, key, scan.known_at), separators=(",", ":"))
    timestamp = iso_utc(sent_at)
    envelope = {"subscriptionId": "3f1c-sandbox", "timestamp": timestamp, "payload": payload}
    headers = {"Content-Type": "application/json", "X-HMAC": usps_signature(secret, timestamp, payload)}
    return headers, json.dumps(envelope).encode()
