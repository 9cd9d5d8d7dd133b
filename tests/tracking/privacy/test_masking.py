"""What people see of a customer before they reveal them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.models import Customer
from tracking.privacy import masking


@pytest.mark.parametrize(
    ("given_email", "shown"),
    [("ann@example.com", "a•••@e•••.com"), ("", ""), ("not an address", "•••"), ("x@y.co.uk", "x•••@y•••.uk")],
)
def test_email(given_email: str, shown: str) -> None:
    assert masking.email(given_email) == shown


@pytest.mark.parametrize(("number", "shown"), [("+1 (555) 010-4242", "•••42"), ("", ""), ("ext", "")])
def test_phone(number: str, shown: str) -> None:
    assert masking.phone(number) == shown


def test_a_name_becomes_initials_and_an_address_given_as_name_is_masked() -> None:
    assert masking.name("Ann Mary Brown") == "A. M. B."
    assert masking.name("ann@example.com") == "a•••@e•••.com"


def test_text_keeps_what_is_not_personal() -> None:
    told = "Left with ann@example.com, call +1 555 010 4242 about 771244301186 on 2026-11-19."
    assert masking.text(told) == "Left with a•••@e•••.com, call •••42 about 771244301186 on 2026-11-19."


def test_customer_is_masked_unless_revealed() -> None:
    ann = Customer(name="Ann Brown", email="ann@example.com", phone="5550104242")
    assert masking.customer(ann) == masking.Person("A. B.", "a•••@e•••.com", "•••42", False)
    assert masking.customer(ann, revealed=True).email == "ann@example.com"
    assert masking.customer(None).name == ""


def test_headers_never_show_secrets() -> None:
    shown = masking.headers(
        {"authorization": "Bearer 1", "x-shopify-hmac-sha256": "abc", "x-shopify-topic": "orders/paid"}
    )
    assert shown == {"authorization": "•••", "x-shopify-hmac-sha256": "•••", "x-shopify-topic": "orders/paid"}


PAYLOADS = [
    {"name": "#1001", "email": "ann@example.com", "customer": {"first_name": "Ann", "phone": "5550104242"}},
    {"shipTo": {"name": "Ann Brown", "street1": "1 Elm St", "city": "Austin", "postalCode": "73301"}},
    {"trackResults": [{"recipientInformation": {"address": {"streetLines": ["1 Elm St"], "city": "Austin"}}}]},
    {"deliveryDetails": {"receivedByName": "Ann Brown"}, "status": "Left at ann@example.com"},
]


@pytest.mark.parametrize("given_payload", PAYLOADS)
def test_payload_hides_people(given_payload: dict) -> None:
    shown = json.dumps(masking.payload(given_payload), ensure_ascii=False)
    for private in ("ann@example.com", "Ann", "5550104242", "1 Elm St", "73301"):
        assert private not in shown


def test_payload_keeps_what_explains_the_parcel() -> None:
    told = {
        "name": "#1001",
        "tracking_number": "771244301186",
        "shipping_address": {"city": "Austin", "country_code": "US", "zip": "73301"},
        "scanEvents": [{"eventType": "OC", "scanLocation": {"city": "Newark", "postalCode": "07102"}}],
        "test": False,
    }
    shown = masking.payload(told)
    assert shown == {**told, "shipping_address": {"city": "Austin", "country_code": "US", "zip": "•••"}}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just("ann.brown+shop@mail.example.com"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)


@given(_JSON)
def test_no_address_survives_in_a_value_and_the_shape_stays(value: object) -> None:
    shown = masking.payload(value)
    assert "ann.brown+shop@mail.example.com" not in json.dumps(shown)
    assert isinstance(shown, dict) == isinstance(value, dict)
    if isinstance(value, dict):
        assert list(shown) == list(value)
