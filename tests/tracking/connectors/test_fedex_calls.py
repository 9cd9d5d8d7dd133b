"""FedEx's signature, tokens and polling, against canned answers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tracking.connectors.contract import Account, ParcelAsk, PollAnswer, RawMessage, Token
from tracking.connectors.fedex import FEDEX
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse

SAMPLES = Path(__file__).parents[2] / "samples" / "fedex"
NOW = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
GOOD = Token("t-1", NOW + timedelta(minutes=30))
SETTINGS = {"client_id": "id", "client_secret": "s3cret", "api_base": "https://apis-sandbox.fedex.com/"}


class Vendor:
    """Answers in turn and remembers what was asked."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        status, body = self.answers.pop(0)
        return HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())

    def paths(self) -> list[str]:
        return [request.url.removeprefix("https://apis-sandbox.fedex.com") for request in self.requests]


TOKEN = (200, {"access_token": "t-2", "token_type": "bearer", "expires_in": 3599, "scope": "CXS"})
REFUSED = (401, {"errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": "Access token expired."}]})


def found(*numbers: str, **extra: Any) -> tuple[int, Any]:
    entries = [{"trackingNumber": number, "trackResults": [{"scanEvents": []}]} for number in numbers]
    return 200, {"transactionId": "x", "output": {"completeTrackResults": entries, **extra}}


def account(vendor: Vendor, token: Token | None = GOOD, **settings: str) -> Account:
    return Account(settings={**SETTINGS, **settings}, http=HttpClient(vendor), now=NOW, token=token)


def fetch(vendor: Vendor, asks: Sequence[ParcelAsk], token: Token | None = GOOD) -> PollAnswer:
    return FEDEX.fetch(account(vendor, token), asks, "")


def failure_of(vendor: Vendor, token: Token | None = GOOD) -> CallFailed:
    with pytest.raises(CallFailed) as failure:
        fetch(vendor, [ParcelAsk("600000000013")], token)
    return failure.value


# --- Signature --------------------------------------------------------------------------------------------------


def verify(body: bytes, given: str | None, secret: str = "old\nnew") -> bool:
    headers = {} if given is None else {"fdx-signature": given}
    return FEDEX.verify(RawMessage(body=body, headers=headers), {"webhook_secret": secret}, "/hooks/x/").ok


def test_signature_in_both_spellings_under_any_of_the_secrets() -> None:
    body = (SAMPLES / "delivered_webhook.json").read_bytes()
    for secret in (b"old", b"new"):
        digest = hmac.new(secret, body, hashlib.sha256).digest()
        assert verify(body, base64.b64encode(digest).decode())
        assert verify(body, digest.hex())
        assert not verify(body + b"\n", digest.hex())
    plain = hashlib.sha256(b"old" + body).hexdigest()
    assert not verify(body, plain), "a hash of token and body is not a signature"
    for given in (None, "", "x", "0" * 64, "é"):
        assert not verify(body, given)
    assert not verify(body, hmac.new(b"", body, hashlib.sha256).hexdigest(), secret="")


def test_fedex_sends_no_delivery_id_and_signs_no_time() -> None:
    body = b"{}"
    headers = {"fdx-signature": hmac.new(b"s", body, hashlib.sha256).hexdigest()}
    verification = FEDEX.verify(RawMessage(body=body, headers=headers), {"webhook_secret": "s"}, "")
    assert (verification.ok, verification.delivery_id, verification.sent_at) == (True, "", None)


# --- Tokens -----------------------------------------------------------------------------------------------------


def test_a_token_is_minted_by_client_credentials() -> None:
    vendor = Vendor(TOKEN)
    token = FEDEX.get_token(account(vendor))
    assert token == Token("t-2", NOW + timedelta(seconds=3599), "CXS")
    assert vendor.paths() == ["/oauth/token"]
    assert parse_qs(vendor.requests[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["s3cret"],
    }


@pytest.mark.parametrize("expires_in", [None, "soon", -5, 10**9, True])
def test_an_odd_lifetime_is_the_documented_one(expires_in: object) -> None:
    vendor = Vendor((200, {"access_token": "t", "expires_in": expires_in}))
    token = FEDEX.get_token(account(vendor))
    assert token is not None
    assert NOW < token.expires_at <= NOW + timedelta(hours=1)


@pytest.mark.parametrize("body", [[], {}, {"access_token": None}, {"access_token": ""}, b"<html>"])
def test_an_answer_without_token_is_temporary(body: object) -> None:
    with pytest.raises(CallFailed) as failure:
        FEDEX.get_token(account(Vendor((200, body))))
    assert failure.value.kind == "temporary"


def test_missing_keys_call_nobody() -> None:
    vendor = Vendor()
    with pytest.raises(CallFailed, match="no API key") as failure:
        FEDEX.get_token(account(vendor, client_secret=""))
    assert (failure.value.kind, vendor.requests) == ("auth", [])


# --- Polling ----------------------------------------------------------------------------------------------------


def test_one_call_asks_for_all_and_splits_the_answer_per_parcel() -> None:
    vendor = Vendor(found("600000000024", "600000000013"))
    asks = [ParcelAsk("6000 0000 0013", ship_date=date(2026, 11, 14)), ParcelAsk("600000000024")]
    answer = fetch(vendor, asks)
    assert vendor.paths() == ["/track/v1/trackingnumbers"]
    asked = json.loads(vendor.requests[0].body)
    assert asked["includeDetailedScans"] is True
    assert asked["trackingInfo"] == [
        {
            "trackingNumberInfo": {"trackingNumber": "600000000013"},
            "shipDateBegin": "2026-11-04",
            "shipDateEnd": "2026-12-14",
        },
        {"trackingNumberInfo": {"trackingNumber": "600000000024"}},
    ]
    assert vendor.requests[0].headers["Authorization"] == "Bearer t-1"
    assert {part.about for part in answer.parts} == {"6000 0000 0013", "600000000024"}
    assert (answer.token, answer.errors) == (None, ())


def test_the_same_reader_reads_the_parts() -> None:
    whole = json.loads((SAMPLES / "poll_mixed.json").read_bytes())
    asks = [ParcelAsk(f"6000000000{end}") for end in ("24", "35", "46", "57", "68")]
    answer = fetch(Vendor((200, whole)), asks)
    together = FEDEX.read(RawMessage(body=json.dumps(whole).encode(), transport="poll"))
    apart = [FEDEX.read(RawMessage(body=part.body, transport="poll")) for part in answer.parts]
    assert [event for one in apart for event in one.events] == list(together.events)
    assert {one for each in apart for one in each.observations} == set(together.observations)
    assert [error.where for error in answer.errors] == ["completeTrackResults[5]"]


def test_the_same_news_gives_the_same_bytes() -> None:
    first = fetch(Vendor(found("600000000013", "600000000024", alerts=[1])), [ParcelAsk("600000000013")])
    status, answer = found("600000000013")
    answer["transactionId"] = "another"
    reordered = json.dumps(answer, sort_keys=True, indent=3).encode()
    second = fetch(Vendor((status, reordered)), [ParcelAsk("600000000013")])
    assert first.parts == second.parts


def test_the_ship_date_asked_for_stays_with_the_part() -> None:
    whole = json.loads((SAMPLES / "two_parcels_one_number.json").read_bytes())
    answer = fetch(Vendor((200, whole)), [ParcelAsk("600000000079", ship_date=date(2025, 2, 1))])
    (shipment,) = FEDEX.read(RawMessage(body=answer.parts[0].body, transport="poll")).shipments
    assert shipment.unique_id.startswith("2460100000")


def test_numbers_left_out_and_numbers_not_asked_for_are_named() -> None:
    answer = fetch(Vendor(found("600000000999")), [ParcelAsk("600000000013")])
    assert answer.parts == ()
    assert {error.where for error in answer.errors} == {"completeTrackResults[0]", "600000000013"}


def test_a_number_fedex_cannot_take_does_not_spoil_the_call() -> None:
    vendor = Vendor(found("600000000013"))
    answer = fetch(vendor, [ParcelAsk("600000000013"), ParcelAsk("ü?"), ParcelAsk("1"), ParcelAsk("")])
    assert len(json.loads(vendor.requests[0].body)["trackingInfo"]) == 1
    assert len(answer.parts) == 1
    assert len(answer.errors) == 3
    nobody = Vendor()
    assert fetch(nobody, [ParcelAsk("??")]).parts == ()
    assert nobody.requests == []


def test_more_than_thirty_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="30"):
        fetch(Vendor(), [ParcelAsk(f"6000000{n:05}") for n in range(31)])


def test_without_a_token_or_with_an_old_one_a_new_one_is_minted_and_handed_back() -> None:
    for token in (None, Token("old", NOW - timedelta(seconds=1)), Token("old", NOW + timedelta(seconds=30))):
        vendor = Vendor(TOKEN, found("600000000013"))
        answer = fetch(vendor, [ParcelAsk("600000000013")], token)
        assert vendor.paths() == ["/oauth/token", "/track/v1/trackingnumbers"]
        assert answer.token is not None
        assert answer.token.value == "t-2"


def test_a_refused_token_is_renewed_once() -> None:
    vendor = Vendor(REFUSED, TOKEN, found("600000000013"))
    answer = fetch(vendor, [ParcelAsk("600000000013")])
    assert vendor.paths() == ["/track/v1/trackingnumbers", "/oauth/token", "/track/v1/trackingnumbers"]
    assert vendor.requests[2].headers["Authorization"] == "Bearer t-2"
    assert (len(answer.parts), answer.token.value if answer.token else "") == (1, "t-2")


def test_a_refusal_of_the_new_token_is_final() -> None:
    vendor = Vendor(REFUSED, TOKEN, REFUSED)
    failure = failure_of(vendor)
    assert (failure.kind, len(vendor.requests)) == ("auth", 3)
    fresh = Vendor(TOKEN, REFUSED)
    assert (failure_of(fresh, token=None).kind, len(fresh.requests)) == ("auth", 2)


@pytest.mark.parametrize(
    ("status", "code", "text", "kind", "wait"),
    [
        (429, "TOO.MANY.REQUESTS", "Daily transaction quota exceeded.", "quota", 9_000.0),
        (429, "TOO.MANY.REQUESTS", "Slow down.", "quota", 10.0),
        (403, "RATE.LIMIT", "Throttled.", "quota", 10.0),
        (403, "FORBIDDEN.ERROR", "We could not authorize your credentials.", "scope", None),
        (403, "", "", "scope", None),
        (400, "TRACKING.TRACKINGNUMBER.EMPTY", "Please provide tracking number.", "permanent", None),
        (503, "SERVICE.UNAVAILABLE.ERROR", "Back soon.", "temporary", None),
    ],
)
def test_failures_are_told_apart(status: int, code: str, text: str, kind: str, wait: float | None) -> None:
    failure = failure_of(Vendor((status, {"errors": [{"code": code, "message": text}]})))
    assert (failure.kind, failure.retry_after, failure.status) == (kind, wait, status)
    assert code in str(failure)


@pytest.mark.parametrize("body", [b"", b"nope", [], {"errors": []}, {"errors": [1]}, {"errors": {}}])
def test_an_odd_error_answer_is_still_a_failure(body: object) -> None:
    assert failure_of(Vendor((500, body))).kind == "temporary"


@pytest.mark.parametrize("body", [b"<html>", [], {}, {"output": None}, {"output": {"completeTrackResults": {}}}])
def test_a_good_status_without_results_is_temporary(body: object) -> None:
    assert failure_of(Vendor((200, body))).kind == "temporary"


def test_a_part_with_nonsense_stays_one_part() -> None:
    entries = b'{"trackingNumber": "600000000013", "x": NaN}, {"trackingNumber": "600000000024"}'
    body = b'{"output": {"completeTrackResults": [' + entries + b"]}}"
    answer = fetch(Vendor((200, body)), [ParcelAsk("600000000013"), ParcelAsk("600000000024")])
    assert [part.about for part in answer.parts] == ["600000000013", "600000000024"]


def test_testing_the_connection_uses_both_permissions() -> None:
    vendor = Vendor(TOKEN, found("449044304137821"))
    assert FEDEX.test_connection(account(vendor)).endswith(".")
    assert vendor.paths() == ["/oauth/token", "/track/v1/trackingnumbers"]
    with pytest.raises(CallFailed, match=r"FORBIDDEN\.ERROR"):
        FEDEX.test_connection(account(Vendor(TOKEN, (403, {"errors": [{"code": "FORBIDDEN.ERROR"}]}))))
