"""What high care tightened on a parcel, in sentences: which policy set it, which windows and severities it changed."""

from collections.abc import Iterable

from tracking.detectors import words
from tracking.detectors.rule import severity_of
from tracking.exception_queue.policies import Policies
from tracking.models import Shipment
from tracking.vocabulary import CareLevel, Severity, SignalKind


def tightened(shipment: Shipment, kinds: Iterable[str]) -> list[str]:
    """Return what care changes for these signal kinds of a parcel; nothing for standard care.

    The parcel's carrier, service, warehouse and `care_set_by` are loaded with it.
    """
    if shipment.care_level != CareLevel.HIGH:
        return []
    policies = Policies()
    now, plain = policies.for_shipment(shipment), policies.without_care(shipment)
    said = [_who(shipment)]
    for kind in dict.fromkeys(kinds):
        label = SignalKind(kind).label
        severity, usual = severity_of(now, kind), severity_of(plain, kind)
        if severity != usual:
            said.append(f"{label}: {Severity(severity).label.lower()} instead of {Severity(usual).label.lower()}.")
        for name, window in now.windows.items():
            before = plain.windows.get(name)
            if name.partition(".")[0] == kind and before and before != window:
                part = name.partition(".")[2].replace("_", " ")
                said.append(
                    f"{label}{f', {part}' if part else ''}: window {words.window(window)} instead of "
                    f"{words.window(before)} ({now.sources.get(name, '')})."
                )
    return said


def _who(shipment: Shipment) -> str:
    who = f" by {shipment.care_set_by.get_username()}" if shipment.care_set_by else ""
    why = f": {shipment.care_reason}" if shipment.care_reason else ""
    return f"High care, {shipment.care_policy or 'set before policies were noted'}{who}{why}."
