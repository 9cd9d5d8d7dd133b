"""Messages as USPS and FedEx push them, about parcels of the filled database; and the scans they are made of.

Shapes: USPS Subscriptions - Tracking v3r2 (an envelope whose payload is JSON in a text), FedEx Advanced Integrated
Visibility (Track API v1 `completeTrackResults`).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bench import ground

Town = tuple[str, str, str, int]  # city, region, postcode, hours from UTC
TOWNS: tuple[Town, ...] = (
    ("NEWARK", "NJ", "07114", -5),
    ("ALLENTOWN", "PA", "18109", -5),
    ("COLUMBUS", "OH", "43217", -5),
    ("INDIANAPOLIS", "IN", "46241", -5),
    ("SAINT LOUIS", "MO", "63145", -6),
    ("OKLAHOMA CITY", "OK", "73179", -6),
    ("FORT WORTH", "TX", "76155", -6),
    ("AUSTIN", "TX", "78744", -6),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One step of a parcel as its carrier writes it: code, subcode, text of the event, text of the subcode."""

    code: str
    text: str
    subcode: str = ""
    subtext: str = ""


SCANS: dict[str, dict[str, Scan]] = {
    "usps": {
        "label": Scan("GX", "Shipping Label Created, USPS Awaiting Item"),
        "accept": Scan("03", "Accepted at USPS Origin Facility"),
        "arrive": Scan("A1", "Arrived at USPS Regional Facility"),
        "depart": Scan("T1", "Departed USPS Regional Facility"),
        "pass": Scan("L1", "Processed Through Facility"),
        "out": Scan("OF", "Out for Delivery"),
        "done": Scan("01", "Delivered, Front Door/Porch"),
        "wrong": Scan("21", "No Such Number"),
        "batch": Scan("TM", "Shipment Received, Package Acceptance Pending"),
        "pickup": Scan("14", "Arrived at Pickup Point"),
        "attempt": Scan("02", "Notice Left, No Authorized Recipient Available"),
        "refused": Scan("04", "Refused"),
        "return": Scan("09", "Return to Sender"),
        "damaged": Scan("", "Damaged"),
        "lost": Scan("11", "Sent to Mail Recovery Center"),
        "missent": Scan("08", "Missent"),
        "note": Scan("NT", "In Transit, Arriving Late"),
        "weather": Scan("", "Weather Delay"),
        "customs": Scan("", "Held in Customs"),
    },
    "fedex": {
        "label": Scan("OC", "Shipment information sent to FedEx"),
        "accept": Scan("PU", "Picked up"),
        "arrive": Scan("AR", "Arrived at FedEx location"),
        "depart": Scan("DP", "Left FedEx origin facility"),
        "pass": Scan("IT", "In transit"),
        "out": Scan("OD", "On FedEx vehicle for delivery"),
        "done": Scan("DL", "Delivered"),
        "wrong": Scan("DE", "Delivery exception", "03", "Incorrect address"),
    },
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One scan of one parcel: which step, when (aware UTC), at which of the towns."""

    step: str
    at: datetime
    town: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message: whose it is, its bytes and the headers that sign it."""

    kind: str
    body: bytes
    headers: dict[str, str]


def push(kind: str, number: str, story: Sequence[Happening], sent_at: datetime) -> Pushed:
    """Return the push of one parcel's story, newest event first; `sent_at` makes its bytes differ from a repetition."""
    return {"usps": _usps, "fedex": _fedex}[kind](number, list(reversed(story)), sent_at)


def _usps(number: str, story: list[Happening], sent_at: datetime) -> Pushed:
    city, region, postcode, _ = TOWNS[-1]
    scan = SCANS["usps"][story[0].step]
    detail = {
        "trackingNumber": number,
        "uniqueMailPieceId": number[-9:],
        "mailClass": "USPS_GROUND_ADVANTAGE",
        "mailType": "DOMESTIC_MAIL",
        "serviceTypeCode": number[2:5],
        "services": ["USPS Tracking"],
        "originCity": TOWNS[0][0],
        "originState": TOWNS[0][1],
        "originZIP": TOWNS[0][2],
        "destinationCity": city,
        "destinationState": region,
        "destinationZIP": postcode,
        "destinationCountryCode": "US",
        "status": scan.text,
        "statusSummary": f"{scan.text} in {TOWNS[story[0].town][0]}.",
        "trackingEvents": [_usps_event(each) for each in story],
    }
    payload = json.dumps(detail, separators=(",", ":"))
    stamp = f"{sent_at:%Y-%m-%dT%H:%M:%S.%f}Z"
    body = json.dumps({"subscriptionId": "3f1c-bench", "timestamp": stamp, "payload": payload}).encode()
    return Pushed("usps", body, {"X-HMAC": _signed((stamp + payload).encode())})


def _usps_event(each: Happening) -> dict[str, str]:
    scan, (city, region, postcode, hours) = SCANS["usps"][each.step], TOWNS[each.town]
    return {
        "eventType": scan.text,
        "eventCode": scan.code,
        "actionCode": "",
        "reasonCode": scan.subcode,
        "eventTimestamp": f"{each.at + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}",
        "GMTTimestamp": f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
        "GMTOffset": f"{hours:+03d}:00",
        "eventCity": city,
        "eventState": region,
        "eventZIP": postcode,
        "eventCountry": "",
        "firm": "",
        "name": "",
        "authorizedAgent": "false",
    }


def _fedex(number: str, story: list[Happening], sent_at: datetime) -> Pushed:
    newest = SCANS["fedex"][story[0].step]
    result: dict[str, Any] = {
        "trackingNumberInfo": {"trackingNumber": number, "carrierCode": "FDXG", "trackingNumberUniqueId": ""},
        "additionalTrackingInfo": {"nickname": "", "packageIdentifiers": [], "hasAssociatedShipments": False},
        "shipperInformation": {"address": _fedex_address(0)},
        "recipientInformation": {"address": _fedex_address(len(TOWNS) - 1)},
        "serviceDetail": {"type": "GROUND_HOME_DELIVERY", "description": ground.SERVICES["fedex"]},
        "latestStatusDetail": {"code": newest.code, "description": newest.text, "scanLocation": _fedex_address(0)},
        "scanEvents": [_fedex_event(each) for each in story],
        "dateAndTimes": [],
        "estimatedDeliveryTimeWindow": {},
        "packageDetails": {"count": "1", "sequenceNumber": "1"},
        "shipmentDetails": {"possessionStatus": True, "weight": [{"value": "2.2", "unit": "LB"}]},
    }
    stamp = f"{sent_at:%Y-%m-%dT%H:%M:%S.%f}Z"
    told = {
        "transactionId": hashlib.sha256(f"{number}{stamp}".encode()).hexdigest()[:24],
        "outputMetaData": [{"timestamp": stamp, "attempt": 1}],
        "output": {"completeTrackResults": [{"trackingNumber": number, "trackResults": [result]}]},
    }
    body = json.dumps(told).encode()
    return Pushed("fedex", body, {"fdx-signature": _signed(body)})


def _fedex_event(each: Happening) -> dict[str, Any]:
    scan, hours = SCANS["fedex"][each.step], TOWNS[each.town][3]
    return {
        "date": f"{each.at + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}{hours:+03d}:00",
        "eventType": scan.code,
        "eventDescription": scan.text,
        "exceptionCode": scan.subcode,
        "exceptionDescription": scan.subtext,
        "derivedStatusCode": "IT",
        "derivedStatus": "In transit",
        "scanLocation": _fedex_address(each.town),
        "locationType": "FEDEX_FACILITY",
    }


def _fedex_address(town: int) -> dict[str, Any]:
    city, region, postcode, _ = TOWNS[town]
    return {
        "city": city,
        "stateOrProvinceCode": region,
        "postalCode": postcode,
        "countryCode": "US",
        "residential": False,
    }


def _signed(data: bytes) -> str:
    return base64.b64encode(hmac.new(ground.SECRET.encode(), data, hashlib.sha256).digest()).decode()
