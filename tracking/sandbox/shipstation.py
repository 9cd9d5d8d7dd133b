"""What a pretend ShipStation knows at one moment: orders and labels (V1), labels and tracking (V2).

Shapes: ShipStation V1 (orders, shipments), V2 and ShipEngine OpenAPI 1.1 (labels, tracking). Traps kept: V1 times are
Pacific without offset and with seven digits; carriers have names of their own; a void is a field of the shipment and
no webhook; a webhook names an address and no facts; every tracking answer is the whole history, newest first.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tracking.sandbox.orders import PlatformMove, PlayedOrder, iso_utc
from tracking.sandbox.places import Town
from tracking.sandbox.repeating import Word, followed_from, history
from tracking.sandbox.shop import state_at, total
from tracking.sandbox.signing import KEY_ID, rsa_signature

SOURCE = "shipstation"
CARRIER_CODES = {"fedex": "fedex_walleted", "usps": "stamps_com", "ups": "ups_walleted"}
_PACIFIC = ZoneInfo("America/Los_Angeles")


def moves_of(order: PlayedOrder, moment: datetime) -> list[PlatformMove]:
    """What ShipStation did with an order up to `moment` (aware)."""
    return [move for move in order.platform_moves if move.step.source == SOURCE and move.at <= moment]


def voided_at(order: PlayedOrder, key: str, moment: datetime) -> datetime | None:
    """When the label of a number was voided, None if it was not by `moment`."""
    voids = (move.at for move in moves_of(order, moment) if (move.step.does, move.step.number) == ("void", key))
    return next(voids, None)


def modified_at(order: PlayedOrder, moment: datetime) -> datetime:
    """When ShipStation's copy of an order changed last."""
    return max([order.placed_at, *(move.at for move in moves_of(order, moment) if move.step.does != "say")])


def pacific(moment: datetime) -> str:
    """A time as V1 writes it."""
    return f"{moment.astimezone(_PACIFIC):%Y-%m-%dT%H:%M:%S}.0000000"


def order_id(order: PlayedOrder) -> int:
    """ShipStation's id of an order."""
    return 310_000_000 + order.serial


def shipment_id(order: PlayedOrder, key: str) -> int:
    """ShipStation's id of what one label sends."""
    return 90_000_000 + order.serial * 8 + list(order.story.numbers).index(key)


def batch_of(order: PlayedOrder, does: str, at: datetime) -> str:
    """The id of the batch in which orders were imported or labels made."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{order.shop.domain}/{order.id}/{does}/{at.isoformat()}"))


def _ship_to(order: PlayedOrder) -> dict[str, Any]:
    person, town = order.customer, order.customer.town
    return {
        "name": f"{person.first_name} {person.last_name}",
        "company": None,
        "street1": person.street,
        "street2": None,
        "city": town.city,
        "state": town.region,
        "postalCode": town.postcode,
        "country": town.country,
        "phone": person.phone,
        "residential": True,
    }


def _items(order: PlayedOrder) -> list[dict[str, Any]]:
    return [
        {
            "orderItemId": line.id % 10**9,
            "lineItemKey": str(line.id),
            "sku": line.sku,
            "name": line.title,
            "quantity": line.quantity,
            "unitPrice": line.price / 100,
            "adjustment": False,
        }
        for line in order.lines
    ]


def order_v1(order: PlayedOrder, moment: datetime) -> dict[str, Any]:
    """The V1 order as of `moment`."""
    labels = [move for move in moves_of(order, moment) if move.step.does == "label"]
    is_cancelled = state_at(order, moment).cancelled_at is not None
    placed = pacific(order.placed_at)
    imported = next((move.at for move in moves_of(order, moment) if move.step.does == "order"), order.placed_at)
    return {
        "orderId": order_id(order),
        "orderNumber": order.name.removeprefix("#"),
        "orderKey": str(order.id),
        "orderDate": placed,
        "createDate": pacific(imported),
        "modifyDate": pacific(modified_at(order, moment)),
        "paymentDate": placed,
        "shipByDate": None,
        "orderStatus": "cancelled" if is_cancelled else "shipped" if labels else "awaiting_shipment",
        "customerId": order.customer.id % 10**8,
        "customerUsername": order.customer.email,
        "customerEmail": order.customer.email,
        "billTo": {"name": _ship_to(order)["name"]},
        "shipTo": _ship_to(order),
        "items": _items(order),
        "orderTotal": total(order) / 100,
        "amountPaid": total(order) / 100,
        "requestedShippingService": order.story.order.shipping,
        "tagIds": None,
        "advancedOptions": {"storeId": 412_001, "source": "shopify", "mergedOrSplit": False},
        "externallyFulfilled": False,
    }


def shipment_v1(order: PlayedOrder, key: str, moment: datetime, *, with_items: bool) -> dict[str, Any]:
    """The V1 shipment (label) of a number as of `moment`; its label must be made by then."""
    made, void = _made_at(order, key), voided_at(order, key, moment)
    return {
        "shipmentId": shipment_id(order, key),
        "orderId": order_id(order),
        "orderKey": str(order.id),
        "orderNumber": order.name.removeprefix("#"),
        "customerEmail": order.customer.email,
        "createDate": pacific(made),
        "shipDate": pacific(made)[:10],
        "shipmentCost": 8.15,
        "insuranceCost": 0,
        "trackingNumber": order.vendor_numbers[key],
        "isReturnLabel": False,
        "batchNumber": None,
        "carrierCode": CARRIER_CODES[order.plan(key).carrier],
        "serviceCode": order.plan(key).service.lower().replace(" ", "_"),
        "packageCode": "package",
        "confirmation": "none",
        "warehouseId": order.house.location_id,
        "voided": void is not None,
        "voidDate": pacific(void) if void else None,
        "marketplaceNotified": True,
        "shipTo": _ship_to(order),
        "shipmentItems": _items(order) if with_items else None,
    }


def _made_at(order: PlayedOrder, key: str) -> datetime:
    label = followed_from(order, key, SOURCE)
    return label.at if label else order.placed_at


def label_id(order: PlayedOrder, key: str) -> str:
    """V2's id of a label."""
    return f"se-{shipment_id(order, key)}"


def label_v2(order: PlayedOrder, key: str, moment: datetime) -> dict[str, Any]:
    """The V2 label of a number as of `moment`."""
    made, void = _made_at(order, key), voided_at(order, key, moment)
    return {
        "label_id": label_id(order, key),
        "status": "voided" if void else "completed",
        "shipment_id": f"se-{order_id(order)}",
        "external_shipment_id": None,
        "external_order_id": str(order.id),
        "ship_date": f"{pacific(made)[:10]}T00:00:00Z",
        "created_at": iso_utc(made),
        "shipment_cost": {"currency": "usd", "amount": 8.15},
        "tracking_number": order.vendor_numbers[key],
        "is_return_label": False,
        "carrier_id": "se-551",
        "carrier_code": CARRIER_CODES[order.plan(key).carrier],
        "service_code": order.plan(key).service.lower().replace(" ", "_"),
        "voided": void is not None,
        "voided_at": iso_utc(void) if void else None,
        "trackable": True,
        "packages": [{"package_id": shipment_id(order, key), "tracking_number": order.vendor_numbers[key]}],
    }


def tracking_v2(order: PlayedOrder, key: str, moment: datetime) -> dict[str, Any]:
    """The tracking object of a number as of `moment`."""
    words = history(order, key, SOURCE, moment)
    newest = words[-1] if words else None
    return {
        "tracking_number": order.vendor_numbers[key],
        "tracking_url": None,
        "status_code": newest.status if newest else "UN",
        "status_detail_code": newest.detail if newest else None,
        "status_description": newest.text if newest else "Unknown",
        "carrier_code": CARRIER_CODES[order.plan(key).carrier],
        "carrier_id": 551,
        "carrier_status_code": newest.carrier_code if newest else "",
        "carrier_status_description": newest.text if newest else "",
        "ship_date": f"{pacific(_made_at(order, key))[:10]}T00:00:00Z",
        "estimated_delivery_date": _estimate(order, words),
        "actual_delivery_date": iso_utc(newest.at) if newest and newest.status == "DE" else None,
        "exception_description": None,
        "events": [_event(word) for word in reversed(words)],
    }


def _estimate(order: PlayedOrder, words: list[Word]) -> str | None:
    told = [word.scan.step for word in words if word.scan and (word.scan.step.estimate or word.scan.step.no_estimate)]
    if not told or told[-1].no_estimate or not told[-1].estimate:
        return None
    return iso_utc(order.calendar_moment(told[-1].estimate, order.customer.town.zone))


def _event(word: Word) -> dict[str, Any]:
    local = word.at.astimezone(ZoneInfo(word.town.zone))
    return {
        "occurred_at": iso_utc(word.at),
        "carrier_occurred_at": f"{local:%Y-%m-%dT%H:%M:%S}",
        "description": word.text,
        **_place(word.town),
        "company_name": "",
        "signer": word.scan.step.signed_by if word.scan else "",
        "event_code": word.carrier_code,
        "status_code": word.status,
        "status_detail_code": word.detail,
        "carrier_status_code": word.carrier_code,
    }


def _place(town: Town) -> dict[str, str]:
    return {
        "city_locality": town.city.upper(),
        "state_province": town.region,
        "postal_code": town.postcode,
        "country_code": town.country,
    }


def notification_v1(order: PlayedOrder, move: PlatformMove, base: str) -> tuple[dict[str, str], bytes]:
    """A V1 webhook: (headers, body); it names what to fetch below `base` and nothing else."""
    batch = batch_of(order, move.step.does, move.at)
    if move.step.does == "order":
        what, path = "ORDER_NOTIFY", f"orders?{urlencode({'importBatch': batch})}"
    else:
        what, path = "ITEM_SHIP_NOTIFY", f"shipments?{urlencode({'batchId': batch, 'includeShipmentItems': 'True'})}"
    body = {"resource_url": f"{base}/{path}", "resource_type": what}
    return {"Content-Type": "application/json", "User-Agent": "ShipStation"}, json.dumps(body).encode()


def tracking_push(
    order: PlayedOrder, key: str, known_at: datetime, sent_at: datetime, base: str
) -> tuple[dict[str, str], bytes]:
    """A V2 webhook: (headers, body) with the tracking as of `known_at`, signed with the account's RSA key."""
    query = {"tracking_number": order.vendor_numbers[key], "carrier_code": CARRIER_CODES[order.plan(key).carrier]}
    body = {
        "resource_url": f"{base}/v2/tracking?{urlencode(query)}",
        "resource_type": "TRACK_EVENT_V2",
        "data": tracking_v2(order, key, known_at),
    }
    raw = json.dumps(body).encode()
    timestamp = f"{sent_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "Content-Type": "application/json",
        "x-shipengine-timestamp": timestamp,
        "x-shipengine-rsa-sha256-key-id": KEY_ID,
        "x-shipengine-rsa-sha256-signature": rsa_signature(timestamp.encode() + b"." + raw),
    }, raw
