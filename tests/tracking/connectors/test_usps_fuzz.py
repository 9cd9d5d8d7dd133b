"""Whatever happens to a message of USPS, reading it either works or says that it cannot be read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, check_reads_or_says_why, mutated, spoilt
from tracking.connectors.contract import RawMessage
from tracking.connectors.usps import USPS

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "usps").glob("*.json"))


def check(body: bytes, transport: str = "webhook") -> None:
    message = RawMessage(body, {"x-hmac": "AAAA"}, transport=transport)
    assert not USPS.verify(message, {"webhook_secret": "x"}, "/").ok
    check_reads_or_says_why(USPS, message)


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
