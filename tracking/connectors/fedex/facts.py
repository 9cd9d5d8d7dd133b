"""What a FedEx answer says about the parcel as a whole: names, service, label, estimate, delay, delivery, proof."""

from datetime import date

from tracking.connectors.contract import Observation, Place, ShipmentUpdate, When
from tracking.connectors.fedex.scans import CARRIER, CODE, NAME, RETURN_LABEL_EVENTS, read_place
from tracking.connectors.fedex.times import read_fedex_when
from tracking.connectors.numbers import detect, normalize
from tracking.connectors.parsing import Node, read_day

LATEST_TIMES = {  # latest status -> the date that says when it came about, for answers without scans
    "OC": "SHIPMENT_DATA_RECEIVED",
    "IN": "SHIPMENT_DATA_RECEIVED",
    "PU": "ACTUAL_PICKUP",
    "DO": "ACTUAL_TENDER",
    "DL": "ACTUAL_DELIVERY",
}


def read_dates(result: Node) -> dict[str, When]:
    """Return `dateAndTimes` by type; the first of a type counts."""
    dates: dict[str, When] = {}
    for entry in result.nodes("dateAndTimes"):
        when = read_fedex_when(entry, "dateTime")
        if when is not None:
            dates.setdefault(entry.text("type").upper(), when)
    return dates


def ship_date(dates: dict[str, When]) -> date | None:
    """Return the day FedEx calls the ship date, as written."""
    when = dates.get("SHIP") or dates.get("ACTUAL_PICKUP") or dates.get("SHIPMENT_DATA_RECEIVED")
    return read_day(when.text) if when else None


def read_shipment(result: Node, number: str, dates: dict[str, When]) -> ShipmentUpdate:
    """Return the parcel's names, service, label time and addresses."""
    identity, service = result.node("trackingNumberInfo"), result.node("serviceDetail")
    names = _other_numbers(result)
    return ShipmentUpdate(
        tracking_number=number,
        carrier=CARRIER,
        service=service.text("description", NAME) or service.text("type", NAME),
        label_created_at=dates.get("SHIPMENT_DATA_RECEIVED"),
        voided=latest_code(result) == "CA",
        direction="return" if _is_return_label(result) else "outbound",
        partner_numbers=_partners(names, number),
        master_number=_first_other(names.get("STANDARD_MPS", ()), number),
        return_number=_first_other(names.get("RETURNED_TO_SHIPPER_TRACKING_NUMBER", ()), number),
        ship_from=_known(read_place(result.node("shipperInformation").node("address"))),
        ship_to=_known(read_place(result.node("recipientInformation").node("address"))),
        unique_id=identity.text("trackingNumberUniqueId", NAME),
        ship_date=ship_date(dates),
    )


def latest_code(result: Node) -> str:
    """Return the code of the latest status, upper case."""
    return result.node("latestStatusDetail").text("code", CODE).upper()


def _is_return_label(result: Node) -> bool:
    return any(scan.text("eventType").upper() in RETURN_LABEL_EVENTS for scan in result.nodes("scanEvents"))


def _other_numbers(result: Node) -> dict[str, tuple[str, ...]]:
    """Return `packageIdentifiers` by type. The specification says `value`, real answers say `values`: both are read."""
    names: dict[str, tuple[str, ...]] = {}
    for entry in result.node("additionalTrackingInfo").nodes("packageIdentifiers"):
        kind = entry.text("type").upper()
        names[kind] = (*names.get(kind, ()), *entry.texts("values"), *entry.texts("value"))
    return names


def _partners(names: dict[str, tuple[str, ...]], own: str) -> tuple[tuple[str, str], ...]:
    """Return (number, carrier) of hand-overs: the last-mile partner's number, and FedEx's own after a re-route."""
    found = [(number, _carrier_of(number)) for number in names.get("PARTNER_CARRIER_NUMBER", ())]
    found += [(number, CARRIER) for number in names.get("REROUTE_TRACKING_NUMBER", ())]
    return tuple(dict.fromkeys(pair for pair in found if normalize(pair[0]) not in ("", normalize(own))))


def _carrier_of(number: str) -> str:
    """FedEx names the partner's number and not the partner; the shape tells, when only one carrier's fits."""
    found = detect(number) - {CARRIER}
    return next(iter(found)) if len(found) == 1 else ""


def _first_other(numbers: tuple[str, ...], own: str) -> str:
    return next((number for number in numbers if normalize(number) != normalize(own)), "")


def _known(place: Place) -> Place | None:
    return place if place != Place() else None


def read_observation(result: Node, number: str, dates: dict[str, When]) -> Observation:
    """Return the snapshot's facts: estimate, delay flag, delivery details, possession."""
    begins, ends = _window(result)
    delivery = result.node("deliveryDetails")
    delay = result.node("latestStatusDetail").node("delayDetail")
    estimate = begins or dates.get("ESTIMATED_DELIVERY") or ends
    return Observation(
        tracking_number=number,
        carrier=CARRIER,
        not_found=False,
        estimate_at=estimate,
        estimate_until=ends if ends != estimate else None,
        delay_flag=_delay_flag(delay),
        signed_by=delivery.text("signedByName", NAME) or delivery.text("receivedByName", NAME),
        delivered_place=_known(read_place(delivery.node("actualDeliveryAddress"))),
        delivered_to=delivery.text("locationDescription", NAME) or delivery.text("locationType", NAME),
        attempts=delivery.integer("deliveryAttempts"),
        destination=read_destination(result),
        in_possession=_possession(result.node("shipmentDetails")),
    )


def _window(result: Node) -> tuple[When | None, When | None]:
    window = result.node("estimatedDeliveryTimeWindow").node("window")
    return read_fedex_when(window, "begins"), read_fedex_when(window, "ends")


def _delay_flag(detail: Node) -> str:
    """Return the kind of delay, "DELAYED" where FedEx gives the status alone, "" when it is not late."""
    if detail.text("status").upper() not in ("", "DELAYED"):
        return ""
    return (detail.text("type", CODE) or detail.text("status", CODE)).upper()


def read_destination(result: Node) -> Place | None:
    """Return where it is meant to go; a corrected address before the first one."""
    candidates = (
        result.node("lastUpdatedDestinationAddress"),
        result.node("recipientInformation").node("address"),
        result.node("destinationLocation").node("locationContactAndAddress").node("address"),
    )
    return next((place for node in candidates if (place := _known(read_place(node)))), None)


def _possession(details: Node) -> bool | None:
    """The specification tells "before possession", real answers tell "possession"."""
    holds, before = details.flag("possessionStatus"), details.flag("beforePossessionStatus")
    if holds is None and before is not None:
        return not before
    return holds
