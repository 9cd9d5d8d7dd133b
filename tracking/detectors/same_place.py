"""Whether two addresses can be the same place, as roughly as carriers tell it. In doubt they can."""

import re
import unicodedata

Place = tuple[str, str, str, str]  # city, region, postcode, country

# Territories that carriers write as a country of their own or as a part of the United States.
OF_THE_UNITED_STATES = frozenset({"PR", "VI", "GU", "MP", "AS", "UM"})
SHORT_FORMS = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "north": "n", "south": "s"}
SHORT_FORMS |= {"east": "e", "west": "w", "heights": "hts", "springs": "spgs", "township": "twp"}
CODE_LENGTH = 3  # a region up to this length is a code, a longer one a name


def contradicts(found: Place, expected: Place) -> bool:
    """True when `found` cannot be `expected`: another country, or another region, or another city or postcode.

    Equal postcodes settle it, as do equal cities in one region; an empty part, or a region told as a code here and as a
    name there, says nothing.
    """
    if _differ(_country(found[3]), _country(expected[3])):
        return True
    if _same_postcode(found[2], expected[2]):
        return False
    if _regions_differ(found[1], expected[1]):
        return True
    if found[0] and expected[0]:
        return not _same_city(found[0], expected[0])
    return bool(found[2] and expected[2])


def told(place: Place) -> str:
    """Return a place as people write it: "Austin, TX, 78701, US"."""
    return ", ".join(part for part in place if part)


def _differ(one: str, other: str) -> bool:
    return bool(one and other) and one != other


def _country(code: str) -> str:
    code = code.strip().upper()
    return "US" if code in OF_THE_UNITED_STATES else code


def _regions_differ(one: str, other: str) -> bool:
    one, other = _plain(one), _plain(other)
    comparable = (len(one) <= CODE_LENGTH) == (len(other) <= CODE_LENGTH)
    return comparable and _differ(one, other)


def _same_postcode(one: str, other: str) -> bool:
    """True for equal codes, also when one has an extension that the other lacks ("78701-1234" and "78701")."""
    short, long = sorted((re.sub(r"\W", "", one).upper(), re.sub(r"\W", "", other).upper()), key=len)
    return len(short) >= 3 and long.startswith(short)


def _same_city(one: str, other: str) -> bool:
    """True when the names are equal or one is part of the other ("New York", "New York City")."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    return f" {short} " in f" {long} "


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() or text
    return " ".join(SHORT_FORMS.get(word, word) for word in re.findall(r"\w+", letters.casefold()))
