"""What is shown of a person before their data is revealed. Pure: texts in, texts out.

Every screen, export and resource asks here; nothing else decides what part of a name or an address may be seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracking.models.parties import Customer, initials

HIDDEN = "•••"
_SHORTEST = 2  # a single letter is an initial already
_EMAIL = re.compile(r"[A-Za-z0-9._%+'\-]+(?:@|%40)[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
_PHONE = re.compile(r"(?<![\w#.])\+\d[\d ().\-]{6,18}\d\b")
_PERSON_KEYS = re.compile(
    r"email|phone|mobile|firstname|lastname|fullname|personname|recipientname|customername|contactname|username|"
    r"receivedby|signedby|signedfor|signature|street|address\d|addressline|latitude|longitude|browserip|clientip|"
    r"useragent|statusurl|note$|notes$|giftmessage|birth|taxid|vat"
)
_PERSON_PARENTS = re.compile(
    r"address$|customer$|shipto$|billto$|shipfrom$|recipient$|recipientinformation$|receiver$|consignee$|contact$|"
    r"contactandaddress$|buyer$|clientdetails$|destination$"
)
_HARMLESS_KEYS = re.compile(
    r"^(id|city|locality|state|stateorprovincecode|province|provincecode|region|country|countrycode|countryname|"
    r"countryregion|locale|currency|createdat|updatedat|type|kind|tags|residential|code|admingraphqlapiid)$"
)
_SECRET_HEADERS = re.compile(r"auth|secret|token|key|signature|hmac|cookie|digest|password|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as one reader may see them; every field is safe to print."""

    name: str
    email: str
    phone: str
    is_revealed: bool


def email(address: str) -> str:
    """ "ann@example.com" -> "a•••@e•••.com"; "" stays ""."""
    local, at, domain = address.strip().replace("%40", "@").partition("@")
    if not at:
        return HIDDEN if local else ""
    return f"{local[:1]}{HIDDEN}@{domain[:1]}{HIDDEN}.{domain.rpartition('.')[2]}"


def phone(number: str) -> str:
    """ "+1 555 010 4242" -> "•••42"; "" stays ""."""
    digits = re.sub(r"\D", "", number)
    return HIDDEN + digits[-2:] if digits else ""


def name(full: str) -> str:
    """ "Ann Brown" -> "A. B."; "" stays "". An e-mail address given as a name is masked as one."""
    return email(full) if "@" in full else initials(full)


def text(free: str) -> str:
    """Mask the e-mail addresses and international phone numbers inside free text; the rest is as it was."""
    without = _EMAIL.sub(lambda found: email(found.group()), free)
    return _PHONE.sub(lambda found: phone(found.group()), without)


def about(free: str, who: Customer | None) -> str:
    """Mask free text about a person: also the parts of their name; the rest is word for word."""
    hidden = text(free)
    names = sorted({part for part in re.split(r"\s+", who.name if who else "") if len(part) >= _SHORTEST})
    if not names:
        return hidden
    pattern = r"(?<!\w)(?:" + "|".join(re.escape(part) for part in names) + r")(?!\w)"
    return re.sub(pattern, lambda found: f"{found.group()[0]}{HIDDEN}", hidden)


def customer(who: Customer | None, *, revealed: bool = False) -> Person:
    """Return what a reader may see of a customer; nobody, or somebody erased, is a row of empty texts."""
    if who is None:
        return Person("", "", "", is_revealed=False)
    if revealed:
        return Person(who.name, who.email, who.phone, is_revealed=True)
    return Person(name(who.name), email(who.email), phone(who.phone), is_revealed=False)


def headers(stored: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a message for people to read: secrets never, personal data masked."""
    return {key: HIDDEN if _SECRET_HEADERS.search(key) else text(str(value)) for key, value in sorted(stored.items())}


def payload(value: Any, *, _personal: bool = False) -> Any:
    """Return decoded JSON with the values of personal fields masked, at any depth; keys and shape stay.

    Vendors name such fields in many ways (`customerEmail`, `contact_email`, `shipTo.name`), so the key decides
    without regard to case and punctuation. Inside a person or an address all but the coarse place is masked.
    """
    if isinstance(value, Mapping):
        return {key: _field(_plain(str(key)), inner, _personal) for key, inner in value.items()}
    if isinstance(value, list):
        return [payload(inner, _personal=_personal) for inner in value]
    if isinstance(value, str):
        return _hide(value) if _personal else text(value)
    return _hide(value) if _personal and not isinstance(value, bool) else value


def _plain(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _field(key: str, value: Any, personal: bool) -> Any:
    if isinstance(value, Mapping | list):
        inside = personal or bool(_PERSON_PARENTS.search(key) or _PERSON_KEYS.search(key))
        return payload(value, _personal=inside)
    if _PERSON_KEYS.search(key) or (personal and not _HARMLESS_KEYS.match(key)):
        return _hide(value)
    return payload(value)


def _hide(value: Any) -> Any:
    """Mask one value: empty ones and flags say nothing about anybody and stay."""
    if value is None or value == "" or isinstance(value, bool):
        return value
    shown = str(value)
    return email(shown) if _EMAIL.fullmatch(shown) else HIDDEN
