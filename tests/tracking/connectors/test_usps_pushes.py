"""The signature of USPS pushes, against one computed here by hand."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.usps import USPS

BODY = (Path(__file__).parents[2] / "samples" / "usps" / "webhook.json").read_bytes()
SECRET = "s" * 32
OTHER = "t" * 32


def sign(secret: str, body: bytes = BODY) -> str:
    envelope = json.loads(body)
    signed = (envelope["timestamp"] + envelope["payload"]).encode()
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def verify(signature: str, secrets: str = SECRET, body: bytes = BODY) -> Verification:
    headers = {"x-hmac": signature} if signature else {}
    return USPS.verify(RawMessage(body, headers), {"webhook_secret": secrets}, "/hooks/usps/")


@pytest.mark.parametrize("secrets", [SECRET, f"{OTHER}\n{SECRET}\n"])
def test_right_signature(secrets: str) -> None:
    found = verify(sign(SECRET), secrets)
    assert found.ok
    assert found.sent_at == datetime(2026, 11, 21, 9, 13, 2, tzinfo=UTC)
    assert found.delivery_id == ""


def test_spaces_around_the_envelope_do_not_matter() -> None:
    assert verify(sign(SECRET), body=json.dumps(json.loads(BODY), indent=4).encode()).ok


def test_signature_over_the_raw_body_is_wrong() -> None:
    raw = base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()).decode()
    assert not verify(raw).ok


@pytest.mark.parametrize(
    ("signature", "secrets", "words"),
    [
        (sign(SECRET), "", "No webhook secret"),
        ("", SECRET, "missing"),
        (sign(OTHER), SECRET, "does not match"),
        (sign(SECRET)[:-4], SECRET, "does not match"),
        ("!", SECRET, "does not match"),
    ],
)
def test_wrong_signature(signature: str, secrets: str, words: str) -> None:
    found = verify(signature, secrets)
    assert not found.ok
    assert words in found.why_not
    assert not found.sent_at


@pytest.mark.parametrize("change", ["timestamp", "payload"])
def test_both_parts_are_signed(change: str) -> None:
    envelope = json.loads(BODY)
    envelope[change] += " "
    assert not verify(sign(SECRET), body=json.dumps(envelope).encode()).ok


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"\xff", b'{"timestamp": 1, "payload": "{}"}', b'{"timestamp": "x"}']
)
def test_what_is_no_envelope_is_refused(body: bytes) -> None:
    assert not verify("AAAA", body=body).ok


def test_a_signed_timestamp_that_is_no_time_leaves_sent_at_open() -> None:
    body = json.dumps({"timestamp": "soon", "payload": "{}"}).encode()
    found = verify(sign(SECRET, body), body=body)
    assert found.ok
    assert found.sent_at is None
