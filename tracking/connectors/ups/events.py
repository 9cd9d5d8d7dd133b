"""One activity of UPS -> one observed event with its look-up keys.

UPS says what happened in three layers: `type` (one or two letters), `code` (its meaning depends on the type) and
`statusCode` (three digits, coarser). Type and code are asked first, then the status code, a type without code last;
each is followed by its family, which is what the mapping knows. A push carries no status code: so that push and poll
name an event alike, the status code is a key only where type and code are not documented. Freight and Mail Innovations
use codes of their own.
"""

import re
from dataclasses import dataclass

from tracking.connectors.contract import LookupKey, ObservedEvent, Place, When
from tracking.connectors.parsing import Node
from tracking.connectors.ups.codes import family_of

CARRIER = "ups"
CODE, NAME = 40, 120  # characters kept of a code, and of a name or short text
PARCEL, FREIGHT, MAIL = "status", "freight", "mail"  # which table of codes a shipment speaks
FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Status:
    """What a `status` object says; codes upper case, as UPS sends them."""

    type: str
    code: str
    status_code: str
    description: str


def read_status(node: Node) -> Status:
    """Return type, code, status code and text of a status object."""
    status_code = node.text("statusCode", CODE) or node.text("descriptionCode", CODE)
    return Status(
        type=node.text("type", CODE).upper(),
        code=node.text("code", CODE).upper(),
        status_code=status_code if re.fullmatch(r"[0-9]{3}", status_code) else "",
        description=node.text("description", 500) or node.text("simplifiedTextDescription", 500),
    )


def table_of(service: str, number: str) -> str:
    """Return which table of codes holds. Parcels rated like freight have freight in their name, but a 1Z number."""
    words = service.lower()
    if "mail innovations" in words:
        return MAIL
    return FREIGHT if "freight" in words and not number.upper().startswith("1Z") else PARCEL


def build_event(
    number: str, status: Status, when: When, place: Place, table: str, signed_by: str = ""
) -> ObservedEvent:
    """Return the event of a status that says anything."""
    return ObservedEvent(
        tracking_number=number,
        carrier=CARRIER,
        when=when,
        keys=_keys(status, table),
        raw_code=status.code or status.status_code,
        raw_subcode=status.type,
        description=status.description,
        place=place,
        signed_by=signed_by,
    )


def _keys(status: Status, table: str) -> tuple[LookupKey, ...]:
    if table == FREIGHT:
        found = [_with_family(FREIGHT, code) for code in (status.code, status.status_code) if code]
        return tuple(key for keys in found for key in keys) or (LookupKey(PARCEL, status.type),)
    if table == MAIL and family_of(MAIL, status.code):
        return _with_family(MAIL, status.code)
    code = _plain(status.code)
    own, family = LookupKey(PARCEL, status.type, code), family_of(status.type, code)
    if family:
        return (own, LookupKey(FAMILY, family))
    summary = _with_family("statusCode", status.status_code)
    return (own, *summary) if code else (*summary, own)


def _with_family(table: str, code: str) -> tuple[LookupKey, ...]:
    if not code:
        return ()
    family = family_of(table, code)
    return (LookupKey(table, code), LookupKey(FAMILY, family)) if family else (LookupKey(table, code),)


def _plain(code: str) -> str:
    """UPS publishes its single-digit codes without the zero that some answers pad them with."""
    return str(int(code)) if re.fullmatch(r"0[0-9]", code) else code


def read_place(address: Node) -> Place:
    """Return the place of an address of Track (`countryCode`) or Track Alert (`country`)."""
    country = (address.text("countryCode", CODE) or address.text("country", CODE)).upper()
    return Place(
        city=address.text("city", NAME),
        region=address.text("stateProvince", CODE),
        postcode=address.text("postalCode", 32),
        country=country if re.fullmatch(r"[A-Z]{2}", country) else "",
    )
