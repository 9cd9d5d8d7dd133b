"""One scan of FedEx -> one observed event with its look-up keys.

Which key decides. FedEx spreads the meaning over `eventType`, `exceptionCode`, `delayDetail` and `derivedStatusCode`,
and its operating companies use the same exception numbers for different things (Express two digits, Ground three), so
fields exist with and without the company ("FDXE.eventType"). From most to least decisive:

- events that settle something (delivered, out for delivery, pick-up, return, cancelled) or say only that data exists
  speak for themselves: a delay detail on a delivery does not undo it;
- other events: the event with its exception code; the exception code alone; the structured delay when its status is
  DELAYED; the event alone. Only codes that say more than "late" have a row that outranks the delay: subcode `delay`
  marks exception codes that come with a structured delay, and weak codes have no row for it;
- `derivedStatusCode` is coarser than the event (in transit for out for delivery) and only counts where there is no
  event type: an unknown event type stays unmapped.

A scan's keys are part of its identity, so they hold nothing that only one snapshot knows.
"""

from tracking.connectors.contract import LookupKey, ObservedEvent, Place
from tracking.connectors.fedex.times import read_fedex_when
from tracking.connectors.parsing import Node

CARRIER = "fedex"
CODE, NAME = 40, 120  # characters kept of a code, and of a name or short text

# Events that keep their own meaning whatever delay is reported with them.
SETTLING = frozenset({"DL", "OD", "AD", "ED", "HP", "HL", "RS", "RT", "CA"})
DATA_ONLY = frozenset({"OC", "OX", "MD", "EP", "AP", "DS", "DR", "RP", "RG", "RD", "LP", "LC"})
# Events by which FedEx holds the parcel: a delay or code reported with one of them is told at a scan.
AT_A_SCAN = frozenset(
    {
        "PU",
        "PX",
        "DO",
        "IP",
        "OF",
        "IT",
        "IX",
        "OW",
        "AR",
        "AF",
        "AA",
        "AC",
        "AX",
        "DP",
        "LO",
        "EO",
        "FD",
        "PF",
        "PL",
        "SF",
    }
    | {"TR", "DE"}
)
GROUND = frozenset({"FDXG", "FXSP"})
RETURN_LABEL_EVENTS = frozenset({"RP", "RG", "RD", "LP", "LC"})


def read_scan(scan: Node, number: str, company: str) -> ObservedEvent | None:
    """Return the event of one entry of `scanEvents`; None when it has no usable time (noted).

    `company` is FedEx's operating company (FDXE, FDXG, FXSP...), "" when unknown.
    """
    when = read_fedex_when(scan, "date")
    if when is None:
        if not scan.text("date"):
            scan.note("date", "This scan has no time.")
        return None
    event, exception = scan.text("eventType", CODE), scan.text("exceptionCode", CODE)
    return ObservedEvent(
        tracking_number=number,
        carrier=CARRIER,
        when=when,
        keys=_keys(scan, event, exception, company),
        raw_code=event or scan.text("derivedStatusCode", CODE),
        raw_subcode=exception,
        description=_description(scan),
        place=read_place(scan.node("scanLocation")),
    )


def read_place(address: Node) -> Place:
    """Return the place of a FedEx address."""
    country = address.text("countryCode", CODE).upper()
    return Place(
        city=address.text("city", NAME),
        region=address.text("stateOrProvinceCode", CODE),
        postcode=address.text("postalCode", 32),
        country=country if len(country) == 2 and country.isalpha() else "",
    )


def _description(scan: Node) -> str:
    event = scan.text("eventDescription", NAME) or scan.text("derivedStatus", NAME)
    exception = scan.text("exceptionDescription", NAME)
    return " - ".join(part for part in (event, exception) if part)


def _keys(scan: Node, event: str, exception: str, company: str) -> tuple[LookupKey, ...]:
    if not event:
        return _derived(scan)
    upper = event.upper()  # FedEx writes "Ow" once; its own code stays as sent in `raw_code`
    plain = [LookupKey("eventType", upper)]
    exact = _scoped(company, "eventType", upper, exception, exception) if exception else []
    if upper in SETTLING or upper in DATA_ONLY:
        return (*exact, *plain)
    delay = _delay(scan.node("delayDetail"), upper)
    circumstance = "delay" if delay and delay[0].field == "delayDetail.type" else _at_scan(upper)
    alone = _scoped(company, "exceptionCode", exception, circumstance, exception) if exception else []
    return (*exact, *alone, *delay, *plain)


def _scoped(company: str, field: str, code: str, subcode: str, exception: str) -> list[LookupKey]:
    """Return the key of the company and the key of them all. Two digits are Express's numbering: told by Ground they do
    not get Express's meaning."""
    own = [LookupKey(f"{company}.{field}", code, subcode)] if company else []
    is_foreign = company in GROUND and exception.isdigit() and len(exception) == 2
    return own if is_foreign else [*own, LookupKey(field, code, subcode)]


def _at_scan(event: str) -> str:
    return "scan" if event in AT_A_SCAN else ""


def _delay(detail: Node, event: str) -> list[LookupKey]:
    """Return the keys of a structured delay; the status may be the only thing FedEx fills in."""
    if detail.text("status").upper() != "DELAYED":
        return []
    kind = detail.text("type", CODE).upper()
    typed = [LookupKey("delayDetail.type", kind, _at_scan(event))] if kind else []
    return [*typed, LookupKey("delayDetail.status", "DELAYED", _at_scan(event))]


def _derived(scan: Node) -> tuple[LookupKey, ...]:
    """Return the keys of a scan without event type: the delay, else the summary, else that it is on time."""
    detail, derived = scan.node("delayDetail"), scan.text("derivedStatusCode", CODE).upper()
    keys = _delay(detail, "")
    if derived:
        keys.append(LookupKey("derivedStatusCode", derived))
    elif not keys and detail.text("status"):
        keys.append(LookupKey("delayDetail.status", detail.text("status", CODE).upper()))
    return tuple(keys)
