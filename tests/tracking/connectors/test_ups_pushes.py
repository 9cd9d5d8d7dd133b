"""The door of Track Alert: the credential we gave UPS, wherever it stands."""

import base64

import pytest

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.ups import UPS

SECRET = "long random text: 7"
OTHER = "the one before"


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def verify(headers: dict[str, str], **settings: str) -> Verification:
    return UPS.verify(RawMessage(b"{}", headers), {"webhook_secret": SECRET, **settings}, "/hooks/ups/")


@pytest.mark.parametrize(
    "headers",
    [
        {"credential": SECRET},
        {"credential": f" {SECRET} "},
        {"authorization": SECRET},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": basic(f"ups:{SECRET}")},
        {"credential": "", "authorization": f"bearer {SECRET}"},
    ],
)
@pytest.mark.parametrize("secrets", [SECRET, f"{OTHER}\n{SECRET}\n"])
def test_right_credential(headers: dict[str, str], secrets: str) -> None:
    found = verify(headers, webhook_secret=secrets)
    assert (found.ok, found.delivery_id, found.sent_at) == (True, "", None)


def test_name_and_password_may_be_the_credential() -> None:
    assert verify({"authorization": basic("ups:pass")}, webhook_secret="ups:pass").ok


def test_another_header_can_be_named() -> None:
    assert verify({"x-ups-key": SECRET}, webhook_header="X-UPS-Key").ok
    assert not verify({"credential": SECRET}, webhook_header="X-UPS-Key").ok


@pytest.mark.parametrize(
    ("headers", "secrets", "words"),
    [
        ({"credential": SECRET}, "", "No webhook credential"),
        ({"credential": ""}, "", "No webhook credential"),
        ({}, SECRET, "carries a credential"),
        ({"credential": ""}, SECRET, "carries a credential"),
        ({"credential": SECRET[:-1]}, SECRET, "none of those"),
        ({"credential": SECRET + "x"}, SECRET, "none of those"),
        ({"credential": SECRET.upper()}, SECRET, "none of those"),
        ({"credential": "\u00e9\ud800"}, SECRET, "none of those"),
        ({"authorization": "Basic !!!"}, SECRET, "carries a credential"),
        ({"authorization": basic("ups:other")}, SECRET, "none of those"),
        ({"authorization": basic(SECRET[:-1])}, SECRET, "none of those"),
    ],
)
def test_wrong_credential(headers: dict[str, str], secrets: str, words: str) -> None:
    found = verify(headers, webhook_secret=secrets)
    assert not found.ok
    assert words in found.why_not
    assert SECRET not in found.why_not
