"""What a pretend FedEx says of one number at one moment, in the shape and with the traps of the real answers.

Shapes: FedEx Track API v1 (`completeTrackResults`), used for polls and for visibility webhooks alike. Traps kept:
scan times with the place's offset but date-only ones at midnight without; `values` or `value` in package identifiers;
coarse derived codes; an empty estimate window during a delay; keys that are simply missing; not-found inside a 200.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tracking.sandbox.orders import PlayedOrder, Scan, iso, local_date
from tracking.sandbox.places import Town

Shipment = tuple[PlayedOrder, str]  # an order and the key of one of its numbers

_DERIVED = {
    "OC": ("IN", "Label created"),
    "OX": ("IN", "Label created"),
    "PU": ("PU", "Picked up"),
    "DO": ("PU", "Dropped off"),
    "DL": ("DL", "Delivered"),
    "DE": ("DE", "Delivery exception"),
    "SE": ("SE", "Shipment exception"),
    "CD": ("CD", "Clearance delay"),
    "CA": ("CA", "Shipment cancelled"),
    "RS": ("RS", "Returning package to shipper"),
    "DY": ("DY", "Delayed"),
}
_BEFORE_POSSESSION = {"OC", "OX", "MD", "EP", "AP", "DS", "CA"}
_SERVICES = {
    "FEDEX_GROUND": ("FedEx Ground", "FDXG"),
    "GROUND_HOME_DELIVERY": ("FedEx Home Delivery", "FDXG"),
    "FEDEX_EXPRESS_SAVER": ("FedEx Express Saver", "FDXE"),
    "STANDARD_OVERNIGHT": ("FedEx Standard Overnight", "FDXE"),
    "INTERNATIONAL_PRIORITY": ("FedEx International Priority", "FDXE"),
    "SMART_POST": ("FedEx Ground Economy", "FXSP"),
}


def result(number: str, shipments: list[Shipment], moment: datetime) -> dict[str, Any]:
    """One entry of `completeTrackResults`: every parcel that carries `number`, as known at `moment` (aware)."""
    known = [(order, key, scans_known(order, key, moment)) for order, key in shipments]
    results = [_track_result(order, key, scans, moment) for order, key, scans in known if scans]
    return {"trackingNumber": number, "trackResults": results or [_not_found(number)]}


def scans_known(order: PlayedOrder, key: str, moment: datetime) -> list[Scan]:
    """The steps of a number that its carrier's systems know at `moment`."""
    return [scan for scan in order.scans[key] if scan.known_at <= moment]


def _not_found(number: str) -> dict[str, Any]:
    message = "Tracking number cannot be found. Please correct the tracking number and try again."
    return {
        "trackingNumberInfo": {"trackingNumber": number, "carrierCode": "", "trackingNumberUniqueId": ""},
        "error": {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": message},
    }


def _track_result(order: PlayedOrder, key: str, scans: list[Scan], moment: datetime) -> dict[str, Any]:
    events = sorted((scan for scan in scans if scan.step.code), key=lambda scan: scan.at, reverse=True)
    service, company = _SERVICES[order.plan(key).service]
    old = bool(order.plan(key).same_as)
    answer: dict[str, Any] = {
        "trackingNumberInfo": {
            "trackingNumber": order.vendor_numbers[key],
            "carrierCode": company,
            "trackingNumberUniqueId": _unique_id(order, key, scans),
        },
        "additionalTrackingInfo": {
            "nickname": "",
            "packageIdentifiers": _identifiers(order, key, moment),
            "hasAssociatedShipments": False,
        },
        "shipperInformation": {"address": _address(order.town("origin", "fedex"))},
        "recipientInformation": {"address": _address(order.town("elsewhere" if old else "destination", "fedex"))},
        "serviceDetail": {
            "type": order.plan(key).service,
            "description": service,
            "shortDescription": company,
        },
        "scanEvents": [_scan_event(scan) for scan in events],
        "dateAndTimes": _dates(order, scans, events),
        "estimatedDeliveryTimeWindow": _estimate(order, scans),
        "packageDetails": {"count": "1", "sequenceNumber": "1", "packagingDescription": {"type": "YOUR_PACKAGING"}},
        "availableImages": [],
    }
    if events:
        answer["latestStatusDetail"] = _latest(events[0], scans)
        answer["deliveryDetails"] = _delivery(scans, events[0])
    if order.dice(key, "possession") % 4:
        held = any(scan.step.code not in _BEFORE_POSSESSION for scan in events)
        answer["shipmentDetails"] = {"possessionStatus": held, "weight": [{"value": "2.2", "unit": "LB"}]}
    return answer


def _unique_id(order: PlayedOrder, key: str, scans: list[Scan]) -> str:
    day = local_date(scans[0].at, order.house.zone).toordinal()
    return f"{day + 1_721_425}000~{order.vendor_numbers[key]}~FX"


def _address(town: Town) -> dict[str, Any]:
    body = {"city": town.city.upper(), "stateOrProvinceCode": town.region, "countryCode": town.country}
    return {**{name: value for name, value in body.items() if value}, "residential": False}


def _location(town: Town) -> dict[str, Any]:
    return {**_address(town), "postalCode": town.postcode, "streetLines": [""]}


def _scan_event(scan: Scan) -> dict[str, Any]:
    step = scan.step
    derived, text = _DERIVED.get(step.code, ("IT", "In transit"))
    event: dict[str, Any] = {
        "date": _scan_date(scan),
        "eventType": step.code,
        "eventDescription": step.text,
        "exceptionCode": step.reason,
        "exceptionDescription": step.reason_text,
        "derivedStatusCode": derived,
        "derivedStatus": text,
        "scanLocation": _location(scan.town),
        "locationId": f"{scan.town.city[:3].upper()}A",
        "locationType": _LOCATION_TYPES.get(step.place, "FEDEX_FACILITY"),
    }
    if step.delay_status or step.delay_type:
        event["delayDetail"] = _delay(scan)
    return {name: value for name, value in event.items() if name not in step.without}


_LOCATION_TYPES = {"origin": "PICKUP_LOCATION", "destination": "DELIVERY_LOCATION", "hub": "SORT_FACILITY"}


def _scan_date(scan: Scan) -> str:
    if scan.step.date_only:
        return f"{local_date(scan.at, scan.town.zone)}T00:00:00"
    return iso(scan.at, scan.town.zone)


def _delay(scan: Scan) -> dict[str, str]:
    step = scan.step
    detail = {"type": step.delay_type, "subType": step.delay_subtype, "status": step.delay_status}
    return {name: value for name, value in detail.items() if value}


def _latest(newest: Scan, scans: list[Scan]) -> dict[str, Any]:
    derived, text = _DERIVED.get(newest.step.code, ("IT", "In transit"))
    detail: dict[str, Any] = {
        "code": newest.step.code,
        "derivedCode": derived,
        "statusByLocale": text,
        "description": newest.step.text,
        "scanLocation": _location(newest.town),
    }
    if newest.step.reason:
        detail["ancillaryDetails"] = [{"reason": newest.step.reason, "reasonDescription": newest.step.reason_text}]
    flagged = [scan for scan in scans if scan.step.delay_status or scan.step.delay_type]
    if flagged:
        detail["delayDetail"] = _delay(flagged[-1])
    return detail


def _estimate(order: PlayedOrder, scans: list[Scan]) -> dict[str, Any]:
    """The last estimate told; FedEx leaves the window empty while it does not know."""
    told = [scan.step for scan in scans if scan.step.estimate or scan.step.no_estimate]
    if not told or told[-1].no_estimate or not told[-1].estimate:
        return {}
    zone = order.customer.town.zone
    ends = order.calendar_moment(told[-1].estimate, zone)
    return {
        "type": "ESTIMATED_DELIVERY",
        "window": {"begins": iso(ends - timedelta(hours=4), zone), "ends": iso(ends, zone)},
    }


def _dates(order: PlayedOrder, scans: list[Scan], events: list[Scan]) -> list[dict[str, str]]:
    label = local_date(scans[0].at, order.house.zone)
    dates = [{"type": "SHIP", "dateTime": f"{label}T00:00:00-06:00"}]
    for scan in events:
        if scan.step.code == "PU" and not scan.step.date_only:
            dates.append({"type": "ACTUAL_PICKUP", "dateTime": _scan_date(scan)})
        if scan.step.code == "DL":
            dates.append({"type": "ACTUAL_DELIVERY", "dateTime": _scan_date(scan)})
    window = _estimate(order, scans)
    if window:
        dates.append({"type": "ESTIMATED_DELIVERY", "dateTime": window["window"]["ends"]})
    return dates


def _delivery(scans: list[Scan], newest: Scan) -> dict[str, Any]:
    attempts = sum(scan.step.attempt for scan in scans)
    details: dict[str, Any] = {"deliveryAttempts": str(attempts)}
    if newest.step.code == "DL":
        details["actualDeliveryAddress"] = _address(newest.town)
        details["locationDescription"] = newest.step.left_at or "Front Door/Porch"
        details["locationType"] = "RESIDENCE"
    if newest.step.signed_by:
        details["receivedByName"] = details["signedByName"] = newest.step.signed_by
    return details


def _identifiers(order: PlayedOrder, key: str, moment: datetime) -> list[dict[str, Any]]:
    found = [("CUSTOMER_REFERENCE", order.name)]
    for other, plan in order.story.numbers.items():
        named = plan.known is None or order.moment(plan.known, order.house.zone) <= moment
        if plan.partner_of == key and named:
            found.append(("PARTNER_CARRIER_NUMBER", order.vendor_numbers[other]))
        if plan.returns == key and named:
            found.append(("RETURNED_TO_SHIPPER_TRACKING_NUMBER", order.vendor_numbers[other]))
    if order.plan(key).master:
        found.append(("STANDARD_MPS", order.vendor_numbers[order.plan(key).master]))
    as_list = order.dice("identifiers") % 3 > 0
    return [{"type": kind, **({"values": [value]} if as_list else {"value": value})} for kind, value in found]


def webhook_body(order: PlayedOrder, key: str, scan: Scan, sent_at: datetime) -> dict[str, Any]:
    """A visibility push: the parcel as it stood when `scan` became known, in the poll's own shape."""
    number = order.vendor_numbers[key]
    stamp = sent_at.astimezone(ZoneInfo("UTC")).isoformat(timespec="milliseconds")
    return {
        "transactionId": f"{order.dice(key, scan.step.code, stamp):012x}-sandbox",
        "outputMetaData": [{"timestamp": stamp, "attempt": 1}],
        "output": {"completeTrackResults": [result(number, [(order, key)], scan.known_at)]},
    }
