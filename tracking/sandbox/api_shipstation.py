"""The pretend ShipStation endpoints: orders and shipments of V1, labels and tracking of V2, the public keys."""

import base64
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.orders import PlatformMove, PlayedOrder
from tracking.sandbox.shipstation import (
    SOURCE,
    batch_of,
    label_id,
    label_v2,
    modified_at,
    moves_of,
    order_v1,
    shipment_v1,
    tracking_v2,
    voided_at,
)
from tracking.sandbox.signing import key_set
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Window, answer

_PACIFIC = ZoneInfo("America/Los_Angeles")
_Label = tuple[PlayedOrder, str, PlatformMove]


def _error_v2(status: int, code: str, message: str) -> Answer:
    error = {"error_source": "shipengine", "error_type": "security", "error_code": code, "message": message}
    return answer(status, {"request_id": "sandbox", "errors": [error]})


class ShipStationApi:
    """Answers below /shipstation: V1 at its root, V2 below /v2, the key set at /jwks."""

    def __init__(self, quotas: Quotas, orders: Callable[[datetime], Iterable[PlayedOrder]], calls: Calls) -> None:
        self._orders, self._calls = orders, calls
        self._limit = quotas.shipstation_per_minute
        self._minute = Window(self._limit, timedelta(minutes=1))
        self._lists: dict[str, Callable[[dict[str, str], datetime], list[dict[str, Any]]]] = {
            "orders": self._orders_v1,
            "shipments": self._shipments_v1,
            "fulfillments": lambda asked, now: [],
        }

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /shipstation."""
        if path == "/jwks":
            return answer(200, key_set())
        if request.method != "GET":
            return answer(405, {"Message": "The requested resource does not support this method."})
        if path.startswith("/v2/"):
            return self._respond_v2(request, path.removeprefix("/v2/"), now)
        return self._respond_v1(request, path.strip("/"), now)

    def _respond_v1(self, request: Request, listed: str, now: datetime) -> Answer:
        self._calls["shipstation v1"] += 1
        settings = SOURCES["shipstation-main"].settings
        pair = base64.b64encode(f"{settings['api_key']}:{settings['api_secret']}".encode()).decode()
        if request.header("authorization") != f"Basic {pair}":
            return answer(401, {"Message": "Authorization has been denied for this request."})
        wait = self._minute.take(now)
        limits = {
            "x_rate_limit_limit": str(self._limit),
            "x_rate_limit_remaining": str(max(self._limit - self._minute.used, 0)),
            "x_rate_limit_reset": str(ceil(wait.total_seconds()) if wait else 60),
        }
        if wait is not None:
            return answer(429, {"Message": "Too Many Requests"}, **limits)
        if listed not in self._lists:
            return answer(404, {"Message": "No HTTP resource was found that matches the request URI."})
        asked = request.query()
        return answer(200, _paged(listed, self._lists[listed](asked, now), asked, "pageSize"), **limits)

    def _orders_v1(self, asked: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        found = [order for order in self._orders(now) if _imports(order, now)]
        since = _since(asked.get("modifyDateStart"), _PACIFIC)
        wanted = [order for order in found if since is None or modified_at(order, now) >= since]
        if batch := asked.get("importBatch"):
            wanted = [o for o in wanted if batch in {batch_of(o, "order", move.at) for move in _imports(o, now)}]
        rows = [order_v1(order, now) for order in sorted(wanted, key=lambda order: modified_at(order, now))]
        return [row for row in rows if row["orderNumber"] == asked.get("orderNumber", row["orderNumber"])]

    def _shipments_v1(self, asked: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        created = _since(asked.get("createDateStart"), _PACIFIC)
        voided = _since(asked.get("voidDateStart"), _PACIFIC)
        batch, number = asked.get("batchId"), asked.get("trackingNumber")
        with_items = asked.get("includeShipmentItems", "").lower() == "true"
        rows = []
        for order, key, label in self._labels(now):
            void = voided_at(order, key, now)
            is_wanted = (
                (created is None or label.at >= created)
                and (voided is None or (void is not None and void >= voided))
                and (batch is None or batch_of(order, "label", label.at) == batch)
                and (number is None or order.vendor_numbers[key] == number)
            )
            rows += [shipment_v1(order, key, now, with_items=with_items)] if is_wanted else []
        return rows

    def _respond_v2(self, request: Request, path: str, now: datetime) -> Answer:
        self._calls["shipstation v2"] += 1
        if request.header("api-key") != SOURCES["shipstation-main"].settings["api_key_v2"]:
            return _error_v2(401, "unauthorized", "The API key is invalid.")
        asked = request.query()
        if path == "labels":
            return answer(200, _paged("labels", self._labels_v2(asked, now), asked, "page_size"))
        if path == "tracking":
            named = (one for one in self._labels(now) if one[0].vendor_numbers[one[1]] == asked.get("tracking_number"))
        else:
            named = (one for one in self._labels(now) if path == f"labels/{label_id(one[0], one[1])}/track")
        found = next(named, None)
        return answer(200, tracking_v2(*found[:2], now)) if found else _error_v2(404, "not_found", "Not found.")

    def _labels_v2(self, asked: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        since, status = _since(asked.get("created_at_start"), UTC), asked.get("label_status")
        rows = [label_v2(o, key, now) for o, key, label in self._labels(now) if since is None or label.at >= since]
        return [row for row in rows if status in (None, row["status"])]

    def _labels(self, now: datetime) -> list[_Label]:
        """All labels made by then, the oldest first."""
        made = [
            (order, move.step.number, move)
            for order in self._orders(now)
            for move in moves_of(order, now)
            if move.step.does == "label"
        ]
        return sorted(made, key=lambda label: label[2].at)


def _imports(order: PlayedOrder, now: datetime) -> list[PlatformMove]:
    return [
        move
        for move in order.platform_moves
        if (move.step.source, move.step.does) == (SOURCE, "order") and move.at <= now
    ]


def _since(text: str | None, zone: Any) -> datetime | None:
    """A moment of a filter; without offset it is on V1's Pacific clock, or on V2's UTC."""
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _paged(name: str, rows: list[dict[str, Any]], asked: dict[str, str], size_key: str) -> dict[str, Any]:
    size, page = max(1, int(asked.get(size_key, 100))), max(1, int(asked.get("page", 1)))
    begin = (page - 1) * size
    return {name: rows[begin : begin + size], "total": len(rows), "page": page, "pages": max(1, -(-len(rows) // size))}
