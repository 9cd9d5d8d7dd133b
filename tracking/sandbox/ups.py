"""What a pretend UPS says of one number at one moment, in the shape and with the traps of the real answers.

Shapes: UPS Track v1 (`trackResponse`, one number a call) and Track Alert v2 (one flat event a push). Traps kept: every
value a text; GMT clocks without their leading zero; offsets with a colon in answers and a point in pushes; activities
newest first; an unknown number as 404 or as a warning inside a 200; no history in a push.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracking.sandbox.orders import PlayedOrder, Scan
from tracking.sandbox.places import Town

UNKNOWN = {"code": "TW0001", "message": "Tracking Information Not Found"}
_SERVICES = {"UPS Ground": "003", "UPS Ground Saver": "093", "UPS 2nd Day Air": "002", "UPS Mail Innovations": "M4"}
_STATUS_CODES = {  # the three-digit summary that goes with a type and code
    "M/MP": "003",
    "I/OR": "038",
    "I/OT": "021",
    "D/FS": "011",
    "X/48": "022",
    "X/AL": "029",
}


def track_response(order: PlayedOrder, key: str, scans: list[Scan], moment: datetime) -> dict[str, Any]:
    """The answer of Track about one number of which `scans` are known at `moment` (aware)."""
    shipment = {"inquiryNumber": order.vendor_numbers[key], "package": [_package(order, key, scans, moment)]}
    return {"trackResponse": {"shipment": [shipment]}}


def warning(number: str) -> dict[str, Any]:
    """The answer of Track about an unknown number, as a warning."""
    return {"trackResponse": {"shipment": [{"inquiryNumber": number, "warnings": [UNKNOWN]}]}}


def _package(order: PlayedOrder, key: str, scans: list[Scan], moment: datetime) -> dict[str, Any]:
    events = sorted((scan for scan in scans if scan.step.code), key=lambda scan: scan.at, reverse=True)
    service = order.plan(key).service
    body: dict[str, Any] = {
        "trackingNumber": order.vendor_numbers[key],
        "packageCount": 1,
        "service": {"code": _SERVICES[service], "levelCode": _SERVICES[service], "description": service},
        "activity": [_activity(scan) for scan in events],
        "deliveryDate": _dates(order, scans),
        "deliveryTime": _delivery_time(order, scans),
        "referenceNumber": [{"type": "SHIPMENT", "number": order.name}],
        "packageAddress": [
            {"type": "ORIGIN", "address": _address(order.town("origin", "ups"))},
            {"type": "DESTINATION", "address": _address(order.customer.town)},
        ],
        "weight": {"unitOfMeasurement": "LBS", "weight": "2.20"},
        "alternateTrackingNumber": _partners(order, key, moment),
    }
    if events:
        body["currentStatus"] = _status(events[0])
        body["deliveryInformation"] = _proof(events[0])
    if returns := [scan.step.return_by for scan in scans if scan.step.return_by]:
        until = order.calendar_moment(returns[-1], order.customer.town.zone)
        body["accessPointInformation"] = {"pickupByDate": _day(until, order.customer.town)}
    return body


def _activity(scan: Scan) -> dict[str, Any]:
    return {"location": {"address": _address(scan.town)}, "status": _status(scan), **_times(scan)}


def _times(scan: Scan) -> dict[str, str]:
    """Local and GMT date and clock; a date-only activity has neither clock nor GMT."""
    local = scan.at.astimezone(ZoneInfo(scan.town.zone))
    if scan.step.date_only:
        return {"date": f"{local:%Y%m%d}", "time": ""}
    gmt = scan.at.astimezone(UTC)
    offset = f"{local:%z}"
    return {
        "date": f"{local:%Y%m%d}",
        "time": f"{local:%H%M%S}",
        "gmtDate": f"{gmt:%Y%m%d}",
        "gmtTime": f"{gmt:%H%M%S}".lstrip("0") or "0",
        "gmtOffset": f"{offset[:3]}:{offset[3:]}",
    }


def _status(scan: Scan) -> dict[str, str]:
    kind, _, code = scan.step.code.partition("/")
    summary = scan.step.reason or _STATUS_CODES.get(scan.step.code, "005")
    return {"type": kind, "code": code, "statusCode": summary, "description": scan.step.text}


def _address(town: Town) -> dict[str, str]:
    body = {
        "city": town.city.upper(),
        "stateProvince": town.region,
        "postalCode": town.postcode,
        "countryCode": town.country,
    }
    return {name: value for name, value in body.items() if value}


def _day(moment: datetime, town: Town) -> str:
    return f"{moment.astimezone(ZoneInfo(town.zone)):%Y%m%d}"


def _told(order: PlayedOrder, scans: list[Scan]) -> list[datetime]:
    """The days UPS has planned the delivery for, in the order told; empty once it withdrew them."""
    told = [scan.step for scan in scans if scan.step.estimate or scan.step.no_estimate]
    if not told or told[-1].no_estimate:
        return []
    return [order.calendar_moment(step.estimate, order.customer.town.zone) for step in told if step.estimate]


def _dates(order: PlayedOrder, scans: list[Scan]) -> list[dict[str, str]]:
    """Scheduled, rescheduled and delivered days."""
    told, town = _told(order, scans), order.customer.town
    dates = [{"type": "SDD", "date": _day(told[0], town)}] if told else []
    dates += [{"type": "RDD", "date": _day(told[-1], town)}] if len(told) > 1 else []
    return dates + [{"type": "DEL", "date": _day(scan.at, town)} for scan in scans if scan.step.code.startswith("D/")]


def _delivery_time(order: PlayedOrder, scans: list[Scan]) -> dict[str, str]:
    told, zone = _told(order, scans), ZoneInfo(order.customer.town.zone)
    if not told:
        return {}
    end = told[-1].astimezone(zone)
    return {"type": "EDW", "startTime": f"{end - timedelta(hours=4):%H%M%S}", "endTime": f"{end:%H%M%S}"}


def _proof(newest: Scan) -> dict[str, str]:
    if not newest.step.code.startswith("D/"):
        return {}
    return {"location": newest.step.left_at or "Front Door", "receivedBy": newest.step.signed_by}


def _partners(order: PlayedOrder, key: str, moment: datetime) -> list[dict[str, str]]:
    """The number of the post that makes the last leg, once UPS names it."""
    found = []
    for other, plan in order.story.numbers.items():
        named = plan.known is None or order.moment(plan.known, order.house.zone) <= moment
        if plan.partner_of == key and named:
            found.append({"number": order.vendor_numbers[other], "type": "USPS_PIC"})
    return found


def alert(order: PlayedOrder, key: str, scan: Scan, credential: str) -> tuple[dict[str, str], bytes]:
    """A Track Alert push: (headers, body) of one event. UPS repeats the credential typed into its portal."""
    known = [one for one in order.scans[key] if one.known_at <= scan.known_at]
    times, town, told = _times(scan), scan.town, _told(order, known)
    is_delivery = scan.step.code.startswith("D/")
    body = {
        "trackingNumber": order.vendor_numbers[key],
        "localActivityDate": times["date"],
        "localActivityTime": times["time"],
        "activityLocation": {
            "city": town.city.upper(),
            "stateProvince": town.region,
            "postalCode": town.postcode,
            "country": town.country,
        },
        "activityStatus": {name: value for name, value in _status(scan).items() if name != "statusCode"},
        "scheduledDeliveryDate": _day(told[-1], order.customer.town) if told else "",
        "actualDeliveryDate": times["date"] if is_delivery else "",
        "actualDeliveryTime": times["time"] if is_delivery else "",
        "gmtActivityDate": times.get("gmtDate", ""),
        "gmtActivityTime": times.get("gmtTime", ""),
        "gmtOffset": times.get("gmtOffset", "").replace(":", "."),
        "deliveryStartTime": "",
        "deliveryEndTime": "",
        "deliveryTimeDescription": "",
        "deliveryPhoto": None,
        "alternateTrackingNumber": next((one["number"] for one in _partners(order, key, scan.known_at)), ""),
        "receivedBy": scan.step.signed_by,
    }
    return {"Content-Type": "application/json", "credential": credential}, json.dumps(body).encode()
