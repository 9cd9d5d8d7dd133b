"""Which webhooks the platforms between shop and carrier post about one order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.easypost import SOURCE as EASYPOST
from tracking.sandbox.easypost import event
from tracking.sandbox.orders import PlatformMove, PlayedOrder
from tracking.sandbox.repeating import history
from tracking.sandbox.shipstation import SOURCE as SHIPSTATION
from tracking.sandbox.shipstation import notification_v1, tracking_push
from tracking.sandbox.wire import Push, hook_path

_EASYPOST_SLUG, _SHIPSTATION_SLUG = "easypost-main", "shipstation-main"


def easypost_pushes(order: PlayedOrder) -> Iterator[Push]:
    """EasyPost tells that a tracker was made, and the whole tracker again at each piece of news."""
    for move in order.platform_moves:
        if (move.step.source, move.step.does) == (EASYPOST, "track"):
            yield from _tracker_pushes(order, move)


def _tracker_pushes(order: PlayedOrder, move: PlatformMove) -> Iterator[Push]:
    key = move.step.number
    if not move.step.push:
        return
    for known_at in sorted({move.at, *(word.known_at for word in history(order, key, EASYPOST))}):
        push = _event_push(order, key, known_at, known_at + order.lag(move.step.delay))
        yield push
        if move.step.twice:
            yield Push(push.at + order.lag(move.step.twice), push.source_slug, push.build)


def _event_push(order: PlayedOrder, key: str, known_at: datetime, at: datetime) -> Push:
    sent_at = at + timedelta(seconds=1 + order.dice("easypost", key, at.isoformat()) % 20)
    secret = SOURCES[_EASYPOST_SLUG].settings["webhook_secret"]

    def build() -> tuple[dict[str, str], bytes]:
        return event(order, key, known_at, sent_at, secret, hook_path(_EASYPOST_SLUG))

    return Push(sent_at, _EASYPOST_SLUG, build)


def shipstation_pushes(order: PlayedOrder, origin: str) -> Iterator[Push]:
    """ShipStation tells of imports and labels (V1) and of the carrier's news of its labels (V2), but not of voids."""
    base = origin + SOURCES[_SHIPSTATION_SLUG].path
    for move in order.platform_moves:
        if move.step.source != SHIPSTATION or not move.step.push or move.step.does not in {"order", "label"}:
            continue
        push = _notification(order, move, base)
        yield push
        if move.step.twice:
            yield replace(push, at=push.at + order.lag(move.step.twice))
        if move.step.does == "label":
            yield from _tracking_pushes(order, move, base)


def _notification(order: PlayedOrder, move: PlatformMove, base: str) -> Push:
    secret = SOURCES[_SHIPSTATION_SLUG].settings["webhook_secret"]
    at = move.at + order.lag(move.step.delay)
    return Push(at, _SHIPSTATION_SLUG, lambda: notification_v1(order, move, base), f"?secret={secret}")


def _tracking_pushes(order: PlayedOrder, move: PlatformMove, base: str) -> Iterator[Push]:
    key = move.step.number
    for known_at in sorted({word.known_at for word in history(order, key, SHIPSTATION)}):
        yield _tracking_push(order, key, known_at, known_at + order.lag(move.step.delay), base)


def _tracking_push(order: PlayedOrder, key: str, known_at: datetime, at: datetime, base: str) -> Push:
    return Push(at, _SHIPSTATION_SLUG, lambda: tracking_push(order, key, known_at, at, base))
