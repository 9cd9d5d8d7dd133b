"""Strict JSON, typed getters, money, times, signatures."""

import base64
import contextlib
import hashlib
import hmac
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.connectors import parsing
from tracking.connectors.contract import Unreadable, UnreadableMessage
from tracking.connectors.parsing import Node


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": NaN}', "not finite"),
        (b'{"a": -Infinity}', "not finite"),
        (b'{"a": 1e400}', "not finite"),
        (b'{"a": 1e-400}', "not finite"),
        (b"9" * 5000, "not finite"),
        (b'{"a": "\\ud83d"}', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b"[" * 65 + b"]" * 65, "nested"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested"),
        (b"[" * 200_000, "nested"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(body: bytes, word: str) -> None:
    with pytest.raises(UnreadableMessage, match=word):
        parsing.decode_json(body)


def test_what_can_be_read() -> None:
    assert parsing.decode_json(b"[" * 64 + b"]" * 64) is not None
    assert parsing.decode_json(b'\xef\xbb\xbf{"a": "x\\u0000y"}') == {"a": "xy"}
    assert parsing.decode_json(b'{"a": 1.10}') == {"a": Decimal("1.10")}
    with pytest.raises(UnreadableMessage, match="not an object"):
        parsing.decode_object(b"[]")


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(UnreadableMessage):
        json.dumps(parsing.decode_json(body), default=str, allow_nan=False).encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_equal_content_has_equal_bytes(value: object) -> None:
    once = parsing.canonical(value)
    again = dict(reversed(value.items())) if isinstance(value, dict) else value
    assert parsing.canonical(again) == once


def node(**values: object) -> tuple[Node, list[Unreadable]]:
    errors: list[Unreadable] = []
    return Node(values, errors, "root"), errors


@pytest.mark.parametrize(
    ("getter", "value", "expected"),
    [
        ("text", " x ", "x"),
        ("text", 12, "12"),
        ("text", None, ""),
        ("text", "a" * 3000, "a" * 2000),
        ("integer", "7", 7),
        ("integer", Decimal("2.0"), 2),
        ("integer", "", None),
        ("flag", "True", True),
        ("flag", False, False),
        ("flag", None, None),
        ("texts", ["a", "", None, "b"], ("a", "b")),
        ("texts", "a", ("a",)),
        ("texts", None, ()),
        ("day", "2026-11-21T23:30:00-05:00", date(2026, 11, 21)),
        ("instant", "2026-11-21T23:30:00-05:00", datetime(2026, 11, 22, 4, 30, tzinfo=UTC)),
        ("instant", "", None),
    ],
)
def test_getters_take_what_vendors_send(getter: str, value: object, expected: object) -> None:
    one, errors = node(key=value)
    assert getattr(one, getter)("key") == expected
    assert errors == []


@pytest.mark.parametrize(
    ("getter", "value", "empty"),
    [
        ("text", True, ""),
        ("text", {}, ""),
        ("integer", True, None),
        ("integer", "7.5", None),
        ("integer", Decimal("7.5"), None),
        ("integer", 10**20, None),
        ("flag", 1, None),
        ("texts", [[]], ()),
        ("day", "soon", None),
        ("instant", "2026-11-21T23:30:00", None),
        ("instant", 1_700_000_000, None),
        ("when", "1899-01-01", None),
    ],
)
def test_a_wrong_part_is_noted_with_its_path_and_hides_nothing(getter: str, value: object, empty: object) -> None:
    one, errors = node(key=value, good="yes")
    assert getattr(one, getter)("key") == empty
    assert [error.where.split("[")[0] for error in errors] == ["root.key"]
    assert errors[0].message.endswith(".")
    assert one.text("good") == "yes"


def test_lists_and_objects() -> None:
    one, errors = node(many=[{"a": "1"}, 3, None, {"a": "2"}], single={"a": "3"}, wrong="x", inner={"a": "4"})
    assert [part.text("a") for part in one.nodes("many")] == ["1", "2"]
    assert [part.text("a") for part in one.nodes("single")] == ["3"]
    assert list(one.nodes("wrong")) == []
    assert one.node("wrong").text("a") == ""
    assert one.node("inner").path("a") == "root.inner.a"
    assert [error.where for error in errors] == ["root.many[1]", "root.wrong", "root.wrong"]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.30", "USD", 1230),
        ("12.345", "USD", 1235),
        ("-0.005", "EUR", -1),
        (Decimal("1.005"), "USD", 101),
        (3, "usd", 300),
        ("1200", "JPY", 1200),
        ("1.2345", "KWD", 1235),
        ("0", "", 0),
    ],
)
def test_money_in_minor_units(amount: object, currency: str, minor: int) -> None:
    assert parsing.to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount", ["", "twelve", "NaN", "Infinity", "1e40", 1.5, True, None, [], "9" * 20])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        parsing.to_minor(amount, "USD")


@pytest.mark.parametrize(
    ("text", "precision", "value"),
    [
        ("2026-11-21T10:00:00Z", "instant", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00.123456789-0500", "instant", datetime(2026, 11, 21, 15, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-21 10:00:00 +05:30", "instant", datetime(2026, 11, 21, 4, 30, tzinfo=UTC)),
        ("2026-11-21T10:00", "local", datetime(2026, 11, 21, 10)),
        ("2026-11-21T24:00:00", "local", datetime(2026, 11, 22)),
        ("2026-06-30T23:59:60Z", "instant", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-21", "date", date(2026, 11, 21)),
    ],
)
def test_times_keep_what_they_say(text: str, precision: str, value: object) -> None:
    when = parsing.read_when(f" {text} ")
    assert (when.text, when.precision, when.value) == (text, precision, value)


@pytest.mark.parametrize(
    "raw",
    ["", "yesterday", "2026-02-30", "1999-12-31", "2101-01-01", "0001-01-01T00:00:00Z", "2026-11-21T25:00:00",
     "2026-W47", "2026-11-21T10:61:00", "2026-11-21T10:00:99", "2026-11-21T10:00:00+15:00", "99999-01-01",
     "2026-11-21T10:00:00-05:75", 20261121, None, "２０２６-11-21"],
)  # fmt: skip
def test_what_is_no_time_is_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parsing.read_when(raw)


def sign(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def test_signatures() -> None:
    body, digest = b'{"a":1}', sign("old", b'{"a":1}')
    both = parsing.secrets_of("new\n  old \n\n")
    assert both == ("new", "old")
    as_hex, as_base64 = digest.hex(), base64.b64encode(digest).decode()
    assert parsing.hmac_matches(both, body, as_base64)
    assert parsing.hmac_matches(both, body, as_hex.upper(), encodings=("base64", "hex"))
    assert not parsing.hmac_matches(both, body, as_hex)
    assert not parsing.hmac_matches(("new",), body, as_base64)
    assert not parsing.hmac_matches(both, body + b" ", as_base64)
    assert not parsing.hmac_matches((), body, base64.b64encode(sign("", body)).decode())


@given(st.text(max_size=80))
def test_no_text_is_a_signature_by_chance(given_text: str) -> None:
    assert not parsing.hmac_matches(("s",), b"body", given_text, encodings=("base64", "hex"))
