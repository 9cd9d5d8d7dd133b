"""The pretend world: a fixed cast of orders, what their vendors post, and what they answer when asked.

A world is decided by its seed and start alone: the same two give the same bytes. It reads no clock.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from tracking.sandbox.accounts import ORIGIN, SHOPS, SOURCES, WAREHOUSES
from tracking.sandbox.api_easypost import EasyPostApi
from tracking.sandbox.api_fedex import FedExApi
from tracking.sandbox.api_help_desk import HelpDeskApi
from tracking.sandbox.api_hubspot import HubSpotApi
from tracking.sandbox.api_shipstation import ShipStationApi
from tracking.sandbox.api_shopify import ShopifyApi
from tracking.sandbox.api_slack import SlackApi
from tracking.sandbox.api_ups import UpsApi
from tracking.sandbox.api_usps import UspsApi
from tracking.sandbox.api_zendesk import ZendeskApi
from tracking.sandbox.arrivals import Arrivals
from tracking.sandbox.casting import Part, history_parts, live_part
from tracking.sandbox.fedex import Shipment
from tracking.sandbox.orders import PlayedOrder, local_date, play
from tracking.sandbox.pushes import pushes
from tracking.sandbox.receiver import Receiver
from tracking.sandbox.shop_events import ShopEvents
from tracking.sandbox.story import stories
from tracking.sandbox.timing import workday
from tracking.sandbox.wire import Answer, Calls, Delivery, Push, Quotas, Request, answer

DAYS = 45
ORDERS = 300
_QUICK = 90  # live orders placed every two minutes; later ones every half hour
_QUICK_GAP, _SLOW_GAP = timedelta(minutes=2), timedelta(minutes=30)

Silence = tuple[str, datetime, datetime]  # source slug, from, until


class World:
    """Orders, parcels and vendors between `start` and whenever. All datetimes aware UTC; safe for several threads.
    `origin` = where the vendors answer, for webhooks that name an address."""

    def __init__(
        self,
        seed: int,
        start: datetime,
        *,
        days: int = DAYS,
        orders: int = ORDERS,
        quotas: Quotas | None = None,
        origin: str = ORIGIN,
    ) -> None:
        self.seed, self.start, self.origin = seed, start, origin
        self.live_from = start + timedelta(days=days)
        self._begin(quotas, lives=True)
        parts, silences = history_parts(seed, start, self.live_from, orders)
        self._add(_cast(seed, parts))
        self.silences += silences

    @classmethod
    def single(
        cls,
        name: str,
        start: datetime,
        *,
        seed: int = 1,
        copies: int = 1,
        beside: Iterable[str] = (),
        quotas: Quotas | None = None,
        origin: str = ORIGIN,
    ) -> "World":
        """Return a world with one story, ordered on the first working day on which its order falls after `start`;
        further copies come a minute apart, and the stories `beside` it begin on the same day. Raises KeyError for an
        unknown story."""
        world = cls.__new__(cls)
        world.seed, world.start, world.live_from = seed, start, start + timedelta(days=365)
        world.origin = origin
        world._begin(quotas, lives=False)
        story = stories()[name]
        shop = SHOPS[story.shop_key or "northlight"]
        first = Part(story, shop, workday(local_date(start, WAREHOUSES[shop.warehouse].zone), -1), timedelta(0))
        while first.moment() < start:
            first = replace(first, day=workday(first.day, 1))
        parts = [replace(first, shift=timedelta(minutes=copy)) for copy in range(copies)]
        world._add(_cast(seed, parts + [replace(first, story=stories()[other]) for other in beside]))
        return world

    def part(self, since: datetime, until: datetime) -> "World":
        """Return a world with only the orders placed from `since` to before `until`, and no live ones."""
        world = World.__new__(World)
        world.seed, world.start, world.live_from = self.seed, self.start, self.live_from
        world.origin = self.origin
        world._begin(None, lives=False)
        world._add(order for order in self._orders if since <= order.placed_at < until)
        world.silences = list(self.silences)
        return world

    def _begin(self, quotas: Quotas | None, *, lives: bool) -> None:
        quotas = quotas or Quotas()
        self.calls = Calls()
        self.arrivals = Arrivals()
        self.slack = SlackApi(self.arrivals, self.calls)
        self.help_desk = HelpDeskApi(self.arrivals, self.calls)
        self.zendesk = ZendeskApi(self.arrivals, self.calls)
        self.silences: list[Silence] = []
        self._orders: list[PlayedOrder] = []
        self._by_number: dict[str, list[Shipment]] = {}
        self._pushes: list[Push] = []
        self._lives, self._live_count = lives, 0
        self._lock = RLock()
        self._vendors: dict[str, Callable[[Request, str, datetime], Answer]] = {
            "/fedex": FedExApi(self.seed, quotas, self._carried_by("fedex"), self.calls).respond,
            "/usps": UspsApi(self.seed, quotas, self._carried_by("usps"), self.calls).respond,
            "/ups": UpsApi(self.seed, quotas, self._carried_by("ups"), self.calls).respond,
            "/easypost": EasyPostApi(quotas, self._placed, self.calls).respond,
            "/shipstation": ShipStationApi(quotas, self._placed, self.calls).respond,
            "/slack": self.slack.respond,
            "/help-desk": self.help_desk.respond,
            "/zendesk": self.zendesk.respond,
            "/shopify": ShopifyApi(
                self.seed, quotas, self._orders_of, self.calls, ShopEvents(self.arrivals, self._post)
            ).respond,
            "/hubspot": HubSpotApi(self._placed, self.arrivals, self.calls).respond,
            "/receiver": Receiver(self.arrivals, self.calls).respond,
        }

    @property
    def orders(self) -> tuple[PlayedOrder, ...]:
        """The cast so far; for tests and the start page, never served to the product."""
        return tuple(self._orders)

    def deliveries(self, after: datetime, until: datetime) -> list[Delivery]:
        """Return the webhooks posted after `after` and not later than `until`, in time order."""
        with self._lock:
            self._live_until(until)
            first = bisect_right(self._pushes, after, key=lambda push: push.at)
            last = bisect_right(self._pushes, until, key=lambda push: push.at)
            due = self._pushes[first:last]
        return [push.delivery() for push in due if not self.is_silent(push.source_slug, push.at)]

    def respond(self, request: Request, now: datetime) -> Answer:
        """Answer a call to a vendor as that vendor would at `now`."""
        path = request.path.partition("?")[0]
        slug = next((slug for slug, one in SOURCES.items() if one.path and path.startswith(one.path + "/")), "")
        if self.is_silent(slug, now):
            return answer(503, {"errors": [{"code": "SERVICE.UNAVAILABLE.ERROR", "message": "Try again later."}]})
        with self._lock:
            self._live_until(now)
            for prefix, respond in self._vendors.items():
                if path.startswith(prefix + "/"):
                    return respond(request, path.removeprefix(prefix), now)
        return answer(404, {"errors": "Not Found"})

    def is_silent(self, slug: str, now: datetime) -> bool:
        """Whether a source neither pushes nor answers at this moment."""
        return any(slug == silent and since <= now < until for silent, since, until in self.silences)

    def _carried_by(self, carrier: str) -> Callable[[str, datetime], list[Shipment]]:
        """Return a look-up of every parcel of a carrier that carries a number, of orders placed by then."""

        def find(number: str, now: datetime) -> list[Shipment]:
            named = self._by_number.get(number, [])
            return [(o, key) for o, key in named if o.plan(key).carrier == carrier and o.placed_at <= now]

        return find

    def _placed(self, now: datetime) -> list[PlayedOrder]:
        return [order for order in self._orders if order.placed_at <= now]

    def _orders_of(self, shop_key: str, now: datetime) -> list[PlayedOrder]:
        return [order for order in self._placed(now) if order.shop.key == shop_key]

    def _add(self, orders: Iterable[PlayedOrder]) -> None:
        for order in orders:
            self._orders.append(order)
            self._pushes.extend(pushes(order, self.origin))
            self.silences.extend(order.outages() if not self._lives else ())
            for key, number in order.vendor_numbers.items():
                self._by_number.setdefault(number, []).append((order, key))
        self._pushes.sort(key=lambda push: (push.at, push.source_slug))

    def _post(self, push: Push) -> None:
        """Put a webhook that a call has caused among those to come."""
        insort(self._pushes, push, key=lambda each: (each.at, each.source_slug))

    def _live_until(self, moment: datetime) -> None:
        while self._lives and (placed_at := self.live_from + _live_gap(self._live_count)) <= moment:
            part = live_part(self.seed, self._live_count, placed_at)
            self._add(_cast(self.seed, [part], after=self._orders, placed_at=placed_at))
            self._live_count += 1


def _live_gap(index: int) -> timedelta:
    quick, slow = min(index, _QUICK), max(0, index - _QUICK)
    return _QUICK_GAP * (quick + 1) + _SLOW_GAP * slow


def _cast(
    seed: int, parts: Iterable[Part], *, after: Iterable[PlayedOrder] = (), placed_at: datetime | None = None
) -> list[PlayedOrder]:
    """Give each part people, goods and numbers; order numbers rise with time in each store."""
    taken = Counter(order.shop.key for order in after)
    cast: list[PlayedOrder] = []
    for serial, part in enumerate(sorted(parts, key=Part.moment), start=taken.total() + 1):
        number = part.shop.first_number + taken[part.shop.key]
        taken[part.shop.key] += 1
        shift, day = part.shift, part.day
        cast.append(
            play(
                part.story, seed=seed, serial=serial, number=number, shop=part.shop, day=day, shift=shift,
                placed_at=placed_at,
            )
        )  # fmt: skip
    return cast
