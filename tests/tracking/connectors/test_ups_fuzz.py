"""Whatever happens to a message of UPS, reading it either works or says that it cannot be read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, check_reads_or_says_why, mutated, spoilt
from tracking.connectors.contract import RawMessage
from tracking.connectors.ups import UPS

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
