"""Vendors as short scripts: they answer over a transport in this process and remember what they were asked."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.tracking.ingest.making import scan
from tracking.connectors.http import CallFailed, HttpRequest, HttpResponse

LATE = "2026-11-17T20:00:00-05:00"
Answer = Callable[[HttpRequest], HttpResponse]


def response(status: int, content: Any = None, **headers: str) -> HttpResponse:
    """An answer; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, json.dumps(content).encode())


def unreachable(request: HttpRequest) -> HttpResponse:
    """Nobody answers."""
    raise CallFailed("temporary", "The vendor did not answer in time.")


class Vendor:
    """Gives out tokens, and answers questions by `answer`, which may be exchanged at any time."""

    def __init__(self, answer: Answer, scope: str | None = None) -> None:
        self.answer, self.scope = answer, scope
        self.asked: list[HttpRequest] = []
        self.tokens = 0

    def send(self, request: HttpRequest) -> HttpResponse:
        """Answer one call."""
        if "token" in request.url:
            self.tokens += 1
            told = {"access_token": f"planted-token-{self.tokens}", "expires_in": 3600}
            return response(200, told if self.scope is None else {**told, "scope": self.scope})
        self.asked.append(request)
        return self.answer(request)


def fedex_numbers(request: HttpRequest) -> list[str]:
    """The numbers a FedEx question names."""
    return [each["trackingNumberInfo"]["trackingNumber"] for each in json.loads(request.body)["trackingInfo"]]


def fedex_answer(request: HttpRequest, left_out: Sequence[str] = ()) -> HttpResponse:
    """One scan for each number, except those left out."""
    entries = [
        {
            "trackingNumber": number,
            "trackResults": [{"trackingNumberInfo": {"trackingNumber": number}, "scanEvents": [scan(LATE)]}],
        }
        for number in fedex_numbers(request)
        if number not in left_out
    ]
    return response(200, {"transactionId": "changes each time", "output": {"completeTrackResults": entries}})


def usps_answer(request: HttpRequest) -> HttpResponse:
    """No scan yet for any number."""
    return response(
        200, [{"trackingNumber": each["trackingNumber"], "trackingEvents": []} for each in json.loads(request.body)]
    )


def shop_answer(orders: Sequence[dict[str, Any]] = (), after: str = "", more: bool = False) -> HttpResponse:
    """A page of a shop's orders, and what is left of its allowance."""
    throttle = {"maximumAvailable": 2000.0, "currentlyAvailable": 1500.0, "restoreRate": 100.0}
    page = {"nodes": list(orders), "pageInfo": {"hasNextPage": more, "endCursor": after}}
    return response(200, {"data": {"orders": page}, "extensions": {"cost": {"throttleStatus": throttle}}})
