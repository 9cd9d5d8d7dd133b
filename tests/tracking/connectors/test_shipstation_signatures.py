"""Who may post as ShipStation: the secret in V1's address, RSA signatures in V2, and where its addresses may lead."""

import json

import pytest

from tests.tracking.connectors.shipstation_vendor import key_set, signed
from tracking.connectors.contract import KEPT_TOKEN, RawMessage, Verification
from tracking.connectors.shipstation import SHIPSTATION
from tracking.connectors.shipstation.signatures import public_key

BODY = b'{"resource_url": "https://ssapi.shipstation.com/orders", "resource_type": "ORDER_NOTIFY"}'
AT = "2026-11-21T12:00:00Z"
KEYS = json.dumps(key_set())


def check(
    path: str = "/hooks/ss/", headers: dict[str, str] | None = None, body: bytes = BODY, keys: str = ""
) -> Verification:
    settings = {"webhook_secret": "old\nhush", KEPT_TOKEN: keys}
    return SHIPSTATION.verify(RawMessage(body, headers or {}), settings, path)


@pytest.mark.parametrize("path", ["/hooks/ss/?secret=hush", "/hooks/ss/?a=1&secret=old", "/hooks/ss/?secret=h%75sh"])
def test_the_secret_in_the_address_proves_a_v1_message(path: str) -> None:
    found = check(path)
    assert found.ok
    assert (found.topic, found.delivery_id, found.sent_at) == ("ORDER_NOTIFY", "", None)


@pytest.mark.parametrize(
    "path",
    ["/hooks/ss/", "/hooks/ss/?secret=", "/hooks/ss/?secret=Hush", "/hooks/ss/?secret=h\u00fcsh", "/hooks/ss/?key=hush",
     "/hooks/ss/?" + "&".join(f"a{i}=1" for i in range(99)) + "&secret=hush"],
)  # fmt: skip
def test_any_other_address_is_refused_with_a_reason(path: str) -> None:
    found = check(path)
    assert not found.ok
    assert found.why_not
    assert "hush" not in found.why_not


def test_a_signed_message_needs_no_secret() -> None:
    found = check(headers=signed(BODY, AT), keys=KEYS)
    assert found.ok
    assert found.sent_at is not None
    assert found.sent_at.isoformat() == "2026-11-21T12:00:00+00:00"


@pytest.mark.parametrize(
    "spoil",
    [
        {"x-shipengine-timestamp": "2026-11-21T12:00:01Z"},
        {"x-shipengine-timestamp": ""},
        {"x-shipengine-timestamp": "noon"},
        {"x-shipengine-rsa-sha256-key-id": ""},
        {"x-shipengine-rsa-sha256-signature": "AAAA"},
        {"x-shipengine-rsa-sha256-signature": "not base64!"},
    ],
)
def test_a_spoilt_signature_is_refused_even_with_the_right_secret(spoil: dict[str, str]) -> None:
    found = check("/hooks/ss/?secret=hush", {**signed(BODY, AT), **spoil}, keys=KEYS)
    assert not found.ok
    assert not found.is_key_unknown


def test_another_body_is_refused() -> None:
    assert not check(headers=signed(BODY, AT), body=BODY + b" ", keys=KEYS).ok


@pytest.mark.parametrize("keys", ["", "nonsense", "[]", '{"keys": 3}', '{"keys": [3]}', json.dumps(key_set("kid-2"))])
def test_an_unknown_key_is_refused_and_asks_for_the_keys(keys: str) -> None:
    found = check(headers=signed(BODY, AT), keys=keys)
    assert not found.ok
    assert found.is_key_unknown


@pytest.mark.parametrize("change", [{"n": "AQAB"}, {"n": "%%"}, {"e": ""}, {"kty": "oct"}, {"n": 5}, {"n": "_" * 1400}])
def test_an_unusable_key_is_no_key(change: dict[str, object]) -> None:
    (*_, key) = key_set()["keys"]
    assert public_key(json.dumps({"keys": [{**key, **change}]}), "kid-1") is None


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        ("https://ssapi.shipstation.com/orders?importBatch=1", True),
        ("https://ssapi6.shipstation.com/shipments?batchId=1", True),
        ("https://SSAPI12.shipstation.com:443/shipments", True),
        ("https://api.shipstation.com/v2/labels", True),
        ("https://api.shipengine.com/v1/labels/se-1/track", True),
        ("http://ssapi.shipstation.com/orders", False),
        ("https://ssapi.shipstation.com:8443/orders", False),
        ("https://ssapi.shipstation.com.evil.example/orders", False),
        ("https://evil.example/ssapi.shipstation.com", False),
        ("https://xssapi.shipstation.com/orders", False),
        ("https://ssapi-6.shipstation.com/orders", False),
        ("https://me@ssapi.shipstation.com/orders", False),
        ("https://ssapi.shipstation.com@evil.example/orders", False),
        ("https://ssapi.shipstation.com\\@evil.example/orders", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1/orders", False),
        ("file:///etc/passwd", False),
        ("//ssapi.shipstation.com/orders", False),
        ("https://ssapi.shipstation.com/" + "x" * 600, False),
        ("http://127.0.0.1:8001/ship/v2/labels", True),
        ("http://127.0.0.1:8001/ship/../admin", False),
        ("http://127.0.0.1:8001/ship/%2e%2e/admin", False),
        ("http://127.0.0.1:8001/shipping", False),
        ("http://127.0.0.1:8002/ship/orders", False),
        ("", False),
    ],
)
def test_only_the_vendors_own_addresses_are_fetched(url: str, is_theirs: bool) -> None:
    settings = {"api_base": "http://127.0.0.1:8001/ship/", "api_base_v2": "http://127.0.0.1:8001/ship/v2"}
    assert (SHIPSTATION.refuses(settings, url) == "") is is_theirs
