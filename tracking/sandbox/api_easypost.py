"""The pretend EasyPost endpoints: trackers made, listed and fetched (API v2). The API key is the user of HTTP Basic."""

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.easypost import CARRIERS, SOURCE, followed_at, tracker
from tracking.sandbox.fedex import Shipment
from tracking.sandbox.orders import PlayedOrder, iso_utc
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Window, answer

_LARGEST_PAGE, _PAGE = 100, 20


def _error(status: int, code: str, message: str, **headers: str) -> Answer:
    return answer(status, {"error": {"code": code, "message": message, "errors": []}}, **headers)


class EasyPostApi:
    """Answers below /easypost/v2. `orders` gives all orders at a moment; a number that somebody registers and that is
    in no story stays without news."""

    def __init__(self, quotas: Quotas, orders: Callable[[datetime], Iterable[PlayedOrder]], calls: Calls) -> None:
        self._minute = Window(quotas.easypost_per_minute, timedelta(minutes=1))
        self._orders, self._calls = orders, calls
        self._strangers: dict[tuple[str, str], datetime] = {}

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /easypost."""
        self._calls["easypost"] += 1
        if refused := self._refuse(request, now):
            return refused
        if path == "/v2/trackers":
            return self._create(request, now) if request.method == "POST" else self._list(request.query(), now)
        if path.startswith("/v2/trackers/") and request.method == "GET":
            wanted = path.removeprefix("/v2/trackers/")
            found = next((one for one in self._trackers(now) if one["id"] == wanted), None)
            return answer(200, found) if found else _error(404, "NOT_FOUND", "The requested resource was not found.")
        return _error(404, "NOT_FOUND", "The requested resource could not be found.")

    def _refuse(self, request: Request, now: datetime) -> Answer | None:
        expected = base64.b64encode(f"{SOURCES['easypost-main'].settings['api_key']}:".encode()).decode()
        if request.header("authorization") != f"Basic {expected}":
            return _error(401, "APIKEY.INACTIVE", "This api key is no longer active.")
        if self._minute.take(now) is not None:
            return _error(429, "RATE_LIMITED", "You have been rate limited.")
        return None

    def _create(self, request: Request, now: datetime) -> Answer:
        """The same number and carrier within three months give the same tracker."""
        asked = request.fields().get("tracker")
        code = str(asked.get("tracking_code", "")) if isinstance(asked, dict) else ""
        if not code or not isinstance(asked, dict):
            return _error(422, "PARAMETER.REQUIRED", "Missing required parameter: tracking_code")
        carrier = str(asked.get("carrier") or "USPS")
        if not any(_is_about(one, code, carrier) for one in self._trackers(now)):
            self._strangers[(code, carrier)] = now
        return answer(200, next(one for one in self._trackers(now) if _is_about(one, code, carrier)))

    def _list(self, asked: dict[str, str], now: datetime) -> Answer:
        """One page, newest first; `before_id` goes on behind a tracker."""
        size = asked.get("page_size", str(_PAGE))
        if not size.isdigit() or not 0 < int(size) <= _LARGEST_PAGE:
            return _error(422, "PAGE_SIZE.INVALID", "page_size must be between 1 and 100")
        found = [one for one in self._trackers(now) if _passes(one, asked)]
        ids = [one["id"] for one in found]
        begin = ids.index(asked["before_id"]) + 1 if asked.get("before_id") in ids else 0
        page = found[begin : begin + int(size)]
        return answer(200, {"trackers": page, "has_more": begin + len(page) < len(found)})

    def _trackers(self, now: datetime) -> list[dict[str, Any]]:
        """All trackers of the account, the newest first."""
        followed = [tracker(order, key, now) for order, key in self._followed(now)]
        followed += [_without_news(code, carrier, at) for (code, carrier), at in self._strangers.items()]
        return sorted(followed, key=lambda one: (one["created_at"], one["id"]), reverse=True)

    def _followed(self, now: datetime) -> Iterable[Shipment]:
        for order in self._orders(now):
            for key in {move.step.number for move in order.platform_moves if move.step.source == SOURCE}:
                begun = followed_at(order, key)
                if begun and begun <= now:
                    yield order, key


def _is_about(one: dict[str, Any], code: str, carrier: str) -> bool:
    return bool(one["tracking_code"] == code and one["carrier"].lower().startswith(carrier.lower()))


def _passes(one: dict[str, Any], asked: dict[str, str]) -> bool:
    since = asked.get("start_datetime")
    if since and datetime.fromisoformat(one["created_at"]) < _moment(since):
        return False
    wanted = (asked.get("tracking_code"), asked.get("carrier"))
    return all(not told or one[name] == told for name, told in zip(("tracking_code", "carrier"), wanted, strict=True))


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _without_news(code: str, carrier: str, at: datetime) -> dict[str, Any]:
    known = next((name for name in CARRIERS.values() if name.lower().startswith(carrier.lower())), carrier)
    return {
        "id": f"trk_{sum(map(ord, code)):08x}{code.lower()[-12:]}",
        "object": "Tracker",
        "mode": "production",
        "tracking_code": code,
        "status": "unknown",
        "status_detail": "unknown",
        "created_at": iso_utc(at),
        "updated_at": iso_utc(at),
        "carrier": known,
        "finalized": False,
        "is_return": False,
        "fees": [],
        "carrier_detail": None,
        "tracking_details": [],
    }
