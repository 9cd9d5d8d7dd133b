"""The pretend UPS endpoints: OAuth token and Track v1, one number a call. UPS publishes no rate limit."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.fedex import Shipment, scans_known
from tracking.sandbox.ups import UNKNOWN, track_response, warning
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Tokens, Window, answer

_LIFE = timedelta(seconds=14_399)
_DETAILS = "/api/track/v1/details/"
_SHORTEST, _LONGEST = 7, 34


def _error(status: int, code: str, message: str, **headers: str) -> Answer:
    return answer(status, {"response": {"errors": [{"code": code, "message": message}]}}, **headers)


class UpsApi:
    """Answers below /ups. `find` gives every parcel that carries a number."""

    def __init__(
        self, seed: int, quotas: Quotas, find: Callable[[str, datetime], list[Shipment]], calls: Calls
    ) -> None:
        self._tokens = Tokens(seed, _LIFE)
        self._minute = Window(quotas.ups_per_minute, timedelta(minutes=1))
        self._find, self._calls = find, calls

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /ups."""
        if path == "/security/v1/oauth/token" and request.method == "POST":
            return self._token(request, now)
        if path.startswith(_DETAILS) and request.method == "GET":
            return self._refuse(request, now) or self._details(path.removeprefix(_DETAILS), now)
        return _error(404, "10404", "The requested resource does not exist.")

    def _token(self, request: Request, now: datetime) -> Answer:
        self._calls["ups token"] += 1
        settings = SOURCES["ups-main"].settings
        expected = base64.b64encode(f"{settings['client_id']}:{settings['client_secret']}".encode()).decode()
        if request.header("authorization") != f"Basic {expected}":
            return _error(401, "10401", "ClientId is Invalid")
        if request.fields().get("grant_type") != "client_credentials":
            return _error(400, "10400", "Invalid/Missing Authorization Header")
        return answer(200, self._minted(settings["client_id"], now))

    def _minted(self, client: str, now: datetime) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "issued_at": f"{now.timestamp() * 1000:.0f}",
            "client_id": client,
            "access_token": self._tokens.mint(client, now),
            "scope": "public",
            "expires_in": f"{_LIFE.total_seconds():.0f}",
            "refresh_count": "0",
            "status": "approved",
        }

    def _refuse(self, request: Request, now: datetime) -> Answer | None:
        self._calls["ups track"] += 1
        if not self._tokens.is_good(request.header("authorization").removeprefix("Bearer "), now):
            return _error(401, "250002", "Invalid Authentication Information.")
        if not request.header("transid") or not request.header("transactionsrc"):
            return _error(400, "TV1001", "The headers transId and transactionSrc are required.")
        if self._minute.take(now) is not None:
            return _error(429, "10429", "Too Many Requests")
        return None

    def _details(self, number: str, now: datetime) -> Answer:
        if not _SHORTEST <= len(number) <= _LONGEST:
            return _error(400, "TV1002", "Invalid inquiry number")
        for order, key in reversed(self._find(number, now)):
            if scans := scans_known(order, key, now):
                return answer(200, track_response(order, key, scans, now))
        # Both forms of "unknown" are seen; which one comes hangs on the number, so that it is always the same.
        if sum(map(ord, number)) % 3 == 0:
            return answer(200, warning(number))
        return answer(404, {"response": {"errors": [UNKNOWN]}})
