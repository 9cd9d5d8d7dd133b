"""Both signatures of EasyPost, against ones computed here by hand."""

import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.easypost import EASYPOST

BODY = (Path(__file__).parents[2] / "samples" / "easypost" / "tracker_updated.json").read_bytes()
SECRET = "s\u00e9same \ufb01sh"  # composed accent and a ligature: NFKD takes both apart
DECOMPOSED = "se\u0301same fish"
OTHER = "other"
PATH = "/hooks/easypost/"
TIME = "Fri, 20 Nov 2026 21:40:05 +0000"


def sign(payload: bytes, key: str = DECOMPOSED) -> str:
    return hmac.new(key.encode(), payload, hashlib.sha256).hexdigest()


def second(timestamp: str = TIME, path: str = PATH, method: str = "POST", body: bytes = BODY) -> str:
    return sign(f"{timestamp}{method}{path}".encode() + body)


def verify(headers: dict[str, str], secrets: str = SECRET, body: bytes = BODY, path: str = PATH) -> Verification:
    return EASYPOST.verify(RawMessage(body, headers), {"webhook_secret": secrets}, path)


@pytest.mark.parametrize("secrets", [SECRET, DECOMPOSED, f"{OTHER}\n{SECRET}"])
@pytest.mark.parametrize("prefix", ["hmac-sha256-hex=", ""])
def test_version_one(secrets: str, prefix: str) -> None:
    found = verify({"x-hmac-signature": prefix + sign(BODY)}, secrets)
    assert (found.ok, found.delivery_id, found.sent_at) == (True, "evt_0a11", None)


@pytest.mark.parametrize(
    ("timestamp", "sent_at"),
    [
        (TIME, datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 16:40:05 -0500", datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)),
        ("2026-11-20T21:40:05Z", datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)),
        ("2026-11-20T21:40:05", datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)),
        ("1795210805", datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)),
        ("2026-11-20", None),
        ("soon", None),
        ("99999999999999", None),
    ],
)
def test_version_two_signs_the_time(timestamp: str, sent_at: datetime | None) -> None:
    headers = {"x-hmac-signature-v2": second(timestamp), "x-timestamp": timestamp, "x-path": PATH}
    found = verify(headers)
    assert (found.ok, found.delivery_id, found.sent_at) == (True, "evt_0a11", sent_at)


def test_version_two_with_prefix_and_without_its_path() -> None:
    headers = {"x-hmac-signature-v2": f"hmac-sha256-hex={second()}", "x-timestamp": TIME}
    assert verify(headers).ok
    assert not verify(headers, path="/hooks/other/").ok


def test_version_two_decides_where_it_is_sent() -> None:
    wrong = {"x-hmac-signature-v2": "00" * 32, "x-timestamp": TIME, "x-path": PATH, "x-hmac-signature": sign(BODY)}
    assert not verify(wrong).ok
    right = wrong | {"x-hmac-signature-v2": second(), "x-hmac-signature": "00"}
    assert verify(right).ok


@pytest.mark.parametrize(
    "change",
    [
        {"x-timestamp": "Fri, 20 Nov 2026 21:40:06 +0000"},
        {"x-path": "/hooks/other/"},
        {"x-timestamp": ""},
        {"x-hmac-signature-v2": second(method="GET")},
        {"x-hmac-signature-v2": sign(TIME.encode() + BODY)},
        {"x-hmac-signature-v2": second(body=BODY + b" ")},
        {"x-hmac-signature-v2": "zz"},
    ],
)
def test_version_two_covers_time_method_path_and_body(change: dict[str, str]) -> None:
    headers = {"x-hmac-signature-v2": second(), "x-timestamp": TIME, "x-path": PATH, **change}
    found = verify(headers)
    assert not found.ok
    assert found.why_not


@pytest.mark.parametrize(
    ("headers", "secrets", "words"),
    [
        ({"x-hmac-signature": sign(BODY)}, "", "No webhook secret"),
        ({}, SECRET, "missing"),
        ({"x-hmac-signature": sign(BODY, OTHER)}, SECRET, "does not match"),
        ({"x-hmac-signature": sign(BODY + b" ")}, SECRET, "does not match"),
        ({"x-hmac-signature": "hmac-sha256-hex="}, SECRET, "does not match"),
        ({"x-hmac-signature": "\u00e9"}, SECRET, "does not match"),
    ],
)
def test_wrong_version_one(headers: dict[str, str], secrets: str, words: str) -> None:
    found = verify(headers, secrets)
    assert not found.ok
    assert words in found.why_not


def test_a_body_that_is_no_event_has_no_delivery_id() -> None:
    assert verify({"x-hmac-signature": sign(b"[]")}, body=b"[]").delivery_id == ""
