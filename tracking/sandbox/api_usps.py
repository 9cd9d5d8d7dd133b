"""The pretend USPS endpoints: OAuth token and tracking v3r2. Default product: 60 calls an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.fedex import Shipment
from tracking.sandbox.usps import detail, not_found
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Tokens, Window, answer

_PER_CALL = 35
_LIFE = timedelta(hours=8)
_SCOPES = "tracking subscriptions-tracking"


def _error(status: int, message: str, **headers: str) -> Answer:
    problem = {"status": str(status), "code": "", "title": message, "detail": message}
    body = {"apiVersion": "v3.2", "error": {"code": str(status), "message": message, "errors": [problem]}}
    return answer(status, body, **headers)


class UspsApi:
    """Answers below /usps. `find` gives every parcel that carries a number. The client id with "-noscope" at its end
    gets a token that opens nothing: USPS does so to accounts without the tracking product."""

    def __init__(
        self, seed: int, quotas: Quotas, find: Callable[[str, datetime], list[Shipment]], calls: Calls
    ) -> None:
        self._tokens = Tokens(seed, _LIFE)
        self._hour = Window(quotas.usps_per_hour, timedelta(hours=1))
        self._find, self._calls = find, calls

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /usps."""
        if request.method != "POST":
            return _error(405, "Method not allowed")
        if path == "/oauth2/v3/token":
            return self._token(request, now)
        if path == "/tracking/v3r2/tracking":
            return self._refuse(request, now) or self._track(request.json(), now)
        return _error(404, "Not found")

    def _token(self, request: Request, now: datetime) -> Answer:
        self._calls["usps token"] += 1
        fields, settings = request.fields(), SOURCES["usps-main"].settings
        client = str(fields.get("client_id", ""))
        known = client.removesuffix("-noscope") == settings["client_id"]
        if not known or fields.get("client_secret") != settings["client_secret"]:
            return answer(
                401, {"error": "invalid_client", "error_description": "The client credentials are not valid."}
            )
        scope = "" if client.endswith("-noscope") else _SCOPES
        token = self._tokens.mint(client, now) if scope else f"noscope-{now:%H%M%S}"
        life = int(_LIFE.total_seconds()) - 1
        issued = {"issued_at": int(now.timestamp() * 1000), "status": "approved", "scope": scope}
        return answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": life, **issued})

    def _refuse(self, request: Request, now: datetime) -> Answer | None:
        self._calls["usps track"] += 1
        if not self._tokens.is_good(request.header("authorization").removeprefix("Bearer "), now):
            return _error(401, "Invalid or missing access token")
        wait = self._hour.take(now)
        if wait is not None:
            return _error(429, "Too many requests", retry_after=str(max(1, ceil(wait.total_seconds()))))
        return None

    def _track(self, asked: Any, now: datetime) -> Answer:
        if not isinstance(asked, list) or not 0 < len(asked) <= _PER_CALL or not all(map(_is_ask, asked)):
            return _error(400, "OASValidation: the body must be a list of 1 to 35 objects with trackingNumber")
        found = [self._detail(entry["trackingNumber"], now) for entry in asked]
        if len(found) == 1 and "error" in found[0]:
            return answer(404, found[0])
        return answer(207 if any("error" in entry for entry in found) else 200, found)

    def _detail(self, number: str, now: datetime) -> dict[str, Any]:
        parcels = self._find(number, now)
        return detail(*parcels[0], now) if parcels else not_found(number)


def _is_ask(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("trackingNumber"), str)
