"""Calls to USPS over a transport that answers from a list."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracking.connectors.contract import Account, ParcelAsk, RawMessage, Token
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.usps import USPS

SAMPLES = Path(__file__).parents[2] / "samples" / "usps"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = {"client_id": "key", "client_secret": "hush"}
NUMBERS = [f"94001508995630000000{end}" for end in ("15", "22", "39", "46", "53")]


class Answers:
    """A transport with prepared answers; keeps what was sent."""

    def __init__(self, *answers: tuple[int, object] | tuple[int, object, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        status, body, *rest = self.answers.pop(0)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return HttpResponse(status, rest[0] if rest else {}, raw)


def account(answers: Answers, settings: dict[str, str] = KEYS, scope: str = "tracking") -> Account:
    token = Token("tok", NOW + timedelta(hours=1), scope)
    return Account(settings, HttpClient(answers), NOW, token)


def asks(numbers: Sequence[str]) -> list[ParcelAsk]:
    return [ParcelAsk(number) for number in numbers]


def test_token() -> None:
    answers = Answers((200, {"access_token": "abc", "expires_in": 28799, "scope": "tracking labels"}))
    token = USPS.get_token(account(answers))
    assert token is not None
    assert (token.value, token.scope) == ("abc", "tracking labels")
    assert NOW + timedelta(hours=7, minutes=58) < token.expires_at < NOW + timedelta(hours=8)
    assert answers.sent[0].url == "https://apis.usps.com/oauth2/v3/token"
    assert json.loads(answers.sent[0].body)["grant_type"] == "client_credentials"


def test_token_that_lives_seconds_is_still_usable() -> None:
    token = USPS.get_token(account(Answers((200, {"access_token": "abc", "expires_in": 5}))))
    assert token is not None
    assert token.expires_at > NOW


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (200, {"access_token": "abc", "expires_in": 3600, "scope": ""}, "scope"),
        (200, {"access_token": "abc", "expires_in": 3600, "scope": "subscriptions-tracking"}, "scope"),
        (400, {"error": "invalid_scope"}, "scope"),
        (400, {"error": "invalid_client"}, "auth"),
        (401, {"error": "invalid_client"}, "auth"),
        (200, {"scope": "tracking"}, "temporary"),
        (200, [], "temporary"),
        (200, b"<html>", "temporary"),
        (503, {}, "temporary"),
    ],
)
def test_failures_of_the_token_call(status: int, answer: object, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        USPS.get_token(account(Answers((status, answer))))
    assert failure.value.kind == kind
    assert "hush" not in str(failure.value)


def test_nothing_is_called_without_credentials() -> None:
    answers = Answers()
    with pytest.raises(CallFailed, match="not set") as failure:
        USPS.get_token(account(answers, {}))
    assert failure.value.kind == "refused"
    assert not answers.sent


def test_mixed_answer() -> None:
    answers = Answers((207, json.loads((SAMPLES / "poll_mixed.json").read_bytes())))
    found = USPS.fetch(account(answers), asks(NUMBERS), "")
    assert [part.about for part in found.parts] == [NUMBERS[0], NUMBERS[1], NUMBERS[2], NUMBERS[4]]
    assert [(error.where, "busy" in error.message) for error in found.errors] == [(NUMBERS[3], True)]
    assert json.loads(answers.sent[0].body) == [{"trackingNumber": number} for number in NUMBERS]
    assert answers.sent[0].headers["Authorization"] == "Bearer tok"
    unknown = USPS.read(RawMessage(found.parts[1].body, transport="poll"))
    assert [o.not_found for o in unknown.observations] == [True]


def test_address_can_be_set() -> None:
    answers = Answers((200, []))
    USPS.fetch(account(answers, {**KEYS, "api_base": "https://apis-tem.usps.com/"}), asks([]), "")
    assert answers.sent[0].url == "https://apis-tem.usps.com/tracking/v3r2/tracking"


def test_number_left_out_is_reported() -> None:
    answers = Answers((200, [{"trackingNumber": NUMBERS[0], "trackingEvents": []}]))
    found = USPS.fetch(account(answers), asks(NUMBERS[:2]), "")
    assert [part.about for part in found.parts] == [NUMBERS[0]]
    assert [error.where for error in found.errors] == [NUMBERS[1]]


def test_zip_prefix_is_dropped_for_the_call_and_kept_for_us() -> None:
    ours = "420436049400150899563000000015"
    answers = Answers((200, [{"trackingNumber": NUMBERS[0], "trackingEvents": []}]))
    found = USPS.fetch(account(answers), asks([ours]), "")
    assert json.loads(answers.sent[0].body) == [{"trackingNumber": NUMBERS[0]}]
    assert [part.about for part in found.parts] == [ours]
    assert json.loads(found.parts[0].body)["trackingNumber"] == ours


@pytest.mark.parametrize("status", [200, 207, 404])
def test_bare_object_without_number_belongs_to_the_only_one_asked(status: int) -> None:
    error = {"error": {"code": "404", "message": "Not found."}}
    found = USPS.fetch(account(Answers((status, error))), asks(NUMBERS[:1]), "")
    assert [part.about for part in found.parts] == NUMBERS[:1]
    (seen,) = USPS.read(RawMessage(found.parts[0].body, transport="poll")).observations
    assert (seen.tracking_number, seen.not_found) == (NUMBERS[0], True)


def test_equal_content_gives_equal_bytes() -> None:
    entry = {"trackingNumber": NUMBERS[0], "mailClass": "Priority Mail"}
    parts = [
        USPS.fetch(account(Answers((200, [body]))), asks(NUMBERS[:1]), "").parts
        for body in (entry, dict(reversed(entry.items())))
    ]
    assert parts[0] == parts[1]


@pytest.mark.parametrize(
    ("answer", "scope", "kind"),
    [
        ((401, {}), "tracking", "auth"),
        ((401, {}), "labels", "scope"),
        ((403, {}), "", "scope"),
        ((400, {"error": {"code": "400", "message": "OASValidation"}}), "tracking", "permanent"),
        ((404, {"error": {"message": "no such resource"}}), "tracking", "permanent"),
        ((500, {}), "tracking", "temporary"),
        ((200, "text"), "tracking", "temporary"),
        ((200, b"<html>"), "tracking", "temporary"),
    ],
)
def test_failures_of_the_tracking_call(answer: tuple[int, object], scope: str, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        USPS.fetch(account(Answers(answer), scope=scope), asks(NUMBERS[:2]), "")
    assert failure.value.kind == kind


def test_invalid_request_for_one_number_is_not_a_parcel() -> None:
    answer = (400, json.loads((SAMPLES / "refused_request.json").read_bytes()))
    with pytest.raises(CallFailed, match="does not fit the specification"):
        USPS.fetch(account(Answers(answer)), asks(NUMBERS[:1]), "")


def test_quota_carries_the_wait() -> None:
    with pytest.raises(CallFailed) as failure:
        USPS.fetch(account(Answers((429, {}, {"retry-after": "1200"}))), asks(NUMBERS[:1]), "")
    assert (failure.value.kind, failure.value.retry_after) == ("quota", 1200)


def test_nothing_is_called_without_token() -> None:
    answers = Answers()
    with pytest.raises(CallFailed) as failure:
        USPS.fetch(Account(KEYS, HttpClient(answers), NOW), asks(NUMBERS[:1]), "")
    assert failure.value.kind == "auth"
    assert not answers.sent


def test_connection() -> None:
    answers = Answers((200, {"access_token": "abc", "expires_in": 3600, "scope": "tracking"}))
    assert "may read tracking" in USPS.test_connection(account(answers))


def test_limits() -> None:
    assert (USPS.poll.per_call, USPS.poll.calls, USPS.poll.per_seconds) == (35, 60, 3600)
