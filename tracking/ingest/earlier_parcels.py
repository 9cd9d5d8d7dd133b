"""Carriers use numbers again: what a message tells of an earlier parcel must not touch the one announced now."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from tracking.connectors.contract import ObservedEvent
from tracking.connectors.numbers import normalize
from tracking.ingest.reading import Item
from tracking.shipments.directory import Directory

LABELS_ARE_NO_OLDER = timedelta(days=60)  # than the shop's announcement of their number
SAID = "It tells of an earlier parcel that carried this number."


def leave_out(items: Iterable[Item], directory: Directory) -> dict[int, str]:
    """Take out of the readings what belongs to an earlier parcel of a number; return what was done, by message id.

    A number's part of a message is taken out when its newest event is 60 days older than the announcement of the number
    by an order, and no parcel was known by it then.
    """
    notes: dict[int, str] = {}
    for item in items:
        foreign = _foreign(item, directory)
        if foreign:
            item.reading = replace(
                item.reading,
                events=tuple(each for each in item.reading.events if each.tracking_number not in foreign),
                shipments=tuple(each for each in item.reading.shipments if each.tracking_number not in foreign),
                observations=tuple(each for each in item.reading.observations if each.tracking_number not in foreign),
            )
            notes[item.message.pk] = SAID
    return notes


def _foreign(item: Item, directory: Directory) -> set[str]:
    newest: dict[str, datetime] = defaultdict(lambda: datetime.min.replace(tzinfo=UTC))
    for event in item.reading.events:
        newest[event.tracking_number] = max(newest[event.tracking_number], _moment(event))
    return {number for number, at in newest.items() if _is_foreign(number, at, directory)}


def _is_foreign(number: str, at: datetime, directory: Directory) -> bool:
    shipment = directory.find(normalize(number), at=at)
    if shipment is None or shipment.order_id is None or shipment.number_at is None:
        return False
    return at < shipment.number_at - LABELS_ARE_NO_OLDER


def _moment(event: ObservedEvent) -> datetime:
    value = event.when.value
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return _midnight(value)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
