"""The pretend vendors as a transport: calls go to a world in this process instead of the network."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from tracking.connectors.contract import Account, Connector, RawMessage, Reading, Token
from tracking.connectors.http import HttpClient, HttpRequest, HttpResponse
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.wire import Delivery, Request

START = datetime(2026, 10, 1, tzinfo=UTC)


@lru_cache
def world() -> World:
    """Return a world of 45 days and 120 orders, the same for all tests of a run."""
    return World(seed=1, start=START, orders=120)


class PretendVendors:
    """Answers every call as the pretend vendor would at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def send(self, request: HttpRequest) -> HttpResponse:
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        found = world().respond(Request(request.method, path, dict(request.headers), request.body), self._now)
        headers = {name.lower(): value for name, value in found.headers.items()}
        return HttpResponse(found.status, headers, found.body)


def account(slug: str, token: Token | None = None, changed: Mapping[str, str] | None = None) -> Account:
    """Return the account of a pretend source at the end of the world's history, some settings changed."""
    now = world().live_from
    base = SOURCES[slug].settings_at("https://pretend.example")
    return Account({**base, **(changed or {})}, HttpClient(PretendVendors(now)), now, token)


def deliveries(kind: str) -> list[Delivery]:
    """Return every webhook that sources of a kind posted in the history."""
    posted = world().deliveries(START, world().live_from)
    return [delivery for delivery in posted if SOURCES[delivery.source_slug].kind == kind]


def received(connector: Connector, delivery: Delivery) -> Reading:
    """Return what a connector reads in a delivery whose signature it accepts."""
    message = RawMessage(delivery.body, {name.lower(): value for name, value in delivery.headers.items()})
    verification = connector.verify(message, SOURCES[delivery.source_slug].settings, delivery.path)
    assert verification.ok, verification.why_not
    return connector.read(RawMessage(message.body, message.headers, verification.topic))
