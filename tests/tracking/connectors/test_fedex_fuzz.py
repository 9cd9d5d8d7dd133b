"""Whatever happens to a message of FedEx, it is read or refused with a sentence, and what is read can be stored."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, mutated, spoilt
from tracking.connectors.contract import Account, ParcelAsk, RawMessage
from tracking.connectors.explain import explain
from tracking.connectors.fedex import FEDEX
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.parsing import YEARS
from tracking.status import presets
from tracking.status.mapping import Mapping
from tracking.vocabulary import Evidence, Milestone

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "fedex").glob("*.json"))
NOW = datetime(2026, 11, 20, tzinfo=UTC)
PRESET = Mapping(presets.load("fedex"))


def check(body: bytes, transport: str = "webhook") -> None:
    explanation = explain(FEDEX, PRESET, RawMessage(body, transport=transport))
    document = explanation.document
    assert explanation.was_read or document["errors"]
    text = json.dumps(document, allow_nan=False)
    assert "\\u0000" not in text
    assert all(error["message"].endswith(".") for error in document["errors"])
    for event in document["events"]:
        assert event["milestone"] in Milestone.values
        assert event["evidence"] in Evidence.values
        assert int(event["occurred_at"][:4]) in YEARS
        assert len(event["raw_code"] or "") <= 120


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
    def __init__(self, body: bytes) -> None:
        self.body = body

    def send(self, request: HttpRequest) -> HttpResponse:
        token = b'{"access_token": "t"}'
        return HttpResponse(200, {}, token if request.url.endswith("/oauth/token") else self.body)


@settings(max_examples=150, deadline=None)
@given(mutated(SAMPLES) | spoilt(SAMPLES))
def test_a_poll_answer_gives_parts_that_can_be_read_or_fails_as_a_call(body: bytes) -> None:
    account = Account(
        settings={"client_id": "i", "client_secret": "s"}, http=HttpClient(Vendor(body)), now=NOW, token=None
    )
    try:
        answer = FEDEX.fetch(account, [ParcelAsk("600000000013"), ParcelAsk("600000000024")], "")
    except CallFailed as failure:
        refused = failure
    else:
        for part in answer.parts:
            check(part.body, "poll")
        return
    assert refused.kind == "temporary"
