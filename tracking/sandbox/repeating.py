"""What a platform repeats of a carrier's scans, in words of its own."""

from dataclasses import dataclass
from datetime import datetime

from tracking.sandbox.orders import PlatformMove, PlayedOrder, Scan
from tracking.sandbox.places import Town

_LABEL, _ACCEPTED, _MOVING, _NEAR, _OUT = "label", "accepted", "moving", "near", "out"
_DELIVERED, _ATTEMPT, _ADDRESS, _LATE, _OTHER = "delivered", "attempt", "address", "late", "other"

# What each carrier's code amounts to. Platforms follow only the plain course of a parcel; anything else is "other".
_GIST: dict[str, dict[str, str]] = {
    "fedex": {
        "OC": _LABEL, "PU": _ACCEPTED, "DO": _ACCEPTED, "AR": _MOVING, "DP": _MOVING, "IT": _MOVING, "OD": _OUT,
        "DL": _DELIVERED, "DY": _LATE,
    },
    "usps": {
        "GX": _LABEL, "MA": _LABEL, "03": _ACCEPTED, "OA": _ACCEPTED, "10": _MOVING, "A1": _MOVING, "07": _NEAR,
        "OF": _OUT, "01": _DELIVERED, "02": _ATTEMPT, "52": _ATTEMPT, "22": _ADDRESS,
    },
    "ups": {
        "M/MP": _LABEL, "I/OR": _ACCEPTED, "I/PU": _ACCEPTED, "I/AR": _MOVING, "I/DP": _MOVING, "I/DS": _NEAR,
        "I/OT": _OUT, "D/FS": _DELIVERED, "X/48": _ATTEMPT, "X/AL": _ADDRESS,
    },
    "canada_post": {
        "3000": _LABEL, "0300": _ACCEPTED, "0400": _MOVING, "0500": _NEAR, "0174": _OUT, "1498": _DELIVERED,
        "1479": _ATTEMPT, "2407": _LATE,
    },
}  # fmt: skip

_WORDS: dict[str, dict[str, str]] = {
    "easypost": {
        _LABEL: "pre_transit/label_created",
        _ACCEPTED: "in_transit/received_at_origin_facility",
        _MOVING: "in_transit/arrived_at_facility",
        _NEAR: "in_transit/received_at_destination_facility",
        _OUT: "out_for_delivery/out_for_delivery",
        _DELIVERED: "delivered/arrived_at_destination",
        _ATTEMPT: "failure/delivery_exception",
        _ADDRESS: "failure/address_correction",
        _LATE: "in_transit/delayed",
        _OTHER: "in_transit/status_update",
    },
    "shipstation": {
        _LABEL: "NY/ELEC_ADVICE_RECD_BY_CARRIER",
        _ACCEPTED: "AC/RECEIVED_BY_CARRIER",
        _MOVING: "IT/HUB_SCAN_IN",
        _NEAR: "IT/RECEIVED_LOCAL_DELIVERY_DEPOT",
        _OUT: "IT/OUT_FOR_DELIVERY",
        _DELIVERED: "DE/DELIVERED",
        _ATTEMPT: "AT/ATTEMPTED_DELIVERY",
        _ADDRESS: "EX/ADDRESS_QUERY",
        _LATE: "EX/CARRIER_DELAYS",
        _OTHER: "IT/INFORMATION",
    },
}
_STARTS = {"easypost": "track", "shipstation": "label"}  # the step that makes a platform follow a number


@dataclass(frozen=True, slots=True)
class Word:
    """One line of a platform's history of a number. `at` and `known_at` (when the platform knows it) aware UTC;
    `carrier_code` as the carrier sent it; `scan` None where the platform speaks for itself."""

    at: datetime
    known_at: datetime
    status: str
    detail: str
    text: str
    carrier_code: str
    town: Town
    scan: Scan | None = None


def followed_from(order: PlayedOrder, key: str, source: str) -> PlatformMove | None:
    """The step with which a platform begins to follow a number, None if it never does."""
    moves = (move for move in order.platform_moves if move.step.source == source and move.step.number == key)
    return next((move for move in moves if move.step.does == _STARTS[source]), None)


def history(order: PlayedOrder, key: str, source: str, moment: datetime | None = None) -> list[Word]:
    """All that a platform knows of a number at `moment` (aware; None: in the end), oldest first."""
    begin = followed_from(order, key, source)
    if begin is None:
        return []
    lag = order.lag(begin.step.lag)
    words = [_repeated(order, key, source, scan, max(scan.known_at, begin.at) + lag) for scan in order.scans[key]]
    words += [_own(move) for move in order.platform_moves if _is_own(move, source, key)]
    known = [word for word in words if word and (moment is None or word.known_at <= moment)]
    return sorted(known, key=lambda word: word.at)


def _repeated(order: PlayedOrder, key: str, source: str, scan: Scan, known_at: datetime) -> Word | None:
    if not scan.step.code:
        return None
    gist = _GIST[order.plan(key).carrier].get(scan.step.code, _OTHER)
    status, _, detail = _WORDS[source][gist].partition("/")
    return Word(scan.at, known_at, status, detail, scan.step.text, scan.step.code, scan.town, scan)


def _is_own(move: PlatformMove, source: str, key: str) -> bool:
    return (move.step.does, move.step.source, move.step.number) == ("say", source, key)


def _own(move: PlatformMove) -> Word:
    status, _, detail = move.step.code.partition("/")
    return Word(move.at, move.at, status, detail, move.step.text, "", move.town)
