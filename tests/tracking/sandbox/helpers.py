"""Small helpers to talk to a pretend world."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.orders import PlayedOrder
from tracking.sandbox.wire import Answer, Request

MONDAY = datetime(2026, 9, 14, 4, tzinfo=UTC)  # midnight in New York
ALL_OF_IT = timedelta(days=60)
_JSON = {"Content-Type": "application/json"}


def only(world: World) -> PlayedOrder:
    """The single order of a world."""
    (order,) = world.orders
    return order


def token(world: World, slug: str, now: datetime, **changes: str) -> str:
    """Ask a vendor for a token with the account's own credentials."""
    paths = {
        "shopify": "/admin/oauth/access_token",
        "fedex": "/oauth/token",
        "usps": "/oauth2/v3/token",
        "ups": "/security/v1/oauth/token",
    }
    source = SOURCES[slug]
    asked = {key: source.settings[key] for key in ("client_id", "client_secret")} | changes
    body = json.dumps({"grant_type": "client_credentials", **asked}).encode()
    headers = {**_JSON, "Authorization": basic(asked["client_id"], asked["client_secret"])}
    answer = world.respond(Request("POST", source.path + paths[source.kind], headers, body), now)
    return str(json.loads(answer.body).get("access_token", ""))


def basic(user: str, password: str = "") -> str:
    """The value of an Authorization header of HTTP Basic."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def get(world: World, path: str, now: datetime, **headers: str) -> Answer:
    """Ask any vendor; keyword names become header names."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return world.respond(Request("GET", path, named), now)


def track_fedex(world: World, numbers: list[str], now: datetime, bearer: str) -> Answer:
    """Ask the pretend FedEx about numbers."""
    infos = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers]
    body = json.dumps({"includeDetailedScans": True, "trackingInfo": infos}).encode()
    headers = {"Authorization": f"Bearer {bearer}", **_JSON}
    return world.respond(Request("POST", "/fedex/track/v1/trackingnumbers", headers, body), now)


def track_usps(world: World, numbers: list[str], now: datetime, bearer: str) -> Answer:
    """Ask the pretend USPS about numbers."""
    body = json.dumps([{"trackingNumber": number} for number in numbers]).encode()
    headers = {"Authorization": f"Bearer {bearer}", **_JSON}
    return world.respond(Request("POST", "/usps/tracking/v3r2/tracking", headers, body), now)


def graphql(world: World, slug: str, query: str, now: datetime, access: str, **variables: Any) -> Answer:
    """Ask a pretend store."""
    path = f"{SOURCES[slug].path}/admin/api/2026-10/graphql.json"
    body = json.dumps({"query": query, "variables": variables}).encode()
    return world.respond(Request("POST", path, {"X-Shopify-Access-Token": access, **_JSON}, body), now)


def fedex_results(answer: Answer) -> list[dict[str, Any]]:
    """The tracked parcels of an answer about one number."""
    (complete,) = json.loads(answer.body)["output"]["completeTrackResults"]
    return list(complete["trackResults"])
