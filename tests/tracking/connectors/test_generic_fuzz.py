"""Whatever happens to a message of the generic source, reading it either works or says that it cannot be read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracking.connectors.mutations import HOSTILE, check_reads_or_says_why, mutated, spoilt
from tracking.connectors.contract import RawMessage
from tracking.connectors.generic import GENERIC

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "generic").glob("*.json"))


def check(body: bytes, transport: str = "webhook") -> None:
    for headers in ({"x-shiptrack-signature": "AA", "x-shiptrack-timestamp": "1795210805"}, {}):
        assert not GENERIC.verify(RawMessage(body, headers), {"webhook_secret": "x"}, "/").ok
    check_reads_or_says_why(GENERIC, RawMessage(body, transport=transport))


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
