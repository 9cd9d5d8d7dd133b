"""The pretend Shopify Admin API: client-credentials token, GraphQL orders with a cost bucket, fulfilment events."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import API_VERSION, SHOPIFY_SHOPS, SOURCES, Shop
from tracking.sandbox.graphql import Field, QueryError, connection, parse, pick
from tracking.sandbox.orders import PlayedOrder, iso_utc
from tracking.sandbox.shop import fulfilment_id, state_at
from tracking.sandbox.shop_events import ShopEvents
from tracking.sandbox.shop_graphql import order_node
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Tokens, answer

_LIFE = timedelta(hours=24)
_GRAPHQL = re.compile(r"/admin/api/\d{4}-\d{2}/graphql\.json")
_UPDATED = re.compile(r"""updated_at:\s*(>=|>)\s*['"]?([0-9T:+.Z-]+)""")
_BY_DOMAIN = {shop.domain: shop for shop in SHOPIFY_SHOPS.values()}
_Find = Callable[[str, datetime], list[PlayedOrder]]


class _Bucket:
    """Points one app may still spend in one store."""

    def __init__(self, quotas: Quotas) -> None:
        self.size, self.rate = quotas.shopify_points, quotas.shopify_points_per_second
        self.left, self.seen = self.size, datetime.min.replace(tzinfo=UTC)

    def take(self, cost: float, now: datetime) -> bool:
        waited = max(0.0, (now - self.seen).total_seconds())
        self.left, self.seen = min(self.size, self.left + waited * self.rate), now
        if cost > self.left:
            return False
        self.left -= cost
        return True

    def extensions(self, cost: float) -> dict[str, Any]:
        throttle = {
            "maximumAvailable": self.size,
            "currentlyAvailable": int(self.left),
            "restoreRate": self.rate,
        }
        return {"cost": {"requestedQueryCost": cost, "actualQueryCost": cost, "throttleStatus": throttle}}


class ShopifyApi:
    """Answers below /shopify/<shop domain>. `find` gives the orders a store has at a moment."""

    def __init__(self, seed: int, quotas: Quotas, find: _Find, calls: Calls, events: ShopEvents) -> None:
        self._tokens = {domain: Tokens(seed, _LIFE) for domain in _BY_DOMAIN}
        self._buckets = {domain: _Bucket(quotas) for domain in _BY_DOMAIN}
        self._find, self._calls, self._events = find, calls, events

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /shopify."""
        domain, _, rest = path.lstrip("/").partition("/")
        shop = _BY_DOMAIN.get(domain)
        if shop is None or request.method != "POST":
            return answer(404, {"errors": "Not Found"})
        if rest == "admin/oauth/access_token":
            return self._token(shop, request, now)
        if _GRAPHQL.fullmatch(f"/{rest}"):
            return self._graphql(shop, request, now)
        return answer(404, {"errors": "Not Found"})

    def _token(self, shop: Shop, request: Request, now: datetime) -> Answer:
        self._calls["shopify token"] += 1
        fields, settings = request.fields(), SOURCES[shop.slug].settings
        given = (fields.get("grant_type"), fields.get("client_id"), fields.get("client_secret"))
        if given != ("client_credentials", settings["client_id"], settings["client_secret"]):
            return answer(400, {"error": "application_cannot_be_found"})
        token = "shpat_" + self._tokens[shop.domain].mint(settings["client_id"], now)
        return answer(200, {"access_token": token, "scope": "read_orders,write_fulfillments", "expires_in": 86399})

    def _graphql(self, shop: Shop, request: Request, now: datetime) -> Answer:
        self._calls["shopify graphql"] += 1
        token = request.header("x-shopify-access-token").removeprefix("shpat_")
        if not self._tokens[shop.domain].is_good(token, now):
            return answer(
                401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
            )
        asked = request.fields()
        return answer(200, self._executed(shop, asked, now), x_shopify_api_version=API_VERSION)

    def _executed(self, shop: Shop, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        bucket = self._buckets[shop.domain]
        try:
            fields = parse(str(asked.get("query", "")), asked.get("variables") or {})
            cost = 2.0 + sum(_cost(field) for field in fields)
            if not bucket.take(cost, now):
                throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
                return {"errors": [throttled], "extensions": bucket.extensions(cost)}
            data = {field.alias: self._root(shop, field, now) for field in fields}
        except QueryError as error:
            return {"errors": [{"message": str(error), "extensions": {"code": "undefinedField"}}]}
        return {"data": data, "extensions": bucket.extensions(cost)}

    def _root(self, shop: Shop, field: Field, now: datetime) -> Any:
        if field.name == "shop":
            about = {"name": shop.name, "myshopifyDomain": shop.domain, "id": f"gid://shopify/Shop/{shop.first_number}"}
            about |= {"currencyCode": shop.currency, "ianaTimezone": shop.zone, "email": shop.sender}
            return pick(about, field.fields, "Shop")
        if field.name == "orders":
            return pick(self._page(shop, field.arguments, now), field.fields, "OrderConnection")
        if field.name == "order":
            return pick(self._one(shop, str(field.arguments.get("id")), now), field.fields, "Order")
        if field.name == "fulfillment":
            return pick(self._fulfilment(shop, str(field.arguments.get("id")), now), field.fields, "Fulfillment")
        if field.name == "fulfillmentEventCreate":
            told = field.arguments.get("fulfillmentEvent") or {}
            order = self._order_of(shop, str(told.get("fulfillmentId")), now)
            return pick(self._events.create(shop, order, told, now), field.fields, "FulfillmentEventCreatePayload")
        raise QueryError(f"Field '{field.name}' doesn't exist on type 'QueryRoot'")

    def _one(self, shop: Shop, gid: str, now: datetime) -> dict[str, Any] | None:
        found = (order for order in self._find(shop.key, now) if gid.endswith(f"/{order.id}"))
        return next((self._node(order, now) for order in found), None)

    def _order_of(self, shop: Shop, gid: str, now: datetime) -> PlayedOrder | None:
        """Return the order that has a fulfilment at this moment."""
        name = gid.rpartition("/")[2]
        return next(
            (
                order
                for order in self._find(shop.key, now)
                if any(str(fulfilment_id(order, index)) == name for index in state_at(order, now).fulfilments)
            ),
            None,
        )

    def _fulfilment(self, shop: Shop, gid: str, now: datetime) -> dict[str, Any] | None:
        order = self._order_of(shop, gid, now)
        nodes = self._node(order, now)["fulfillments"] if order else []
        return next((node for node in nodes if node["id"] == gid), None)

    def _node(self, order: PlayedOrder, now: datetime) -> dict[str, Any]:
        """The order with the events that apps made beside the shop's own."""
        node = order_node(order, now)
        node["updatedAt"] = iso_utc(self._changed_at(order, now))
        for fulfilment in node["fulfillments"]:
            made = [each.node() for each in self._events.of(int(fulfilment["legacyResourceId"]))]
            events = sorted([*fulfilment["events"]["nodes"], *made], key=lambda event: event["happenedAt"])
            fulfilment["events"] = connection(events)
        return node

    def _changed_at(self, order: PlayedOrder, now: datetime) -> datetime:
        return self._events.changed_at(order, state_at(order, now).updated_at)

    def _page(self, shop: Shop, arguments: Any, now: datetime) -> dict[str, Any]:
        placed = [(self._changed_at(order, now), order) for order in self._find(shop.key, now)]
        wanted = [(at, order) for at, order in placed if _matches(at, str(arguments.get("query") or ""))]
        if arguments.get("sortKey") == "UPDATED_AT":
            wanted.sort(key=lambda pair: (pair[0], pair[1].id))
        else:
            wanted.sort(key=lambda pair: pair[1].id)
        begin = _begin(wanted, str(arguments.get("after") or ""))
        page = wanted[begin : begin + int(arguments.get("first") or 10)]
        cursor = f"after-{page[-1][1].id}-{page[-1][0].timestamp():.0f}" if page else ""
        nodes = [self._node(order, now) for _, order in page]
        return {**connection(nodes, has_next=begin + len(page) < len(wanted), cursor=cursor), "isPage": True}


def _cost(field: Field) -> float:
    return float(field.arguments.get("first") or 1) * 1.5


def _matches(updated_at: datetime, query: str) -> bool:
    """Whether an order passes a search such as `updated_at:>='2026-11-01T00:00:00Z'`; no such term lets all pass."""
    if not (found := _UPDATED.search(query)):
        return True
    since = datetime.fromisoformat(found[2])
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return updated_at >= since if found[1] == ">=" else updated_at > since


def _begin(wanted: list[tuple[datetime, PlayedOrder]], after: str) -> int:
    """Where the page after a cursor starts; like the real one it goes by position in the sort order."""
    if not after:
        return 0
    _, id_, stamp = after.split("-")
    last = (int(stamp), int(id_))
    return sum((int(at.timestamp()), order.id) <= last for at, order in wanted)
