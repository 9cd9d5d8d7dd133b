"""Calls to UPS over a transport that answers by number: four calls run side by side."""

import base64
import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracking.connectors.contract import Account, ParcelAsk, PollAnswer, RawMessage, Token
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.ups import UPS

DELIVERED = json.loads((Path(__file__).parents[2] / "samples" / "ups" / "track_delivered.json").read_bytes())
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = {"client_id": "key", "client_secret": "hush"}
NUMBERS = [f"1Z12345E029198079{end}" for end in "3456"]
NOT_FOUND = {"response": {"errors": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}}
INVALID = {"response": {"errors": [{"code": "TV1002", "message": "Invalid inquiry number"}]}}

Prepared = tuple[int, object] | tuple[int, object, dict[str, str]]


class Vendor:
    """Answers each number as prepared, the token call under "token"; keeps what was sent."""

    def __init__(self, answers: dict[str, Prepared]) -> None:
        self.answers = answers
        self.sent: list[HttpRequest] = []
        self._lock = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self.sent.append(request)
        key = request.url.rsplit("/", 1)[1].split("?")[0]
        status, body, *rest = self.answers[key]
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return HttpResponse(status, rest[0] if rest else {}, raw)


def account(vendor: Vendor, settings: dict[str, str] = KEYS) -> Account:
    return Account(settings, HttpClient(vendor), NOW, Token("tok", NOW + timedelta(hours=1)))


def fetch(answers: dict[str, Prepared], numbers: Sequence[str] | None = None) -> PollAnswer:
    asks = [ParcelAsk(number) for number in (numbers or list(answers))]
    return UPS.fetch(account(Vendor(answers)), asks, "")


def test_token() -> None:
    vendor = Vendor({"token": (200, {"access_token": "abc", "expires_in": "14399", "status": "approved"})})
    token = UPS.get_token(account(vendor, {**KEYS, "account_number": "AB1234"}))
    assert token is not None
    assert token.value == "abc"
    assert NOW + timedelta(hours=3, minutes=58) < token.expires_at < NOW + timedelta(hours=4)
    (request,) = vendor.sent
    assert request.url == "https://onlinetools.ups.com/security/v1/oauth/token"
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"key:hush").decode()
    assert request.headers["x-merchant-id"] == "AB1234"
    assert request.body == b"grant_type=client_credentials"


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {}, "auth"),
        (401, {}, "auth"),
        (403, {}, "scope"),
        (429, {}, "quota"),
        (503, {}, "temporary"),
        (200, {}, "temporary"),
        (200, [], "temporary"),
        (200, b"<html>", "temporary"),
    ],
)
def test_failures_of_the_token_call(status: int, answer: object, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        UPS.get_token(account(Vendor({"token": (status, answer)})))
    assert failure.value.kind == kind
    assert "hush" not in str(failure.value)


def test_nothing_is_called_without_credentials() -> None:
    vendor = Vendor({})
    with pytest.raises(CallFailed, match="not set"):
        UPS.get_token(account(vendor, {}))
    with pytest.raises(CallFailed, match="no UPS token"):
        UPS.fetch(Account(KEYS, HttpClient(vendor), NOW), [ParcelAsk(NUMBERS[0])], "")
    assert not vendor.sent


def test_one_call_for_each_number() -> None:
    vendor = Vendor(dict.fromkeys(NUMBERS, (200, DELIVERED)))
    found = UPS.fetch(account(vendor), [ParcelAsk(number) for number in NUMBERS], "")
    assert [part.about for part in found.parts] == NUMBERS
    assert len(vendor.sent) == 4
    assert len({request.headers["transId"] for request in vendor.sent}) == 4
    assert {request.headers["transactionSrc"] for request in vendor.sent} == {"ShipTrack"}
    assert {request.headers["Authorization"] for request in vendor.sent} == {"Bearer tok"}
    assert vendor.sent[0].url.startswith("https://onlinetools.ups.com/api/track/v1/details/1Z")
    reading = UPS.read(RawMessage(found.parts[0].body, transport="poll"))
    assert len(reading.events) == 6


def test_calls_run_side_by_side_and_never_more_than_four() -> None:
    barrier = threading.Barrier(4, timeout=5)

    class Slow(Vendor):
        def send(self, request: HttpRequest) -> HttpResponse:
            barrier.wait()  # passes only when four calls are under way at once
            return super().send(request)

    vendor = Slow(dict.fromkeys(NUMBERS, (200, DELIVERED)))
    assert len(UPS.fetch(account(vendor), [ParcelAsk(number) for number in NUMBERS], "").parts) == 4
    with pytest.raises(ValueError, match="at most 4"):
        fetch(dict.fromkeys([*NUMBERS, "1Z12345E0291980797"], (200, DELIVERED)))
    assert UPS.poll.per_call == 4


def test_not_found_is_an_answer() -> None:
    found = fetch({NUMBERS[0]: (404, NOT_FOUND)})
    assert not found.errors
    (seen,) = UPS.read(RawMessage(found.parts[0].body, transport="poll")).observations
    assert (seen.tracking_number, seen.not_found) == (NUMBERS[0], True)


def test_one_bad_number_does_not_hide_the_others() -> None:
    found = fetch({
        NUMBERS[0]: (200, DELIVERED), NUMBERS[1]: (400, INVALID), NUMBERS[2]: (500, {}), NUMBERS[3]: (200, b"<html>"),
    })  # fmt: skip
    assert [part.about for part in found.parts] == [NUMBERS[0]]
    assert {error.where for error in found.errors} == set(NUMBERS[1:])
    assert any("TV1002" in error.message for error in found.errors)


def test_used_up_allowance_comes_back_with_what_was_answered() -> None:
    found = fetch({NUMBERS[0]: (200, DELIVERED), NUMBERS[1]: (429, {}, {"retry-after": "90"})})
    assert [part.about for part in found.parts] == [NUMBERS[0]]
    assert (found.quota.remaining, found.quota.resets_at) == (0, NOW + timedelta(seconds=90))
    unsaid = fetch({NUMBERS[0]: (200, DELIVERED), NUMBERS[1]: (429, {})})
    assert unsaid.quota.resets_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(200, DELIVERED), (401, {})], "auth"),
        ([(200, DELIVERED), (403, {})], "scope"),
        ([(429, {}), (500, {})], "quota"),
        ([(500, {}), (404, b"<html>")], "temporary"),
        ([(404, {"message": "no such resource"})], "permanent"),
        ([(200, {})], "temporary"),
    ],
)
def test_failures_that_hold_for_all(answers: list[Prepared], kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        fetch(dict(zip(NUMBERS, answers, strict=False)))
    assert failure.value.kind == kind


@pytest.mark.parametrize("number", ["", "123456", "1Z/../../x", "1" * 35, "1Z\u00e4234567"])
def test_what_cannot_be_a_number_is_not_asked(number: str) -> None:
    vendor = Vendor({NUMBERS[0]: (200, DELIVERED)})
    found = UPS.fetch(account(vendor), [ParcelAsk(number), ParcelAsk(NUMBERS[0])], "")
    assert [part.about for part in found.parts] == [NUMBERS[0]]
    assert len(found.errors) == len(vendor.sent) == 1


def test_equal_content_gives_equal_bytes() -> None:
    shuffled = {"trackResponse": {"shipment": [dict(reversed(DELIVERED["trackResponse"]["shipment"][0].items()))]}}
    one, two = (fetch({NUMBERS[0]: (200, body)}).parts for body in (DELIVERED, shuffled))
    assert one == two


@pytest.mark.parametrize("answer", [(200, DELIVERED), (404, NOT_FOUND)])
def test_connection(answer: Prepared) -> None:
    token: Prepared = (200, {"access_token": "abc", "expires_in": "14399"})
    vendor = Vendor({"token": token, NUMBERS[0]: answer})
    assert "answers tracking requests" in UPS.test_connection(
        account(vendor, {**KEYS, "api_base": "https://u.example/"})
    )
    assert vendor.sent[1].headers["Authorization"] == "Bearer abc"
    assert vendor.sent[1].url.startswith("https://u.example/api/track/v1/details/")


def test_connection_without_permission() -> None:
    vendor = Vendor({"token": (200, {"access_token": "abc"}), NUMBERS[0]: (403, {})})
    with pytest.raises(CallFailed) as failure:
        UPS.test_connection(account(vendor))
    assert failure.value.kind == "scope"
