"""The signature of the generic source, by hand and by the client that the documentation shows."""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.generic import GENERIC

ROOT = Path(__file__).parents[3]
BODY = (ROOT / "tests" / "samples" / "generic" / "order_with_parcel.json").read_bytes()
DOCUMENT = (ROOT / "docs" / "generic-source.md").read_text(encoding="utf-8")
SECRET, OTHER, TIME, DELIVERY = "s" * 64, "t" * 64, "1795210805", "wms-0001_A"


def sign(secret: str = SECRET, time: str = TIME, delivery: str = DELIVERY, body: bytes = BODY) -> str:
    return hmac.new(secret.encode(), f"{time}.{delivery}.".encode() + body, hashlib.sha256).hexdigest()


def headers(signature: str, time: str = TIME, delivery: str = DELIVERY) -> dict[str, str]:
    told = {"x-shiptrack-signature": signature, "x-shiptrack-timestamp": time, "x-shiptrack-delivery": delivery}
    return {name: value for name, value in told.items() if value}


def verify(given: dict[str, str], secrets: str = SECRET, body: bytes = BODY) -> Verification:
    return GENERIC.verify(RawMessage(body, given), {"webhook_secret": secrets}, "/hooks/wms/")


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("secrets", [SECRET, f"{OTHER}\n{SECRET}"])
def test_right_signature(secrets: str) -> None:
    found = verify(headers(sign()), secrets)
    assert (found.ok, found.delivery_id) == (True, DELIVERY)
    assert found.sent_at == datetime(2026, 11, 20, 21, 40, 5, tzinfo=UTC)


def test_the_delivery_id_may_be_left_out() -> None:
    found = verify(headers(sign(delivery=""), delivery=""))
    assert (found.ok, found.delivery_id) == (True, "")


@pytest.mark.parametrize(
    ("given", "secrets", "words"),
    [
        (headers(sign()), "", "No webhook secret"),
        (headers(""), SECRET, "missing"),
        (headers(sign(), time=""), SECRET, "whole seconds"),
        (headers(sign(time="soon"), time="soon"), SECRET, "whole seconds"),
        (headers(sign(time="99"), time="99"), SECRET, "whole seconds"),
        (headers(sign(time="9" * 10), time="9" * 10), SECRET, "whole seconds"),
        (headers(sign(delivery="a.b"), delivery="a.b"), SECRET, "100 letters"),
        (headers(sign(delivery="a" * 101), delivery="a" * 101), SECRET, "100 letters"),
        (headers(sign(OTHER)), SECRET, "does not match"),
        (headers(sign(time="1795210806")), SECRET, "does not match"),
        (headers(sign(delivery="other")), SECRET, "does not match"),
        (headers(sign(body=BODY + b" ")), SECRET, "does not match"),
        (headers(sign()[:-2]), SECRET, "does not match"),
        (headers("zz"), SECRET, "does not match"),
    ],
)
def test_wrong_signature(given: dict[str, str], secrets: str, words: str) -> None:
    found = verify(given, secrets)
    assert not found.ok
    assert words in found.why_not


def test_the_client_of_the_documentation_signs_as_we_check() -> None:
    client: dict[str, Any] = {}
    exec(compile(block("client"), "docs/generic-source.md", "exec"), client)
    made = client["headers_for"](SECRET, BODY, "abc-1")
    found = verify({name.lower(): value for name, value in made.items()})
    assert (found.ok, found.delivery_id) == (True, "abc-1")
    assert client["sign"](SECRET, TIME, DELIVERY, BODY) == sign()


def test_the_example_of_the_documentation_is_read_whole() -> None:
    reading = GENERIC.read(RawMessage(block("example").encode()))
    assert not reading.errors
    assert (len(reading.orders), len(reading.shipments), len(reading.events)) == (1, 1, 1)
