"""Recording what happened to parcels: identify, dedupe, give meaning, insert. Set-based; no event is ever rewritten."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from tracking.connectors.contract import ObservedEvent
from tracking.events.meanings import Heard, codes_for
from tracking.models import TrackingCode
from tracking.status.identity import event_identity
from tracking.status.mapping import text_shape
from tracking.status.times import Settled, settle, zone_side
from tracking.vocabulary import Evidence, Precision


@dataclass(frozen=True, slots=True)
class Told:
    """One event for one parcel, who told it and when. The zones stand in where the event names no place."""

    shipment_id: int
    source_id: int
    source_kind: str
    event: ObservedEvent
    received_at: datetime
    message_id: int | None = None
    origin_zone: str = ""
    destination_zone: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch led to: new and repeated events, and the shipments that have new or changed ones."""

    new: int
    repeated: int
    touched: frozenset[int]


WORDED = ("text", "city", "region", "postcode", "country", "signed_by")
PLACED = WORDED[1:]
# A message may be worked long after it came: what was received later has the last word, whatever came to us first.
NEWER = "excluded.received_at >= GREATEST(known.received_at, known.heard_again_at)"
# The words of a repetition: its own, else those of its code; "" where the known event's code has the same.
WORDS = f"""CASE WHEN NOT ({NEWER}) AND (known.text <> '' OR EXISTS (
        SELECT FROM tracking_trackingcode code WHERE code.id = known.code_id AND code.text_shape <> ''))
    THEN known.text WHEN excluded.text <> '' THEN excluded.text ELSE COALESCE(
        (SELECT CASE WHEN code.id = known.code_id THEN '' ELSE code.sample_text END
         FROM tracking_trackingcode code WHERE code.id = excluded.code_id AND code.text_shape <> ''), known.text) END"""  # noqa: S608
FILLED = {
    name: f"CASE WHEN {NEWER} THEN COALESCE(NULLIF(excluded.{name}, ''), known.{name}) "
    f"ELSE COALESCE(NULLIF(known.{name}, ''), excluded.{name}) END"
    for name in PLACED
}
INSERT = f"""
INSERT INTO tracking_trackingevent AS known
    (shipment_id, identity, source_id, code_id, kind, occurred_at, precision, local_date, time_text, received_at,
     message_id, carrier, text, city, region, postcode, country, signed_by, corrected_status)
SELECT shipment_id, identity, source_id, code_id, 'source', occurred_at, precision, local_date, time_text, received_at,
       message_id, carrier, text, city, region, postcode, country, signed_by, ''
FROM json_to_recordset(%s) AS told (
    shipment_id bigint, identity bigint, source_id bigint, code_id bigint, occurred_at timestamptz, precision text,
    local_date date, time_text text, received_at timestamptz, message_id bigint, carrier text, text text, city text,
    region text, postcode text, country text, signed_by text)
ORDER BY shipment_id, identity
ON CONFLICT (shipment_id, identity) DO UPDATE SET
    received_at = LEAST(known.received_at, excluded.received_at),
    message_id = CASE WHEN excluded.received_at < known.received_at THEN excluded.message_id ELSE known.message_id END,
    heard_again_at = GREATEST(known.heard_again_at, known.received_at, excluded.received_at),
    not_repeated_at = NULL,
    text = {WORDS},
    {", ".join(f"{name} = {filled}" for name, filled in FILLED.items())}
WHERE known.not_repeated_at IS NOT NULL
   OR known.occurred_at > known.received_at
   OR excluded.received_at < known.received_at
   OR ({", ".join(FILLED.values())}) IS DISTINCT FROM ({", ".join(f"known.{name}" for name in PLACED)})
   OR {WORDS} <> known.text
RETURNING shipment_id, (xmax = 0) AS is_new
"""  # noqa: S608 (made of constants)


def record(told: Sequence[Told]) -> Recorded:
    """Store events inside the caller's transaction; the shipments are locked by the caller.

    An event is the same when parcel, source, time as received and code are. A repetition changes only words and place,
    to the newest that are not empty, by their receipt and not by when they are worked.
    """
    if not told:
        return Recorded(0, 0, frozenset())
    told = sorted(told, key=lambda item: item.received_at)
    codes = codes_for([Heard(item.event, item.source_kind, item.received_at) for item in told])
    rows: dict[tuple[int, int], dict[str, object]] = {}
    for item, code in zip(told, codes, strict=True):
        row = _row(item, code)
        key = (item.shipment_id, row["identity"])
        rows[key] = _merged(rows[key], row) if key in rows else row  # type: ignore[index]
    words = {code.pk: code.words for code in codes}
    for row in rows.values():
        if row["text"] == words[row["code_id"]]:  # type: ignore[index]
            row["text"] = ""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [json.dumps(list(rows.values()))])
        written = cursor.fetchall()
    new = sum(1 for _, is_new in written if is_new)
    return Recorded(new, len(told) - new, frozenset(shipment for shipment, _ in written))


def first_scans(told: Sequence[tuple[str, Told]]) -> dict[str, datetime]:
    """Return when the parcel of each number was first physically scanned, by events that are not stored yet."""
    found: dict[str, datetime] = {}
    codes = codes_for([Heard(item.event, item.source_kind, item.received_at) for _, item in told]) if told else []
    for (number, item), code in zip(told, codes, strict=True):
        if code.evidence == Evidence.ITEM_SCANNED:
            at = _settled(item, code.milestone).occurred_at
            found[number] = min(at, found.get(number, at))
    return found


def _row(item: Told, code: TrackingCode) -> dict[str, object]:
    event, place = item.event, item.event.place
    settled = _settled(item, code.milestone)
    return {
        "shipment_id": item.shipment_id,
        "identity": _identity(item),
        "source_id": item.source_id,
        "code_id": code.pk,
        "occurred_at": settled.occurred_at.isoformat(),
        "precision": settled.precision,
        "local_date": settled.local_date.isoformat() if settled.local_date else None,
        "time_text": "" if settled.precision == Precision.INSTANT else event.when.text[:64],
        "received_at": item.received_at.isoformat(),
        "message_id": item.message_id,
        "carrier": event.carrier[:32],
        "text": event.description[:300],
        "city": place.city[:120],
        "region": place.region[:64],
        "postcode": place.postcode[:32],
        "country": place.country[:2],
        "signed_by": event.signed_by[:120],
    }


def _settled(item: Told, milestone: str) -> Settled:
    zone = item.origin_zone if zone_side(milestone) == "origin" else item.destination_zone
    return settle(item.event.when, item.event.place, zone, milestone)


def _merged(first: dict[str, object], second: dict[str, object]) -> dict[str, object]:
    """Two tellings of one event in one batch: the first stands, with the newer words and place."""
    return {name: (second[name] if name in WORDED else "") or first[name] or second[name] for name in first}


def mark_not_repeated(heard: Iterable[tuple[int, int, Sequence[Told]]], *, now: datetime) -> set[int]:
    """Mark events that a complete snapshot of their source no longer carries; they still count.

    Takes (shipment id, source id, events of the snapshot); returns the shipments with newly marked events.
    """
    snapshots: dict[tuple[int, int], set[int]] = defaultdict(set)
    for shipment_id, source_id, told in heard:
        identities = snapshots[(shipment_id, source_id)]
        identities |= {_identity(item) for item in told}
    if not snapshots:
        return set()
    said = [
        {"shipment_id": key[0], "source_id": key[1], "identities": sorted(found)} for key, found in snapshots.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE tracking_trackingevent event SET not_repeated_at = %s
               FROM json_to_recordset(%s) AS said (shipment_id bigint, source_id bigint, identities bigint[])
               WHERE event.shipment_id = said.shipment_id AND event.source_id = said.source_id
                 AND event.not_repeated_at IS NULL AND event.kind = 'source'
                 AND NOT (event.identity = ANY (said.identities))
               RETURNING event.shipment_id""",
            [now, json.dumps(said)],
        )
        return {row[0] for row in cursor.fetchall()}


def _identity(item: Told) -> int:
    event, place = item.event, item.event.place
    shape = "" if event.keys else text_shape(event.description, (place.city, place.region, place.postcode))
    return event_identity(item.source_id, event.when.text, event.keys, shape)
