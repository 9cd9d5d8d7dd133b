"""The signature of Shopify's webhooks, against one computed here by hand."""

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.shopify import SHOPIFY

BODY = (Path(__file__).parents[2] / "samples" / "shopify" / "fulfillments_update.json").read_bytes()
DELIVERY = {"x-shopify-webhook-id": "b54557e4", "x-shopify-topic": "fulfillments/update"}


def sign(secret: str, body: bytes = BODY) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def verify(signature: str, settings: dict[str, str], body: bytes = BODY) -> Verification:
    headers = {**DELIVERY, **({"x-shopify-hmac-sha256": signature} if signature else {})}
    return SHOPIFY.verify(RawMessage(body, headers), settings, "/hooks/shop/")


@pytest.mark.parametrize(
    "settings",
    [
        {"webhook_secret": "shh"},
        {"webhook_secret": "old\nshh"},
        {"webhook_secret": "shh\nold\n"},
        {"webhook_secret": "of the shop", "client_secret": "shh"},
    ],
)
def test_right_signature(settings: dict[str, str]) -> None:
    found = verify(sign("shh"), settings)
    assert found.ok
    assert (found.delivery_id, found.topic) == ("b54557e4", "fulfillments/update")
    assert found.sent_at is None  # Shopify signs no time


def test_headers_without_prefix() -> None:
    headers = {"shopify-hmac-sha256": sign("shh"), "shopify-webhook-id": "7", "shopify-topic": "orders/create"}
    found = SHOPIFY.verify(RawMessage(BODY, headers), {"webhook_secret": "shh"}, "/hooks/shop/")
    assert (found.ok, found.delivery_id, found.topic) == (True, "7", "orders/create")


@pytest.mark.parametrize(
    ("signature", "secret", "words"),
    [
        (sign("shh"), "", "No webhook secret"),
        ("", "shh", "missing"),
        (sign("other"), "shh", "does not match"),
        (hmac.new(b"shh", BODY, hashlib.sha256).hexdigest(), "shh", "does not match"),
        ("ünknown", "shh", "does not match"),
    ],
)
def test_wrong_signature(signature: str, secret: str, words: str) -> None:
    found = verify(signature, {"webhook_secret": secret})
    assert not found.ok
    assert words in found.why_not
    assert not found.delivery_id


def test_every_byte_is_signed() -> None:
    assert not verify(sign("shh"), {"webhook_secret": "shh"}, BODY + b" ").ok


def test_body_need_not_be_json_to_be_signed() -> None:
    assert verify(sign("shh", b"\xff\x00"), {"webhook_secret": "shh"}, b"\xff\x00").ok
