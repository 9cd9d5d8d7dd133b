"""Whether two addresses can be the same place, as roughly as carriers tell it. In doubt they can."""

import re
import unicodedata
from enum import IntEnum

Place = tuple[str, str, str, str]  # city, region, postcode, country

# Territories that carriers write as a country of their own or as a part of the United States.
OF_THE_UNITED_STATES = frozenset({"PR", "VI", "GU", "MP", "AS", "UM"})
SHORT_FORMS = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "north": "n", "south": "s"}
SHORT_FORMS |= {"east": "e", "west": "w", "heights": "hts", "springs": "spgs", "township": "twp", "island": "is"}
# Boroughs that are postal towns of their own and that customers write as the city, or the reverse.
NEW_YORK = frozenset({"new york", "new york city", "manhattan", "brooklyn", "bronx", "queens", "staten is"})
AREA_LENGTH = 3  # signs of a postcode that name its area
CODE_LENGTH = 3  # a region up to this length is a code, a longer one a name


class Doubt(IntEnum):
    """How surely two addresses are different places."""

    NONE = 0
    TOWN_ALONE = 1  # only the names of the towns differ: a neighbouring town, perhaps
    CERTAIN = 2


def doubt(found: Place, expected: Place) -> Doubt:
    """Return how surely `found` is another place than `expected`; an empty part says nothing.

    Another country, region or postcode area is another place. Postcodes of one area settle it for the same place, as do
    equal towns in one region: carriers name a district, a suburb or the next town where the customer names the city.
    So two names of towns in one region, with no two postcodes to compare, are a weak sign.
    """
    if _differ(_country(found[3]), _country(expected[3])):
        return Doubt.CERTAIN
    codes_known = bool(found[2] and expected[2])
    if codes_known and _same_area(found[2], expected[2]):
        return Doubt.NONE
    if _regions_differ(found[1], expected[1]):
        return Doubt.CERTAIN
    if found[0] and expected[0] and _same_town(found[0], expected[0]):
        return Doubt.NONE
    if codes_known:
        return Doubt.CERTAIN
    return Doubt.TOWN_ALONE if found[0] and expected[0] else Doubt.NONE


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


def _same_area(one: str, other: str) -> bool:
    """True for codes that begin alike: the first three signs name one sorting area in most countries, and carriers add
    or leave out an extension ("78701-1234" and "78701")."""
    short, long = sorted((re.sub(r"\W", "", one).upper(), re.sub(r"\W", "", other).upper()), key=len)
    return len(short) >= AREA_LENGTH and long[:AREA_LENGTH] == short[:AREA_LENGTH]


def _same_town(one: str, other: str) -> bool:
    """True for one name, one name inside the other ("New York", "New York City"), or two names of one city."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    return f" {short} " in f" {long} " or {short, long} <= NEW_YORK


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode() or text
    return " ".join(SHORT_FORMS.get(word, word) for word in re.findall(r"\w+", letters.casefold()))
