"""What high care tightened on a parcel, in sentences: which policy set it, which windows it changed."""

from collections.abc import Iterable

from tracking.detectors import words
from tracking.exception_queue.policies import with_and_without_care
from tracking.models import Shipment
from tracking.vocabulary import CareLevel, SignalKind


def tightened(shipment: Shipment, kinds: Iterable[str]) -> list[str]:
    """Return what care changes for these signal kinds of a parcel; nothing for standard care.

    The parcel's carrier, service and warehouse are loaded with it.
    """
    if shipment.care_level != CareLevel.HIGH:
        return []
    now, plain = with_and_without_care(shipment)
    said = [_who(shipment), "Every problem counts as one step more severe."]
    for kind in dict.fromkeys(kinds):
        label = SignalKind(kind).label
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
    why = f": {shipment.care_reason}" if shipment.care_reason else ""
    return f"High care, {shipment.care_policy or 'set before policies were noted'}{why}."
