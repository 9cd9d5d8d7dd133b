"""Posts the world's webhooks to ShipTrack in real time and tries again the way each vendor does."""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from threading import Event
from urllib.parse import urlsplit

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Delivery

_TIMEOUT = 5.0
# Seconds until each further attempt. Shopify: eight within four hours; FedEx: three, five minutes apart. EasyPost is
# said to try six times with growing gaps. USPS, UPS and ShipStation publish no schedule; three attempts are our
# assumption. A system of one's own tries as the documented client does.
RETRIES = {
    "shopify": (60, 180, 420, 900, 1800, 2700, 3600, 4740),
    "fedex": (300, 300, 300),
    "usps": (60, 300, 900),
    "ups": (60, 300, 900),
    "shipstation": (60, 300, 900),
    "easypost": (30, 120, 600, 1800, 3600, 7200),
    "generic": (1, 2, 4, 8, 16),
}
LONGEST_MEMORY = timedelta(hours=4)

Post = Callable[[Delivery], int]


@dataclass(order=True)
class _Attempt:
    due: datetime
    serial: int
    tries: int = field(compare=False)
    delivery: Delivery = field(compare=False)


class Pusher:
    """Keeps what is due and what failed. `post` returns the HTTP status, 0 when nobody answered."""

    def __init__(self, world: World, post: Post, since: datetime) -> None:
        self.world, self._post, self.until = world, post, since
        self.outcomes: Counter[str] = Counter()
        self._waiting: list[_Attempt] = []
        self._serial = 0

    def step(self, now: datetime) -> int:
        """Post all that is due at `now`; return how many posts were made."""
        for delivery in self.world.deliveries(self.until, now):
            self._wait(delivery.at, 0, delivery)
        self.until = max(self.until, now)
        posts = 0
        while self._waiting and self._waiting[0].due <= now:
            self._attempt(heapq.heappop(self._waiting), now)
            posts += 1
        return posts

    def run(self, now: Callable[[], datetime], stop: Event, mark: Callable[[datetime], None]) -> None:
        """Step once a second until `stop`; `mark` is told up to when everything was posted at least once."""
        while not stop.wait(1.0):
            if self.step(now()):
                mark(self.until)

    @property
    def waiting(self) -> int:
        """Webhooks that failed and will be tried again."""
        return len(self._waiting)

    def _wait(self, due: datetime, tries: int, delivery: Delivery) -> None:
        self._serial += 1
        heapq.heappush(self._waiting, _Attempt(due, self._serial, tries, delivery))

    def _attempt(self, attempt: _Attempt, now: datetime) -> None:
        kind = SOURCES[attempt.delivery.source_slug].kind
        if _is_success(kind, self._post(attempt.delivery)):
            self.outcomes["delivered"] += 1
            return
        pauses = RETRIES[kind]
        if attempt.tries >= len(pauses):
            self.outcomes["given up"] += 1
            return
        self.outcomes["failed attempts"] += 1
        self._wait(now + timedelta(seconds=pauses[attempt.tries]), attempt.tries + 1, attempt.delivery)


def _is_success(kind: str, status: int) -> bool:
    """Shopify takes any 2xx, FedEx 200 and 202 only; USPS does not say, 2xx is assumed."""
    return status in {200, 202} if kind == "fedex" else 200 <= status < 300


def poster(target: str) -> Post:
    """Return a function that posts to ShipTrack at `target` ("http://127.0.0.1:8000")."""
    parts = urlsplit(target)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80

    def post(delivery: Delivery) -> int:
        connection = HTTPConnection(host, port, timeout=_TIMEOUT)
        try:
            connection.request("POST", delivery.path, delivery.body, dict(delivery.headers))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    return post
