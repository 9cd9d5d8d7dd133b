"""Signatures against values computed with `openssl dgst -sha256 -hmac`."""

from tracking.sandbox.signing import fedex_signature, shopify_signature, usps_signature

BODY = b'{"id":1}'
BASE64 = "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="
HEX = "5672948d9b0bb8de626568e7e449ed70154217d90c378dcb825cc2135fc649e6"


def test_shopify_signs_the_raw_body_in_base64() -> None:
    assert shopify_signature("hush", BODY) == BASE64


def test_fedex_signs_the_raw_body_in_either_writing() -> None:
    assert fedex_signature("hush", BODY) == BASE64
    assert fedex_signature("hush", BODY, as_hex=True) == HEX


def test_usps_signs_timestamp_and_payload_joined() -> None:
    secret = "0123456789abcdef0123456789abcdef"
    signature = usps_signature(secret, "2026-11-22T10:00:00Z", '{"trackingNumber":"1"}')
    assert signature == "NwkecqA1+hafQUXs2GcOsj5GI+qZ3J1al0DDt8hdTUg="
