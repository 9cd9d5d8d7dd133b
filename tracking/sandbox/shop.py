"""What a pretend Shopify store knows of one order at one moment, as the REST-shaped bodies its webhooks carry.

Shapes: Shopify Admin API 2026-10, orders/*, fulfillments/* and fulfillment_events/* webhooks.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tracking.sandbox.orders import PlayedOrder, ShopMove, iso

COMPANIES = {"fedex": "FedEx", "usps": "USPS", "ups": "UPS", "canada_post": "Canada Post"}
_TRACKING_PAGES = {
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "canada_post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
}


@dataclass
class Fulfilment:
    """One fulfilment as it stands. `events` = what the shop itself heard from the carrier."""

    index: int
    created_at: datetime
    updated_at: datetime
    status: str = "success"
    keys: tuple[str, ...] = ()
    company: str | None = None
    service: str = "manual"
    lines: tuple[int, ...] = ()
    events: list[ShopMove] = field(default_factory=list)


@dataclass
class OrderState:
    """One order as it stands."""

    updated_at: datetime
    fulfilments: dict[int, Fulfilment] = field(default_factory=dict)
    cancelled_at: datetime | None = None
    tags: tuple[str, ...] = ()


def state_at(order: PlayedOrder, moment: datetime) -> OrderState:
    """Apply every move of the shop up to `moment` (aware)."""
    state = OrderState(updated_at=order.placed_at, tags=order.story.order.tags)
    for move in order.moves:
        if move.at <= moment:
            _apply(state, order, move)
    return state


def _apply(state: OrderState, order: PlayedOrder, move: ShopMove) -> None:
    step = move.step
    state.updated_at = move.at
    if step.does == "cancel":
        state.cancelled_at = move.at
    elif step.does == "fulfil":
        fulfilment = Fulfilment(step.fulfilment, move.at, move.at, service=step.service, lines=step.lines)
        state.fulfilments[step.fulfilment] = fulfilment
        _name_parcels(fulfilment, order, move)
    elif step.does == "numbers":
        _name_parcels(state.fulfilments[step.fulfilment], order, move)
    elif step.does == "withdraw":
        state.fulfilments[step.fulfilment].status = "cancelled"
        state.fulfilments[step.fulfilment].updated_at = move.at
    elif step.does == "event":
        state.fulfilments[step.fulfilment].events.append(move)
        state.fulfilments[step.fulfilment].updated_at = move.at


def _name_parcels(fulfilment: Fulfilment, order: PlayedOrder, move: ShopMove) -> None:
    fulfilment.keys = move.step.numbers
    fulfilment.updated_at = move.at
    if move.step.company is not None:
        fulfilment.company = move.step.company
    elif move.step.numbers:
        fulfilment.company = COMPANIES[order.plan(move.step.numbers[0]).carrier]


def price(minor: int) -> str:
    """Minor units as Shopify writes money: "41.20"."""
    return f"{minor // 100}.{minor % 100:02d}"


def total(order: PlayedOrder) -> int:
    """What the customer paid, minor units."""
    return sum(line.price * line.quantity for line in order.lines)


def fulfilment_id(order: PlayedOrder, index: int) -> int:
    """The shop's id of a fulfilment."""
    return 4_980_000_000_000 + order.serial * 10 + index


def tracking(order: PlayedOrder, fulfilment: Fulfilment) -> list[tuple[str, str]]:
    """(number, page) of each parcel, in the order the shop lists them."""
    numbers = [(key, order.vendor_numbers[key]) for key in fulfilment.keys]
    return [(number, _TRACKING_PAGES[order.plan(key).carrier].format(number)) for key, number in numbers]


def address_body(order: PlayedOrder) -> dict[str, Any]:
    """The ship-to address."""
    person, town = order.customer, order.customer.town
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": f"{person.first_name} {person.last_name}",
        "company": None,
        "address1": person.street,
        "address2": "",
        "phone": person.phone,
        "city": town.city,
        "zip": town.postcode,
        "province": town.region or None,
        "province_code": town.region or None,
        "country_code": town.country,
    }


def line_bodies(order: PlayedOrder, fulfilment: Fulfilment | None = None) -> list[dict[str, Any]]:
    """Line items of the order, or those of one fulfilment (all lines when its story names none)."""
    wanted = fulfilment.lines if fulfilment else ()
    return [
        {
            "id": line.id,
            "sku": line.sku,
            "title": line.title,
            "name": line.title,
            "quantity": line.quantity,
            "price": price(line.price),
            "requires_shipping": line.needs_shipping,
            "grams": 400 + line.price % 900,
            "fulfillment_status": "fulfilled" if fulfilment else None,
        }
        for place, line in enumerate(order.lines, start=1)
        if not wanted or place in wanted
    ]


def fulfilment_body(order: PlayedOrder, fulfilment: Fulfilment) -> dict[str, Any]:
    """The body of fulfillments/create and fulfillments/update."""
    parcels = tracking(order, fulfilment)
    numbers, pages = [number for number, _ in parcels], [page for _, page in parcels]
    heard = fulfilment.events[-1].step.status if fulfilment.events else None
    return {
        "id": fulfilment_id(order, fulfilment.index),
        "admin_graphql_api_id": f"gid://shopify/Fulfillment/{fulfilment_id(order, fulfilment.index)}",
        "order_id": order.id,
        "name": f"{order.name}.{fulfilment.index}",
        "status": fulfilment.status,
        "created_at": iso(fulfilment.created_at, order.shop.zone),
        "updated_at": iso(fulfilment.updated_at, order.shop.zone),
        "service": fulfilment.service,
        "location_id": order.house.location_id,
        "tracking_company": fulfilment.company,
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": pages[0] if pages else None,
        "tracking_urls": pages,
        "shipment_status": heard,
        "email": order.customer.email,
        "destination": address_body(order),
        "line_items": line_bodies(order, fulfilment),
        "receipt": {},
    }


def order_body(order: PlayedOrder, moment: datetime) -> dict[str, Any]:
    """The body of orders/* as of `moment`."""
    state = state_at(order, moment)
    person = order.customer
    shipped = [fulfilment for fulfilment in state.fulfilments.values() if fulfilment.status == "success"]
    return {
        "id": order.id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order.id}",
        "name": order.name,
        "order_number": order.number,
        "created_at": iso(order.placed_at, order.shop.zone),
        "processed_at": iso(order.placed_at, order.shop.zone),
        "updated_at": iso(state.updated_at, order.shop.zone),
        "cancelled_at": iso(state.cancelled_at, order.shop.zone) if state.cancelled_at else None,
        "cancel_reason": "customer" if state.cancelled_at else None,
        "closed_at": None,
        "financial_status": "refunded" if state.cancelled_at else "paid",
        "fulfillment_status": fulfilment_word(order, shipped),
        "currency": order.shop.currency,
        "total_price": price(total(order)),
        "email": person.email,
        "contact_email": person.email,
        "phone": person.phone,
        "customer_locale": person.locale,
        "customer": {
            "id": person.id,
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "phone": person.phone,
        },
        "shipping_address": address_body(order),
        "line_items": line_bodies(order),
        "shipping_lines": [{"title": order.story.order.shipping, "code": order.story.order.shipping, "price": "0.00"}],
        "fulfillments": [fulfilment_body(order, fulfilment) for fulfilment in state.fulfilments.values()],
        "note_attributes": notes(order),
        "tags": ", ".join(state.tags),
        "source_name": "web",
        "location_id": None,
        "test": order.story.order.test,
    }


def fulfilment_word(order: PlayedOrder, shipped: list[Fulfilment]) -> str | None:
    """Null, partial or fulfilled, by how many lines have left."""
    lines = {place for one in shipped for place in (one.lines or range(1, len(order.lines) + 1))}
    if not lines:
        return None
    return "fulfilled" if len(lines) >= len(order.lines) else "partial"


def notes(order: PlayedOrder) -> list[dict[str, str]]:
    """What the checkout wrote on the order: the promised day, when the story has one."""
    promised = order.story.order.deliver_by
    if not promised:
        return []
    day = order.calendar_moment(promised, order.customer.town.zone)
    return [{"name": "delivery_date", "value": iso(day, order.customer.town.zone)[:10]}]


def event_body(order: PlayedOrder, move: ShopMove) -> dict[str, Any]:
    """The body of fulfillment_events/create."""
    step, town = move.step, move.town
    return {
        "id": 8_800_000_000_000 + order.dice("event", move.step.status, move.at.isoformat()) % 10**9,
        "fulfillment_id": fulfilment_id(order, step.fulfilment),
        "order_id": order.id,
        "shop_id": 60_000_000_000 + order.shop.first_number,
        "status": step.status,
        "message": step.message or None,
        "happened_at": iso(move.at, order.shop.zone),
        "created_at": iso(move.at, order.shop.zone),
        "updated_at": iso(move.at, order.shop.zone),
        "city": town.city,
        "province": town.region or None,
        "country": town.country,
        "zip": town.postcode,
        "estimated_delivery_at": None,
    }
