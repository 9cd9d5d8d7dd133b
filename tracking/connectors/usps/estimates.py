"""When USPS expects to deliver: the first of several fields that is filled."""

from datetime import datetime, time

from tracking.connectors.contract import When
from tracking.connectors.parsing import Node
from tracking.connectors.usps.times import as_local
from tracking.vocabulary import Precision

_MOMENTS = (
    "predictedDeliveryTimeStamp",
    "expectedDeliveryTimeStamp",
    "predictedDeliveryDate",
    "guaranteedDeliveryTimeStamp",
)


def estimate(parcel: Node) -> tuple[When | None, When | None]:
    """Return (estimate, end of its window) in the recipient's local time; (None, None) when USPS gives none.

    A predicted window goes first, then the predicted or expected moment, then the predicted day, then the guarantee.
    """
    start, end = (_local(parcel, f"predictedDeliveryWindow{edge}Time") for edge in ("Start", "End"))
    if start and end:
        return start, end
    for key in _MOMENTS:
        found = _local(parcel, key)
        if found:
            return found, None
    return None, None


def _local(parcel: Node, key: str) -> When | None:
    """Read one field as local time; midnight says a day, not an hour."""
    told = parcel.when(key)
    if told is None:
        return None
    local = as_local(told)
    if isinstance(local.value, datetime) and local.value.tzinfo is None and local.value.time() == time():
        return When(text=local.text, precision=Precision.DATE.value, value=local.value.date())
    return local
