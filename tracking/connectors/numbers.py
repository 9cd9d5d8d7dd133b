"""Tracking numbers: one spelling, check digits, and which carriers' numbers have that shape.

Shapes and check digits as the carriers publish them (USPS Publication 199 for IMpb, UPU S10, FedEx and UPS barcode
guides). Detection only fills a blank: a carrier somebody told is never overruled, because a check digit lets one random
number in ten through.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from tracking.connectors.carriers import group_for

MAX_LENGTH = 64
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Pd", "Zs", "Zl", "Zp"})  # controls, invisible, dashes, spaces


@lru_cache(maxsize=8192)
def normalize(number: str) -> str:
    """Return the one spelling a number is stored and looked up by: NFKC, upper case, no spaces, dashes or invisible
    characters, at most 64 characters. "" when nothing is left. Doing it twice changes nothing."""
    if number.isascii() and number.isalnum():  # almost all: nothing to fold or to drop
        return number[:MAX_LENGTH].upper()
    text = number[: MAX_LENGTH * 8]  # a bound on work, far above any real number with its decoration
    for _ in range(3):  # upper-casing can undo NFKC and the reverse; two rounds settle it, the third proves it
        text = unicodedata.normalize("NFKC", text).upper()
        text = "".join(c for c in text if unicodedata.category(c) not in _DROPPED_CATEGORIES)
    return text[:MAX_LENGTH]


def _digit(character: str) -> int:
    """Value of a character in a mod 10 sum; letters count as (ASCII - 3) mod 10."""
    return int(character) if character.isdigit() else (ord(character) - 3) % 10


def mod10(body: str, evens: int, odds: int) -> int:
    """Check digit over `body`; positions counted from 0 at the left, times `evens` or `odds`."""
    total = sum(_digit(c) * (odds if i % 2 else evens) for i, c in enumerate(body))
    return -total % 10


def weighted(body: str, weights: Iterable[int]) -> int:
    """Check digit of FedEx: weighted sum modulo 11, then modulo 10."""
    return sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11 % 10


def s10(serial: str) -> int:
    """Check digit of the Universal Postal Union's S10 (8 digits)."""
    rest = sum(int(c) * w for c, w in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return {1: 0, 0: 5}.get(rest, 11 - rest)


def _fedex12(n: str) -> bool:
    return weighted(n[:11], (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)) == int(n[11])


def _fedex34(n: str) -> bool:
    return weighted(n[20:33], (1, 7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)) == int(n[33])


def _usps_legacy(n: str) -> bool:
    """20 digits, or the same behind `91`: the sum is always taken with the 91."""
    full = n if len(n) == 22 else f"91{n}"
    return mod10(full[:-1], 3, 1) == int(full[-1])


def without_routing(number: str) -> str:
    """Drop the `420` + ZIP prefix of a USPS routing barcode from a normalized number; others come back unchanged."""
    match = re.fullmatch(r"420\d{5}(\d{4})?(9[1-5]\d{20}|9[1-5]\d{24})", number)
    return match.group(2) if match else number


_CHECKS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("fedex", r"\d{12}", _fedex12),
    ("fedex", r"\d{15}", lambda n: mod10(n[:14], 1, 3) == int(n[14])),
    ("fedex", r"96\d{20}", lambda n: mod10(n[7:21], 1, 3) == int(n[21])),
    ("fedex", r"\d{34}", _fedex34),
    ("fedex", r"DT\d{12}", lambda n: True),
    ("ups", r"1Z[0-9A-Z]{15}\d", lambda n: mod10(n[2:17], 1, 2) == int(n[17])),
    ("ups", r"[AHJKTV]\d{10}", lambda n: mod10(n[:10], 1, 2) == int(n[10])),
    ("usps", r"9[235]\d{20}(\d{4})?", lambda n: mod10(n[:-1], 3, 1) == int(n[-1])),
    ("usps", r"94\d{20}(\d{4})?", lambda n: mod10(n[-2::-1], 3, 1) == int(n[-1])),
    ("usps", r"91\d{20}|\d{20}", _usps_legacy),
    ("usps", r"[A-Z]{2}\d{9}US", lambda n: s10(n[2:10]) == int(n[10])),
    ("dhl_express", r"\d{10,11}", lambda n: int(n[:-1]) % 7 == int(n[-1])),
    ("dhl_express", r"J[A-Z]{1,3}\d{9,18}", lambda n: True),
    ("dhl_ecommerce", r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)\d{10,37}", lambda n: True),
)
_COMPILED = tuple((carrier, re.compile(pattern, re.ASCII), check) for carrier, pattern, check in _CHECKS)


def detect(number: str) -> frozenset[str]:
    """Return the carrier codes whose numbers look like this one and pass its check digit; often none or several.

    A 22-digit number starting 92 to 95 is a number of the USPS network whoever billed it (FedEx Ground Economy, UPS
    Ground Saver, DHL eCommerce): the number cannot tell, so only `usps` comes back.
    """
    text = without_routing(normalize(number))
    return frozenset(carrier for carrier, pattern, check in _COMPILED if pattern.fullmatch(text) and check(text))


_CHECKED_GROUPS = frozenset(group_for(code) for code, _, _ in _CHECKS)
_POSTAL_LAST_MILE = frozenset({"fedex", "ups", "dhl_ecommerce"})  # their light services use numbers of the USPS network
_SURE_FROM = 12  # shorter numbers fit another carrier's check digit too often by chance


def contradicts(number: str, group: str) -> bool:
    """True when a number cannot be one of this group of carriers: it has their shape with a wrong check digit, or is a
    whole number of somebody else. A shape that nobody has proves nothing."""
    text = without_routing(normalize(number))
    shapes = {group_for(code) for code, pattern, _ in _COMPILED if pattern.fullmatch(text)}
    owners = {group_for(code) for code in detect(text)}
    if group in owners or not group or ("usps" in owners and group in _POSTAL_LAST_MILE):
        return False
    return group in shapes or (bool(owners) and group in _CHECKED_GROUPS and len(text) >= _SURE_FROM)
