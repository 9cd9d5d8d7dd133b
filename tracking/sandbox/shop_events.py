"""Fulfilment events that apps make in the pretend shop (Shopify GraphQL Admin API 2026-10, `fulfillmentEventCreate`).

As in a real one, each shows in the order's answers, moves the order's `updatedAt`, and is posted to every subscriber of
`fulfillment_events/create`, the app that made it among them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import Shop
from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.orders import PlayedOrder, iso_utc
from tracking.sandbox.pushes import shop_headers
from tracking.sandbox.shop import fulfilment_id
from tracking.sandbox.wire import Push

WORDS = frozenset({
    "CONFIRMED", "LABEL_PURCHASED", "LABEL_PRINTED", "CARRIER_PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY",
    "ATTEMPTED_DELIVERY", "DELAYED", "READY_FOR_PICKUP", "DELIVERED", "FAILURE",
})  # fmt: skip
FIRST_ID = 8_900_000_000_000
POSTED_AFTER = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Made:
    """One event made by an app."""

    id: int
    fulfilment: int
    status: str
    happened_at: datetime
    made_at: datetime

    def node(self) -> dict[str, Any]:
        """The FulfillmentEvent object."""
        blank = dict.fromkeys(
            (
                "message",
                "city",
                "province",
                "country",
                "zip",
                "address1",
                "latitude",
                "longitude",
                "estimatedDeliveryAt",
            )
        )
        return {
            "id": f"gid://shopify/FulfillmentEvent/{self.id}",
            "status": self.status,
            "happenedAt": iso_utc(self.happened_at),
            "createdAt": iso_utc(self.made_at),
            **blank,
        }


class ShopEvents:
    """Keeps the events made by apps. `post` takes the webhooks they cause."""

    def __init__(self, arrivals: Arrivals, post: Callable[[Push], None]) -> None:
        self._arrivals, self._post = arrivals, post
        self._made: dict[int, list[Made]] = {}
        self._count = 0

    def of(self, fulfilment: int) -> list[Made]:
        """Return the events of a fulfilment, oldest first."""
        return self._made.get(fulfilment, [])

    def changed_at(self, order: PlayedOrder, otherwise: datetime) -> datetime:
        """When an order was changed last, by an event or else at that moment."""
        ids = {fulfilment_id(order, move.step.fulfilment) for move in order.moves if move.step.does == "fulfil"}
        return max([otherwise, *(made.made_at for name in ids for made in self.of(name))])

    def create(self, shop: Shop, order: PlayedOrder | None, told: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Answer `fulfillmentEventCreate`; `order` is the one the fulfilment is of."""
        status, moment = str(told.get("status")), _moment(told.get("happenedAt"), now)
        if order is None:
            return _refused("fulfillmentId", "Fulfillment does not exist.")
        if status not in WORDS:
            return _refused("status", f"{status} is not a FulfillmentEventStatus.")
        self._count += 1
        name = int(str(told["fulfillmentId"]).rpartition("/")[2])
        made = Made(FIRST_ID + self._count, name, status, moment, now)
        self._made.setdefault(name, []).append(made)
        self._arrivals.add(
            Arrival(
                "shopify", "event", now, str(made.id), shop.name, f"{order.name}: {status}",
                f"happened {iso_utc(moment)}", {"fulfilment": str(name), "status": status},
            )
        )  # fmt: skip
        self._post(_push(shop, order, made))
        return {"fulfillmentEvent": made.node(), "userErrors": []}


def _push(shop: Shop, order: PlayedOrder, made: Made) -> Push:
    def build() -> tuple[dict[str, str], bytes]:
        content = {
            "id": made.id,
            "fulfillment_id": made.fulfilment,
            "order_id": order.id,
            "status": made.status.lower(),
            "message": None,
            "happened_at": iso_utc(made.happened_at),
            "created_at": iso_utc(made.made_at),
            "updated_at": iso_utc(made.made_at),
            "estimated_delivery_at": None,
        }
        body = json.dumps(content).encode()
        return shop_headers(order, "fulfillment_events/create", made.made_at, body, str(made.id)), body

    return Push(made.made_at + POSTED_AFTER, shop.slug, build)


def _moment(text: Any, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refused(field: str, message: str) -> dict[str, Any]:
    return {"fulfillmentEvent": None, "userErrors": [{"field": ["fulfillmentEvent", field], "message": message}]}
