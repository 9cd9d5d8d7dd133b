"""One order as Shopify's GraphQL Admin API 2026-10 would show it (types Order, Fulfillment, FulfillmentEvent)."""

from datetime import datetime
from typing import Any

from tracking.sandbox.graphql import connection
from tracking.sandbox.orders import PlayedOrder, ShopMove, iso_utc
from tracking.sandbox.shop import (
    Fulfilment,
    OrderState,
    fulfilment_id,
    fulfilment_word,
    notes,
    price,
    state_at,
    total,
    tracking,
)


def order_node(order: PlayedOrder, moment: datetime) -> dict[str, Any]:
    """The Order object as of `moment`, with every field the sandbox knows."""
    state = state_at(order, moment)
    return {
        "id": f"gid://shopify/Order/{order.id}",
        "legacyResourceId": str(order.id),
        "name": order.name,
        "createdAt": iso_utc(order.placed_at),
        "processedAt": iso_utc(order.placed_at),
        "updatedAt": iso_utc(state.updated_at),
        "cancelledAt": iso_utc(state.cancelled_at) if state.cancelled_at else None,
        "cancelReason": "CUSTOMER" if state.cancelled_at else None,
        "closedAt": None,
        "test": order.story.order.test,
        "email": order.customer.email,
        "phone": order.customer.phone,
        "note": None,
        "tags": list(state.tags),
        "customerLocale": order.customer.locale,
        "currencyCode": order.shop.currency,
        "displayFinancialStatus": "REFUNDED" if state.cancelled_at else "PAID",
        "displayFulfillmentStatus": _fulfilment_word(order, state),
        "requiresShipping": any(line.needs_shipping for line in order.lines),
        "totalPriceSet": _money(order, total(order)),
        "currentTotalPriceSet": _money(order, total(order)),
        "customer": _customer(order),
        "shippingAddress": _address(order),
        "shippingLine": _shipping_line(order),
        "shippingLines": connection([_shipping_line(order)]),
        "lineItems": connection([_line(order, place) for place in range(1, len(order.lines) + 1)]),
        "customAttributes": [{"key": note["name"], "value": note["value"]} for note in notes(order)],
        "fulfillments": [_fulfilment(order, fulfilment) for fulfilment in state.fulfilments.values()],
    }


def _fulfilment_word(order: PlayedOrder, state: OrderState) -> str:
    word = fulfilment_word(order, [one for one in state.fulfilments.values() if one.status == "success"])
    return {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}[word]


def _money(order: PlayedOrder, minor: int) -> dict[str, Any]:
    money = {"amount": price(minor), "currencyCode": order.shop.currency}
    return {"shopMoney": money, "presentmentMoney": money}


def _customer(order: PlayedOrder) -> dict[str, Any]:
    person = order.customer
    return {
        "id": f"gid://shopify/Customer/{person.id}",
        "legacyResourceId": str(person.id),
        "email": person.email,
        "defaultEmailAddress": {"emailAddress": person.email},
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": f"{person.first_name} {person.last_name}",
        "phone": person.phone,
        "defaultPhoneNumber": {"phoneNumber": person.phone},
        "locale": person.locale,
    }


def _address(order: PlayedOrder) -> dict[str, Any]:
    person, town = order.customer, order.customer.town
    return {
        "name": f"{person.first_name} {person.last_name}",
        "firstName": person.first_name,
        "lastName": person.last_name,
        "company": None,
        "address1": person.street,
        "address2": None,
        "city": town.city,
        "province": town.region or None,
        "provinceCode": town.region or None,
        "zip": town.postcode,
        "country": town.country,
        "countryCode": town.country,
        "countryCodeV2": town.country,
        "phone": person.phone,
    }


def _shipping_line(order: PlayedOrder) -> dict[str, Any]:
    title = order.story.order.shipping
    return {"id": f"gid://shopify/ShippingLine/{order.id}", "title": title, "code": title, "source": "shopify"}


def _line(order: PlayedOrder, place: int) -> dict[str, Any]:
    line = order.lines[place - 1]
    return {
        "id": f"gid://shopify/LineItem/{line.id}",
        "sku": line.sku,
        "title": line.title,
        "name": line.title,
        "variantTitle": None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity,
        "requiresShipping": line.needs_shipping,
    }


def _fulfilment(order: PlayedOrder, fulfilment: Fulfilment) -> dict[str, Any]:
    id_ = fulfilment_id(order, fulfilment.index)
    house = order.house
    places = fulfilment.lines or range(1, len(order.lines) + 1)
    lines = [
        {"id": f"gid://shopify/FulfillmentLineItem/{id_}{place}", "quantity": 1, "lineItem": _line(order, place)}
        for place in places
    ]
    return {
        "id": f"gid://shopify/Fulfillment/{id_}",
        "legacyResourceId": str(id_),
        "name": f"{order.name}.{fulfilment.index}",
        "status": fulfilment.status.upper(),
        "displayStatus": _display(fulfilment),
        "createdAt": iso_utc(fulfilment.created_at),
        "updatedAt": iso_utc(fulfilment.updated_at),
        "deliveredAt": None,
        "inTransitAt": None,
        "estimatedDeliveryAt": None,
        "requiresShipping": True,
        "totalQuantity": len(lines),
        "service": {"handle": fulfilment.service, "serviceName": fulfilment.service.title()},
        "location": {
            "id": f"gid://shopify/Location/{house.location_id}",
            "legacyResourceId": str(house.location_id),
            "name": house.name,
        },
        "trackingInfo": [
            {"company": fulfilment.company, "number": number, "url": page}
            for number, page in tracking(order, fulfilment)
        ],
        "fulfillmentLineItems": connection(lines),
        "events": connection([_event(order, move) for move in fulfilment.events]),
    }


def _display(fulfilment: Fulfilment) -> str:
    if fulfilment.status == "cancelled":
        return "CANCELED"
    return fulfilment.events[-1].step.status.upper() if fulfilment.events else "FULFILLED"


def _event(order: PlayedOrder, move: ShopMove) -> dict[str, Any]:
    number = 8_800_000_000_000 + order.dice("event", move.step.status, move.at.isoformat()) % 10**9
    return {
        "id": f"gid://shopify/FulfillmentEvent/{number}",
        "status": move.step.status.upper(),
        "message": move.step.message or None,
        "happenedAt": iso_utc(move.at),
        "createdAt": iso_utc(move.at),
        "city": move.town.city,
        "province": move.town.region or None,
        "country": move.town.country,
        "zip": move.town.postcode,
        "address1": None,
        "latitude": None,
        "longitude": None,
        "estimatedDeliveryAt": None,
    }
