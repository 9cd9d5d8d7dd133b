"""Which webhooks one order causes, when each is posted and with which bytes."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import API_VERSION, SOURCES
from tracking.sandbox.fedex import webhook_body
from tracking.sandbox.orders import PlayedOrder, Scan, ShopMove, iso_utc
from tracking.sandbox.own_system import own_pushes
from tracking.sandbox.platform_pushes import easypost_pushes, shipstation_pushes
from tracking.sandbox.shop import event_body, fulfilment_body, order_body, state_at
from tracking.sandbox.signing import fedex_signature, shopify_signature
from tracking.sandbox.ups import alert
from tracking.sandbox.usps import webhook
from tracking.sandbox.wire import Push

_TOPICS = {
    "update": ("orders/updated",),
    "cancel": ("orders/cancelled",),
    "fulfil": ("fulfillments/create", "orders/updated"),
    "numbers": ("fulfillments/update",),
    "withdraw": ("fulfillments/update",),
    "event": ("fulfillment_events/create",),
}
_SOURCE_OF_CARRIER = {"fedex": "fedex-main", "usps": "usps-main", "ups": "ups-main"}


def pushes(order: PlayedOrder, origin: str) -> Iterator[Push]:
    """All webhooks of one order, in no particular order; addresses in them lie below `origin`."""
    yield from own_pushes(order) if order.shop.kind == "generic" else _shopify_pushes(order)
    yield from easypost_pushes(order)
    yield from shipstation_pushes(order, origin)
    for key, scans in order.scans.items():
        for scan in scans:
            if scan.step.push and _is_pushed(order.plan(key).carrier, scan):
                yield from _scan_pushes(order, key, scan)


def _is_pushed(carrier: str, scan: Scan) -> bool:
    """UPS pushes events alone, the others the whole parcel; a carrier without a source of its own pushes nothing."""
    return carrier in _SOURCE_OF_CARRIER and (carrier != "ups" or bool(scan.step.code))


def _shopify_pushes(order: PlayedOrder) -> Iterator[Push]:
    plan = order.story.order
    if plan.push:
        yield _shop_push(order, "orders/create", order.placed_at, order.placed_at + order.lag(plan.delay), None)
    for move in order.moves:
        if move.step.push:
            yield from _move_pushes(order, move)


def _move_pushes(order: PlayedOrder, move: ShopMove) -> Iterator[Push]:
    for place, topic in enumerate(_TOPICS[move.step.does]):
        at = move.at + order.lag(move.step.delay) + timedelta(seconds=place)
        push = _shop_push(order, topic, move.at, at, move)
        yield push
        if move.step.twice:
            yield Push(at + order.lag(move.step.twice), push.source_slug, push.build)


def _shop_push(order: PlayedOrder, topic: str, happened: datetime, at: datetime, move: ShopMove | None) -> Push:
    sent_at = at + timedelta(seconds=2 + order.dice(topic, happened.isoformat()) % 7)

    def build() -> tuple[dict[str, str], bytes]:
        body = json.dumps(_shop_body(order, topic, happened, move), ensure_ascii=False).encode()
        return shop_headers(order, topic, happened, body), body

    return Push(sent_at, order.shop.slug, build)


def _shop_body(order: PlayedOrder, topic: str, happened: datetime, move: ShopMove | None) -> dict[str, Any]:
    if topic.startswith("orders/") or move is None:
        return order_body(order, happened)
    if topic.startswith("fulfillment_events/"):
        return event_body(order, move)
    return fulfilment_body(order, state_at(order, happened).fulfilments[move.step.fulfilment])


def shop_headers(order: PlayedOrder, topic: str, happened: datetime, body: bytes, what: str = "") -> dict[str, str]:
    """The headers of a webhook about an order; `what` tells several of one moment apart."""
    cause = f"{order.shop.domain}/{order.id}/{happened.isoformat()}" + (f"/{what}" if what else "")
    return {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": order.shop.domain,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cause}/{topic}")),
        "X-Shopify-Event-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, cause)),
        "X-Shopify-Triggered-At": iso_utc(happened),
        "X-Shopify-Hmac-Sha256": shopify_signature(SOURCES[order.shop.slug].settings["webhook_secret"], body),
    }


def _scan_pushes(order: PlayedOrder, key: str, scan: Scan) -> Iterator[Push]:
    push = _scan_push(order, key, scan, scan.known_at + order.lag(scan.step.delay))
    yield push
    if scan.step.twice:
        yield Push(push.at + order.lag(scan.step.twice), push.source_slug, push.build)
    if scan.step.again:
        yield _scan_push(order, key, scan, push.at + order.lag(scan.step.again))


def _scan_push(order: PlayedOrder, key: str, scan: Scan, at: datetime) -> Push:
    carrier = order.plan(key).carrier
    slug = _SOURCE_OF_CARRIER[carrier]
    secret = SOURCES[slug].settings["webhook_secret"]
    sent_at = at + timedelta(seconds=1 + order.dice(key, scan.step.code, at.isoformat()) % 40)

    def build() -> tuple[dict[str, str], bytes]:
        if carrier == "usps":
            return webhook(order, key, scan, sent_at, secret)
        if carrier == "ups":
            return alert(order, key, scan, secret)
        body = json.dumps(webhook_body(order, key, scan, sent_at)).encode()
        as_hex = order.dice("hex", key) % 5 == 0
        return {"Content-Type": "application/json", "fdx-signature": fedex_signature(secret, body, as_hex=as_hex)}, body

    return Push(sent_at, slug, build)
