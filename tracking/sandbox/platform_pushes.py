"""Which webhooks the platforms between shop and carrier post about one order."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.easypost import SOURCE as EASYPOST
from tracking.sandbox.easypost import event
from tracking.sandbox.orders import PlatformMove, PlayedOrder
from tracking.sandbox.repeating import history
from tracking.sandbox.wire import Push, hook_path

_EASYPOST_SLUG = "easypost-main"


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
