"""The pretend FedEx endpoints: OAuth token and tracking by number. Limits as on FedEx's quota page."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.fedex import Shipment, result
from tracking.sandbox.wire import Answer, Calls, Quotas, Request, Tokens, Window, answer

_PER_CALL = 30
_DAY = timedelta(days=1)


def _error(status: int, code: str, message: str) -> Answer:
    return answer(status, {"transactionId": "sandbox", "errors": [{"code": code, "message": message}]})


class FedExApi:
    """Answers below /fedex. `find` gives every parcel that carries a number."""

    def __init__(
        self, seed: int, quotas: Quotas, find: Callable[[str, datetime], list[Shipment]], calls: Calls
    ) -> None:
        self._tokens = Tokens(seed, timedelta(hours=1))
        self._burst = Window(quotas.fedex_per_10_seconds, timedelta(seconds=10))
        self._per_day, self._day, self._today = quotas.fedex_per_day, "", 0
        self._find, self._calls = find, calls

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /fedex."""
        if request.method != "POST":
            return _error(405, "METHOD.NOT.ALLOWED.ERROR", "Method not allowed.")
        if path == "/oauth/token":
            return self._token(request, now)
        if path == "/track/v1/trackingnumbers":
            return self._refuse(request, now) or self._track(request.json(), now)
        return _error(404, "NOT.FOUND.ERROR", "The resource you requested is no longer available.")

    def _token(self, request: Request, now: datetime) -> Answer:
        self._calls["fedex token"] += 1
        fields, settings = request.fields(), SOURCES["fedex-main"].settings
        given = (fields.get("grant_type"), fields.get("client_id"), fields.get("client_secret"))
        if given != ("client_credentials", settings["client_id"], settings["client_secret"]):
            return _error(401, "NOT.AUTHORIZED.ERROR", "The given client credentials were not valid.")
        token = self._tokens.mint(settings["client_id"], now)
        return answer(200, {"access_token": token, "token_type": "bearer", "expires_in": 3599, "scope": "CXS"})

    def _refuse(self, request: Request, now: datetime) -> Answer | None:
        self._calls["fedex track"] += 1
        if not self._tokens.is_good(request.header("authorization").removeprefix("Bearer "), now):
            return _error(401, "NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request.")
        if not self._within_day(now):
            return _error(429, "TOO.MANY.REQUESTS", "Daily transaction quota exceeded.")
        if self._burst.take(now) is not None:
            return _error(429, "TOO.MANY.REQUESTS", "Too many requests in the last ten seconds.")
        return None

    def _within_day(self, now: datetime) -> bool:
        day = f"{now:%Y-%m-%d}"
        self._today = self._today + 1 if day == self._day else 1
        self._day = day
        return self._today <= self._per_day

    def _track(self, asked: Any, now: datetime) -> Answer:
        numbers = _numbers(asked)
        if not numbers:
            return _error(400, "TRACKING.TRACKINGNUMBER.EMPTY", "Please provide tracking number.")
        if len(numbers) > _PER_CALL:
            return _error(400, "TRACKING.TRACKINGNUMBER.MAXLIMIT", "At most 30 tracking numbers in one request.")
        results = [result(number, self._find(number, now), now) for number in numbers]
        return answer(200, {"transactionId": "sandbox", "output": {"completeTrackResults": results}})


def _numbers(asked: Any) -> list[str]:
    if not isinstance(asked, dict) or not isinstance(asked.get("trackingInfo"), list):
        return []
    infos = [entry.get("trackingNumberInfo", {}) for entry in asked["trackingInfo"] if isinstance(entry, dict)]
    return [str(info["trackingNumber"]) for info in infos if info.get("trackingNumber")]
