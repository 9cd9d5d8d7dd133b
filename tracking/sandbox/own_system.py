"""A merchant's own system: posts orders, fulfilments and warehouse events in the JSON that ShipTrack documents."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.orders import PlayedOrder, ShopMove, iso
from tracking.sandbox.shop import Fulfilment, notes, price, state_at, total
from tracking.sandbox.signing import own_signature
from tracking.sandbox.wire import Push


def own_pushes(order: PlayedOrder) -> Iterator[Push]:
    """All messages of one order, in no particular order."""
    plan = order.story.order
    if plan.push:
        yield _push(order, "order", order.placed_at, order.placed_at + order.lag(plan.delay), None)
    for move in order.moves:
        if not move.step.push:
            continue
        push = _push(order, move.step.does, move.at, move.at + order.lag(move.step.delay), move)
        yield push
        if move.step.twice:
            yield Push(push.at + order.lag(move.step.twice), push.source_slug, push.build)


def _push(order: PlayedOrder, does: str, happened: datetime, at: datetime, move: ShopMove | None) -> Push:
    sent_at = at + timedelta(seconds=1 + order.dice(does, happened.isoformat()) % 5)

    def build() -> tuple[dict[str, str], bytes]:
        body = json.dumps(_message(order, happened, move), ensure_ascii=False).encode()
        timestamp = f"{sent_at.timestamp():.0f}"
        delivery = uuid.uuid5(uuid.NAMESPACE_URL, f"{order.shop.domain}/{order.id}/{does}/{happened.isoformat()}").hex
        secret = SOURCES[order.shop.slug].settings["webhook_secret"]
        return {
            "Content-Type": "application/json",
            "X-ShipTrack-Timestamp": timestamp,
            "X-ShipTrack-Delivery": delivery,
            "X-ShipTrack-Signature": own_signature(secret, timestamp, delivery, body),
        }, body

    return Push(sent_at, order.shop.slug, build)


def _message(order: PlayedOrder, happened: datetime, move: ShopMove | None) -> dict[str, Any]:
    if move is None or move.step.does in {"order", "update", "cancel"}:
        return {"orders": [_order(order, happened)]}
    if move.step.does == "event":
        return {"events": [_event(order, move)]}
    fulfilment = state_at(order, happened).fulfilments[move.step.fulfilment]
    return {"fulfilments": [{**_fulfilment(order, fulfilment), "order_external_id": str(order.id)}]}


def _order(order: PlayedOrder, moment: datetime) -> dict[str, Any]:
    state, person, zone = state_at(order, moment), order.customer, order.shop.zone
    body: dict[str, Any] = {
        "external_id": str(order.id),
        "number": order.name,
        "created_at": iso(order.placed_at, zone),
        "updated_at": iso(state.updated_at, zone),
        "currency": order.shop.currency,
        "total": price(total(order)),
        "email": person.email,
        "customer_name": f"{person.first_name} {person.last_name}",
        "phone": person.phone,
        "locale": person.locale,
        "ship_to": _ship_to(order),
        "shipping_method": order.story.order.shipping,
        "tags": list(state.tags),
        "test": order.story.order.test,
        "lines": _lines(order),
        "fulfilments": [_fulfilment(order, fulfilment) for fulfilment in state.fulfilments.values()],
    }
    if promised := notes(order):
        body["promised_date"] = promised[0]["value"]
    if state.cancelled_at:
        body["cancelled_at"] = iso(state.cancelled_at, zone)
    return body


def _ship_to(order: PlayedOrder) -> dict[str, str]:
    town = order.customer.town
    return {"city": town.city, "region": town.region, "postcode": town.postcode, "country": town.country}


def _lines(order: PlayedOrder) -> list[dict[str, Any]]:
    return [
        {"external_id": str(line.id), "sku": line.sku, "title": line.title, "quantity": line.quantity}
        for line in order.lines
    ]


def _fulfilment(order: PlayedOrder, fulfilment: Fulfilment) -> dict[str, Any]:
    service = order.plan(fulfilment.keys[0]).service if fulfilment.keys else ""
    return {
        "external_id": _fulfilment_id(order, fulfilment.index),
        "created_at": iso(fulfilment.created_at, order.shop.zone),
        "updated_at": iso(fulfilment.updated_at, order.shop.zone),
        "status": fulfilment.status,
        "tracking_numbers": [order.vendor_numbers[key] for key in fulfilment.keys],
        "carrier": fulfilment.company or "",
        "service": service,
        "warehouse": order.house.name,
    }


def _fulfilment_id(order: PlayedOrder, index: int) -> str:
    return f"F-{order.number}-{index}"


def _event(order: PlayedOrder, move: ShopMove) -> dict[str, Any]:
    """A note of the warehouse about one fulfilment."""
    town = move.town
    return {
        "fulfilment_external_id": _fulfilment_id(order, move.step.fulfilment),
        "occurred_at": iso(move.at, order.house.zone),
        "code": move.step.status,
        "text": move.step.message,
        "city": town.city,
        "region": town.region,
        "country": town.country,
    }
