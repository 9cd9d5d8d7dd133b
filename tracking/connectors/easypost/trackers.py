"""One tracker of EasyPost: a snapshot of one parcel with its history, oldest detail first. Pure.

`status` and `status_detail` of a detail are both look-up keys. The detail says more and is asked first; details that
say nothing (`status_update`, `unknown`) pass on to the status in the mapping, as does any detail without a row.
"""

import re
from datetime import datetime, time

from tracking.connectors.carriers import code_for
from tracking.connectors.contract import LookupKey, Observation, ObservedEvent, Place, ShipmentUpdate, When
from tracking.connectors.numbers import detect, normalize
from tracking.connectors.parsing import Node
from tracking.vocabulary import Direction, Precision

CODE, NAME = 60, 120  # characters kept of a code, and of a name
FAMILIES = ("fedex", "usps", "ups")  # carriers that EasyPost knows under many names
WITHOUT_DATA = frozenset({"unknown", "error"})  # statuses of a number that no carrier has told about


class Tracker:
    """What one tracker says, taken apart once. `number` is empty when it names none."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.number = node.text("tracking_code", 128)
        self.carrier = carrier_of(node.text("carrier", NAME))
        before = len(node.errors)
        found = [self._event(detail) for detail in node.nodes("tracking_details")]
        self.events = tuple(event for event in found if event)
        self.is_complete = node.has("tracking_details") and len(node.errors) == before

    @property
    def update(self) -> ShipmentUpdate:
        """The parcel's carrier, service, direction, other number and places."""
        detail = self._node.node("carrier_detail")
        return ShipmentUpdate(
            self.number,
            self.carrier,
            service=detail.text("service", NAME),
            direction=(Direction.RETURN if self._node.flag("is_return") else Direction.OUTBOUND).value,
            partner_numbers=_partners(detail.text("alternate_identifier", 64), self.number),
            ship_from=_known(detail.node("origin_tracking_location")),
            ship_to=_known(detail.node("destination_tracking_location")),
        )

    @property
    def observation(self) -> Observation:
        """The snapshot's facts. A number without any history whose status says so is not known to its carrier."""
        is_unknown = self._node.text("status", CODE).lower() in WITHOUT_DATA and not self.events
        return Observation(
            self.number,
            self.carrier,
            not_found=is_unknown,
            estimate_at=_estimate(self._node),
            signed_by=self._node.text("signed_by", NAME),
            destination=_known(self._node.node("carrier_detail").node("destination_tracking_location")),
        )

    def _event(self, detail: Node) -> ObservedEvent | None:
        """Read one detail; None (and a note) without time or status.

        A time is told as UTC; carriers that give no zone have their local time behind that Z, which nothing shows.
        """
        status, more, when = detail.text("status", CODE), detail.text("status_detail", CODE), detail.when("datetime")
        if when is None and not detail.has("datetime"):
            detail.note("datetime", "This detail has no time.")
        if not status and not more:
            detail.note("status", "This detail has no status.")
        if when is None or not (status or more):
            return None
        return ObservedEvent(
            tracking_number=self.number,
            carrier=self.carrier,
            when=when,
            keys=_keys(status.lower(), more.lower()),
            raw_code=status,
            raw_subcode=more,
            description=detail.text("message", 500) or detail.text("description", 500),
            place=_place(detail.node("tracking_location")),
        )


def carrier_of(name: str) -> str:
    """Return the carrier code of EasyPost's name; accounts of one carrier have names that begin alike (`UPSDAP`)."""
    beginnings = (carrier for carrier in FAMILIES if name.lower().startswith(carrier))
    return code_for(name) or next(beginnings, "")


def _keys(status: str, detail: str) -> tuple[LookupKey, ...]:
    """Return the look-up keys: the detail together with its status, then the status."""
    keys = [LookupKey("status_detail", detail, status)] if detail else []
    return (*keys, LookupKey("status", status)) if status else tuple(keys)


def _estimate(node: Node) -> When | None:
    """Return the estimate. Midnight says a day; the carrier's own day, where told, is nearer to the truth than UTC's.

    A test tracker gives the moment of its making, which is no estimate.
    """
    local = node.node("carrier_detail").when("est_delivery_date_local")
    told = node.when("est_delivery_date")
    if told is None or told.text == node.text("created_at"):
        return local
    if isinstance(told.value, datetime) and told.value.time() == time():
        return local or When(text=told.text, precision=Precision.DATE.value, value=told.value.date())
    return told


def _partners(number: str, own: str) -> tuple[tuple[str, str], ...]:
    """Return the parcel's second number when it looks like the number of exactly one carrier."""
    carriers = detect(number)
    if len(carriers) != 1 or normalize(number) == normalize(own):
        return ()
    return ((number, next(iter(carriers))),)


def _place(node: Node) -> Place:
    country = node.text("country", NAME)
    return Place(
        city=node.text("city", NAME),
        region=node.text("state", CODE),
        postcode=node.text("zip", 32),
        country=country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else "",
    )


def _known(node: Node) -> Place | None:
    place = _place(node)
    return place if place != Place() else None
