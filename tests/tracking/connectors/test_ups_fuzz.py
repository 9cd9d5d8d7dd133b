"""Whatever happens to a message of UPS, reading it either works or says that it cannot be read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, check_reads_or_says_why, mutated, spoilt
from tracking.connectors.contract import Account, ParcelAsk, RawMessage, Token
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.ups import UPS

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "ups").glob("*.json"))


def check(body: bytes, transport: str = "webhook") -> None:
    for headers in ({"credential": "AA"}, {"authorization": "Basic QUE6QUE="}):
        assert not UPS.verify(RawMessage(body, headers), {"webhook_secret": "x"}, "/").ok
    check_reads_or_says_why(UPS, RawMessage(body, transport=transport))


@settings(max_examples=300, deadline=None)
@given(mutated(SAMPLES), st.sampled_from(["webhook", "poll"]))
def test_changed_parts(body: bytes, transport: str) -> None:
    check(body, transport)


@settings(max_examples=100, deadline=None)
@given(spoilt(SAMPLES))
def test_cut_and_spoilt_bytes(body: bytes) -> None:
    check(body)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_json(body: bytes) -> None:
    check(body)


class Vendor:
    def __init__(self, status: int, body: bytes) -> None:
        self.answer = HttpResponse(status, {}, body)

    def send(self, request: HttpRequest) -> HttpResponse:
        return self.answer


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([200, 400, 404]), mutated(SAMPLES) | spoilt(SAMPLES))
def test_a_poll_answer_gives_parts_that_can_be_read_or_fails_as_a_call(status: int, body: bytes) -> None:
    account = Account({}, HttpClient(Vendor(status, body)), NOW, Token("tok", NOW + timedelta(hours=1)))
    try:
        answer = UPS.fetch(account, [ParcelAsk("1Z12345E0291980793"), ParcelAsk("1Z12345E6605272234")], "")
    except CallFailed as failure:
        refused = failure
    else:
        assert all(error.message for error in answer.errors)
        for part in answer.parts:
            check(part.body, "poll")
        return
    assert refused.kind in ("temporary", "permanent")
