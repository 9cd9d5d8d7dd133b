"""Safe reading of vendors' bytes: strict JSON, typed getters that note what is wrong instead of failing, money, times,
signatures. Pure.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from tracking.connectors.contract import Unreadable, UnreadableMessage, When
from tracking.vocabulary import Precision

MAX_DEPTH = 64
MAX_TEXT = 2_000  # characters of one text value; more is no fact a screen could show
MAX_NUMBER_EXPONENT = 30  # larger powers of ten are no quantity of ours and expensive to work with
YEARS = range(2000, 2101)
MAX_MINOR = 10**15

# Minor digits of currencies that do not have two (ISO 4217).
_EXPONENTS = dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
) | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)


# --- JSON -------------------------------------------------------------------------------------------------------


class _BadNumber(ValueError):
    """A number that no vendor means."""


def _real(text: str) -> Decimal:
    number = Decimal(text)
    if abs(number.adjusted()) > MAX_NUMBER_EXPONENT:
        raise _BadNumber
    return number


def _whole(text: str) -> int:
    if len(text) > MAX_NUMBER_EXPONENT:
        raise _BadNumber
    return int(text)


def _no_constant(name: str) -> Any:
    raise _BadNumber


_DECODER = json.JSONDecoder(parse_float=_real, parse_int=_whole, parse_constant=_no_constant)


def decode_json(body: bytes) -> Any:
    """Decode the bytes of a message: UTF-8 JSON; fractions become Decimal, NUL characters in texts are dropped.

    Raises UnreadableMessage with a sentence for anything else, also for NaN and infinity, numbers beyond any use, half
    characters (lone surrogates) and nesting deeper than 64.
    """
    try:
        text = body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise UnreadableMessage("The message is not UTF-8 text.") from None
    if not text.strip():
        raise UnreadableMessage("The message is empty.")
    try:
        value = _DECODER.decode(text)
    except _BadNumber:
        raise UnreadableMessage("The message holds a number that is not finite or far too large.") from None
    except RecursionError:
        raise UnreadableMessage(f"The message is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError:
        raise UnreadableMessage("The message is not JSON.") from None
    if _is_plain(text) and (_is_shallow(text) or not _is_deeper(value, MAX_DEPTH)):
        return value
    return _clean(value, MAX_DEPTH)


def _is_plain(text: str) -> bool:
    """Return whether no text in the message can hold a NUL or half a character: it would have to be written as an
    escape, because UTF-8 has no half characters and JSON no bare NUL."""
    return "\\u" not in text


def _is_shallow(text: str) -> bool:
    """Return whether a message has too few brackets to be nested too deep; true for almost all."""
    return text.count("{") + text.count("[") <= MAX_DEPTH


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether objects and lists are nested deeper than `levels`, going down level by level."""
    level = [value] if isinstance(value, dict | list) else []
    while level and levels:
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        levels -= 1
    return bool(level)


def decode_object(body: bytes) -> dict[str, Any]:
    """Decode a message whose top level must be a JSON object. Raises UnreadableMessage."""
    value = decode_json(body)
    if not isinstance(value, dict):
        raise UnreadableMessage("The message is JSON but not an object.")
    return value


def _clean(value: Any, levels: int) -> Any:
    """Return `value` without NUL characters (the database's text cannot hold them); refuse half characters."""
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, dict | list) and levels == 0:
        raise UnreadableMessage(f"The message is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, dict):
        return {_clean_text(key): _clean(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, levels - 1) for item in value]
    return value


def _clean_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnreadableMessage("The message holds half a character (a lone surrogate).") from None
    return text.replace("\0", "")


def canonical(value: Any) -> bytes:
    """Return one spelling of a JSON value: sorted keys, no spaces, UTF-8. Equal content gives equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


# --- Typed getters ----------------------------------------------------------------------------------------------


class Node:
    """One JSON object of a message, read by typed getters.

    An absent or null value gives "", None or an empty object; a value of the wrong kind gives the same and adds an
    Unreadable to the shared `errors` list, so that one bad part never hides the good ones.
    """

    __slots__ = ("errors", "value", "where")

    def __init__(self, value: Mapping[str, Any], errors: list[Unreadable], where: str = "") -> None:
        self.value = value
        self.errors = errors
        self.where = where

    def path(self, key: str) -> str:
        """Return where `key` is in the message, like `orders[2].total`."""
        return f"{self.where}.{key}" if self.where and key else self.where or key

    def note(self, key: str, message: str) -> None:
        """Remember that the part at `key` could not be read, as a sentence."""
        self.errors.append(Unreadable(self.path(key), message))

    def has(self, key: str) -> bool:
        """Tell whether `key` holds anything but null."""
        return self.value.get(key) is not None

    def text(self, key: str, limit: int = MAX_TEXT) -> str:
        """Return a text, stripped, at most `limit` characters; whole numbers are taken as text too."""
        value = self.value.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip()[:limit].rstrip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        self.note(key, "A text was expected here.")
        return ""

    def integer(self, key: str) -> int | None:
        """Return a whole number, also when sent as text; None when absent or wrong."""
        value = self.value.get(key)
        if value is None or value == "":
            return None
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
            return int(value)
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
            return value
        self.note(key, "A whole number was expected here.")
        return None

    def flag(self, key: str) -> bool | None:
        """Return true or false, also when sent as text; None when absent or wrong."""
        value = self.value.get(key)
        if isinstance(value, str):
            value = {"true": True, "false": False, "": None}.get(value.strip().lower(), value)
        if value is None or isinstance(value, bool):
            return value
        self.note(key, "True or false was expected here.")
        return None

    def node(self, key: str) -> "Node":
        """Return the object at `key`; an empty one when absent or wrong."""
        value = self.value.get(key)
        if isinstance(value, dict):
            return Node(value, self.errors, self.path(key))
        if value is not None:
            self.note(key, "An object was expected here.")
        return Node({}, self.errors, self.path(key))

    def nodes(self, key: str) -> Iterator["Node"]:
        """Yield the objects of the list at `key`; a single object counts as a list of one; others are noted."""
        value = self.value.get(key)
        if isinstance(value, dict):
            value = [value]
        if value is not None and not isinstance(value, list):
            self.note(key, "A list was expected here.")
            value = None
        for index, item in enumerate(value or ()):
            if isinstance(item, dict):
                yield Node(item, self.errors, f"{self.path(key)}[{index}]")
            elif item is not None:
                self.note(f"{key}[{index}]", "An object was expected here.")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the non-empty texts of the list at `key`; a single text counts as a list of one."""
        value = self.value.get(key)
        items: Sequence[Any] = value if isinstance(value, list) else [value]
        found = []
        for index, item in enumerate(items):
            text = Node({"": item}, self.errors, self.path(f"{key}[{index}]")).text("")
            if text:
                found.append(text)
        return tuple(found)

    def money(self, key: str, currency: str) -> int | None:
        """Return an amount in minor units of `currency`; None when absent or wrong."""
        return self._try(key, lambda raw: to_minor(raw, currency))

    def when(self, key: str) -> When | None:
        """Return a time as told (see `read_when`); None when absent or wrong."""
        return self._try(key, read_when)

    def instant(self, key: str) -> datetime | None:
        """Return a moment, aware UTC; None when absent or wrong. A time without offset is wrong here."""
        return self._try(key, read_instant)

    def day(self, key: str) -> date | None:
        """Return a calendar day; of a time its own day. None when absent or wrong."""
        return self._try(key, read_day)

    def _try(self, key: str, read: Any) -> Any:
        value = self.value.get(key)
        if value is None or value == "":
            return None
        try:
            return read(value)
        except ValueError as problem:
            self.note(key, str(problem))
            return None


# --- Money ------------------------------------------------------------------------------------------------------


def to_minor(amount: Any, currency: str) -> int:
    """Return an amount ("12.30", 12, Decimal) in minor units: cents for USD, yen for JPY, thousandths for KWD.

    More digits than the currency has are rounded half up. Raises ValueError with a sentence.
    """
    if isinstance(amount, bool | float) or not isinstance(amount, str | int | Decimal):
        raise ValueError("An amount was expected here.")
    try:
        value = Decimal(amount.strip() if isinstance(amount, str) else amount)
    except InvalidOperation:
        raise ValueError("This is not an amount.") from None
    if not value.is_finite() or abs(value.adjusted()) > MAX_NUMBER_EXPONENT:
        raise ValueError("This is not an amount.")
    digits = _EXPONENTS.get(currency.upper(), 2)
    minor = int((value * 10**digits).to_integral_value(ROUND_HALF_UP))
    if abs(minor) > MAX_MINOR:
        raise ValueError("This amount is too large.")
    return minor


# --- Times ------------------------------------------------------------------------------------------------------

_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,](?P<part>[0-9]{1,9}))?"
    r" ?(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_END_OF_DAY = ("24:00", "24:00:00")  # midnight


def read_when(raw: Any) -> When:
    """Read an ISO 8601 date, local time or time with offset, years 2000 to 2100; keeps the text as told.

    With offset: precision `instant`, aware UTC. Without: `local`, naive. Date alone: `date`. Raises ValueError with a
    sentence.
    """
    if not isinstance(raw, str):
        raise ValueError("A time was expected here.")
    text = raw.strip()
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("This is not a time we can read (ISO 8601 is expected).")
    day = _day(match["day"])
    if match["clock"] is None:
        return When(text=text, precision=Precision.DATE.value, value=day)
    moment = _moment(day, match["clock"], match["part"])
    if match["zone"] is None:
        return When(text=text, precision=Precision.LOCAL.value, value=moment)
    aware = moment.replace(tzinfo=_zone(match["zone"]))
    return When(text=text, precision=Precision.INSTANT.value, value=aware.astimezone(UTC))


def read_instant(raw: Any) -> datetime:
    """Read a time that must carry its offset; aware UTC. Raises ValueError with a sentence."""
    when = read_when(raw)
    if when.precision != Precision.INSTANT or not isinstance(when.value, datetime):
        raise ValueError("This time has no time zone.")
    return when.value


def read_day(raw: Any) -> date:
    """Read the calendar day that a date or time names in its own zone. Raises ValueError with a sentence."""
    read_when(raw)
    return _day(raw.strip()[:10])


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("This date does not exist.") from None
    if day.year not in YEARS:
        raise ValueError(f"The year {day.year} is out of range.")
    return day


def _moment(day: date, clock: str, fraction: str | None) -> datetime:
    if clock in _END_OF_DAY:
        return datetime.combine(day, time()) + timedelta(days=1)
    if clock.endswith(":60", 5):  # leap second
        clock = f"{clock[:5]}:59"
    try:
        moment = datetime.combine(day, time.fromisoformat(clock))
    except ValueError:
        raise ValueError("This time of day does not exist.") from None
    return moment.replace(microsecond=int(fraction.ljust(6, "0")[:6])) if fraction else moment


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError("This time zone offset does not exist.")
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


# --- Signatures -------------------------------------------------------------------------------------------------


def secrets_of(setting: str) -> tuple[str, ...]:
    """Return the secrets a setting holds, one a line: the old one keeps working while a new one is brought in."""
    return tuple(line.strip() for line in setting.splitlines() if line.strip())


def hmac_matches(
    secrets: Sequence[str],
    payload: bytes,
    given: str,
    *,
    encodings: Sequence[str] = ("base64",),
    digest: str = "sha256",
) -> bool:
    """Tell whether `given` is the HMAC of `payload` under one of the secrets, in one of the encodings (base64, hex).

    Compares in constant time. No secret, or an empty signature, never matches.
    """
    claimed = [found for encoding in encodings if (found := _decoded(given.strip(), encoding))]
    ok = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), payload, getattr(hashlib, digest)).digest()
        for candidate in claimed:
            ok |= hmac.compare_digest(expected, candidate)
    return ok


def _decoded(text: str, encoding: str) -> bytes:
    try:
        raw = text.encode("ascii")
        return binascii.unhexlify(raw) if encoding == "hex" else base64.b64decode(raw, validate=True)
    except ValueError:  # not ASCII, or not this encoding
        return b""
