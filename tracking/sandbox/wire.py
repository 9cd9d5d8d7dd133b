"""What goes over the wire, and the counters every pretend vendor keeps."""

import hmac
import json
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """A call to a pretend vendor; `path` begins with the vendor's own ("/fedex/track/v1/trackingnumbers") and ends with
    the query, if there is one."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header by its name in any case, "" when absent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def query(self) -> dict[str, str]:
        """The query's parameters; of those given twice the last."""
        return dict(parse_qsl(self.path.partition("?")[2]))

    def fields(self) -> dict[str, Any]:
        """The body as a form or a JSON object; empty when it is neither."""
        if "json" not in self.header("content-type"):
            return dict(parse_qsl(self.body.decode("utf-8", "replace")))
        found = self.json()
        return found if isinstance(found, dict) else {}

    def json(self) -> Any:
        """The body as JSON, None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the pretend vendor answers."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(status: int, content: Any, **headers: str) -> Answer:
    """A JSON answer; keyword names become header names ("retry_after" -> "Retry-After")."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return Answer(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as the vendor posts it to ShipTrack at the moment `at`; `path` on ShipTrack's side."""

    at: datetime
    source_slug: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Push:
    """A webhook to come; `build` makes headers and bytes, the same each time. `query` as typed into the vendor's form
    behind the address ("?secret=...")."""

    at: datetime
    source_slug: str
    build: Callable[[], tuple[dict[str, str], bytes]]
    query: str = ""

    def delivery(self) -> Delivery:
        """The webhook as it is posted."""
        headers, body = self.build()
        return Delivery(self.at, self.source_slug, hook_path(self.source_slug) + self.query, headers, body)


def hook_path(source_slug: str) -> str:
    """Where ShipTrack takes the webhooks of a source."""
    return f"/hooks/{source_slug}/"


@dataclass(frozen=True, slots=True)
class Quotas:
    """The vendors' documented allowances (UPS and EasyPost publish none); tests make them small."""

    fedex_per_10_seconds: int = 1400
    fedex_per_day: int = 500_000
    usps_per_hour: int = 60
    ups_per_minute: int = 600
    easypost_per_minute: int = 300
    shipstation_per_minute: int = 40
    shopify_points: float = 2000.0
    shopify_points_per_second: float = 100.0


class Window:
    """Counts calls in a sliding window; the vendor's memory of one client."""

    def __init__(self, limit: int, span: timedelta) -> None:
        self.limit, self.span = limit, span
        self._calls: deque[datetime] = deque()

    def take(self, now: datetime) -> timedelta | None:
        """Count a call; None when it is allowed, else how long until the next one is."""
        while self._calls and self._calls[0] <= now - self.span:
            self._calls.popleft()
        if len(self._calls) >= self.limit:
            return self._calls[0] + self.span - now
        self._calls.append(now)
        return None

    @property
    def used(self) -> int:
        """Calls counted in the window at the last `take`."""
        return len(self._calls)


class Tokens:
    """Access tokens one vendor has given out."""

    def __init__(self, seed: int, life: timedelta) -> None:
        self.life = life
        self._key = str(seed).encode()
        self._expiry: dict[str, datetime] = {}

    def mint(self, client: str, now: datetime) -> str:
        """Give out a token to a client; the same client and moment get the same one."""
        token = hmac.new(self._key, f"{client}/{now.isoformat()}".encode(), sha256).hexdigest()
        self._expiry[token] = now + self.life
        return token

    def is_good(self, token: str, now: datetime) -> bool:
        """Whether this token was given out and is not past its life."""
        return self._expiry.get(token, now) > now


class Calls(Counter[str]):
    """How often each endpoint was called, by "fedex track" and the like."""
