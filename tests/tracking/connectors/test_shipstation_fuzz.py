"""Whatever happens to a message of ShipStation, reading it either works or says that it cannot be read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, check_reads_or_says_why, mutated, spoilt
from tests.tracking.connectors.shipstation_vendor import SAMPLES
from tracking.connectors.contract import KEPT_TOKEN, Account, RawMessage
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.shipstation import SHIPSTATION, reading

FILES = sorted(SAMPLES.glob("*.json"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TOPICS = ["", reading.V1_ORDER, reading.V1_SHIPMENT, reading.V2_LABEL_ALONE, reading.TRACKING]
SIGNED = {"x-shipengine-rsa-sha256-signature": "AA", "x-shipengine-timestamp": "now", KEPT_TOKEN: "x"}


def check(body: bytes, topic: str = "", transport: str = "webhook") -> None:
    for headers in ({}, SIGNED):
        assert not SHIPSTATION.verify(RawMessage(body, headers), {"webhook_secret": "x"}, "/hooks/ss/?secret=y").ok
    check_reads_or_says_why(SHIPSTATION, RawMessage(body, {}, topic, transport))


@settings(max_examples=350, deadline=None)
@given(mutated(FILES), st.sampled_from(TOPICS), st.sampled_from(["webhook", "poll"]))
def test_changed_parts(body: bytes, topic: str, transport: str) -> None:
    check(body, topic, transport)


@settings(max_examples=150, deadline=None)
@given(spoilt(FILES))
def test_cut_and_spoilt_bytes(body: bytes) -> None:
    check(body)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_json(body: bytes) -> None:
    check(body)


class Vendor:
    def __init__(self, body: bytes) -> None:
        self.answer = HttpResponse(200, {"x-rate-limit-reset": "soon"}, body)

    def send(self, request: HttpRequest) -> HttpResponse:
        return self.answer


@settings(max_examples=150, deadline=None)
@given(mutated(FILES) | spoilt(FILES), st.booleans(), st.text(max_size=80))
def test_an_answer_gives_parts_that_can_be_read_or_fails_as_a_call(body: bytes, is_back: bool, cursor: str) -> None:
    account = Account({"api_key": "k", "api_secret": "s", "api_key_v2": "v"}, HttpClient(Vendor(body)), NOW)
    try:
        if is_back:
            answer = SHIPSTATION.fetch_back(account, "https://api.shipstation.com/v2/labels")
        else:
            answer = SHIPSTATION.fetch(account, [], cursor)
    except CallFailed as failure:
        kind = failure.kind
    else:
        assert all(error.message for error in answer.errors)
        for part in answer.parts:
            check(part.body, part.topic, "poll")
        return
    assert kind == "temporary"
