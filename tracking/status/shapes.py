"""The shape of a carrier's text: what stays the same when only day, place and numbers change."""

import re
from collections.abc import Iterable
from functools import lru_cache

MAX_SHAPE = 160
_MAX_READ = 4 * MAX_SHAPE

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?,?\s+)?"
_DATE = re.compile(
    rf"\b{_WEEKDAY}(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}"
    rf"|{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|\d{{1,2}}\s+{_MONTH}\.?(?:\s+\d{{4}})?)(?![\w])",
    re.IGNORECASE,
)
_TIME = re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?|\b\d{1,2}\s*[ap]\.?m\b\.?", re.IGNORECASE)
# "Memphis, TN 38101": after a preposition up to four words belong to the town, else capitals or the one word before it.
_WORD = r"[^\W\d_][\w.'-]*"
_STATE = r",\s*[A-Z]{2}\b(?:\s+(?:US|USA)\b)?(?:\s+\d{5}(?:-\d{4})?)?"
_PLACE_AFTER = re.compile(
    rf"\b([Ii]n|[Aa]t|[Ff]rom|[Tt]o|[Nn]ear|IN|AT|FROM|TO|NEAR)\s+(?:{_WORD}\s+){{0,3}}{_WORD}{_STATE}"
)
_PLACE_BARE = re.compile(rf"\b(?:(?:[A-Z][A-Z.'-]+\s+){{0,3}}[A-Z][A-Z.'-]+|{_WORD}){_STATE}")
_DIGITS = re.compile(r"\d+")
_SPACE = re.compile(r"\s+")


def text_shape(text: str, places: Iterable[str] = ()) -> str:
    """Return the shape of a text: lower case, `<date>`, `<time>`, `<place>` and `#` for what varies, at most 160 long.

    `places` are names known from the event itself (city, postcode); towns followed by a state code are found anyway.
    """
    return _shape(text, tuple(sorted({place.strip() for place in places if len(place.strip()) > 2}, key=_longest)))


def _longest(name: str) -> tuple[int, str]:
    return -len(name), name


@lru_cache(maxsize=8192)
def _shape(text: str, places: tuple[str, ...]) -> str:
    shape = _PLACE_AFTER.sub(r"\1 <place>", text[:_MAX_READ])
    shape = _PLACE_BARE.sub("<place>", shape)
    for place in places:
        shape = re.sub(rf"(?<!\w){re.escape(place)}(?!\w)", "<place>", shape, flags=re.IGNORECASE)
    shape = _TIME.sub("<time>", _DATE.sub("<date>", shape))
    return _SPACE.sub(" ", _DIGITS.sub("#", shape)).strip().lower()[:MAX_SHAPE]
