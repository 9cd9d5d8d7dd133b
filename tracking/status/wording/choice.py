"""Chooses the sentence that is true of a parcel. A label is never called movement, and nothing depends on the time."""

from dataclasses import dataclass
from datetime import date, datetime

from tracking.status.contract import Sentence, ShipmentState
from tracking.status.times import zone_info
from tracking.status.wording.rendering import VERSION, parameters_of
from tracking.vocabulary import BEFORE_SCAN_STATUSES, Evidence, Reason, ShipmentStatus

_MAX_PLACE = 60
_DELAYS = {
    Reason.WEATHER_DELAY: "delayed_weather",
    Reason.CARRIER_DELAY: "delayed_carrier",
    Reason.MISSED_WINDOW: "delayed_missed_window",
}
_LABEL_KEYS = {
    Evidence.PICKUP_REGISTERED: "label_pickup_registered",
    Evidence.BATCH_ACCEPTED: "label_batch_accepted",
}
_RETURN_CAUSES = frozenset(
    {
        Reason.REFUSED,
        Reason.ADDRESS_ISSUE,
        Reason.FAILED_ATTEMPT,
        Reason.HELD_AT_LOCATION,
        Reason.DAMAGED,
        Reason.CUSTOMS_HOLD,
        Reason.PAYMENT_DUE,
    }
)


@dataclass(frozen=True, slots=True)
class SentenceFacts:
    """What the sentence needs beside the state.

    `carrier` is the name to show ("FedEx"), "" if not known; `zone` the IANA zone of the ship-to, for days;
    `sources_disagree` is true while the sources' contradiction is an open problem. What depends on the time is asked
    before (`estimate_is_past`), so that the choice itself needs no clock.
    """

    carrier: str = ""
    zone: str = "UTC"
    has_number: bool = True
    sources_disagree: bool = False
    estimate_is_past: bool = False  # the last estimated day is over at the ship-to


def sentence_for(state: ShipmentState, facts: SentenceFacts) -> Sentence:
    """Return the sentence for a state: key, parameters (dates ISO) and wording version, ready to be stored."""
    known = _known_parameters(state, facts)
    key = _key(state, facts, known)
    return Sentence(key, {name: known.get(name, "") for name in sorted(parameters_of(key))}, VERSION)


def _key(state: ShipmentState, facts: SentenceFacts, known: dict[str, str]) -> str:
    if facts.sources_disagree:
        return "sources_disagree"
    if state.moved_after_end_at is not None:
        return f"moved_after_{state.status}"
    if state.status in BEFORE_SCAN_STATUSES:
        return _before_scan(state, facts)
    if state.status in (ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION):
        return _trouble(state, known)
    if state.status in (ShipmentStatus.FIRST_SCAN, ShipmentStatus.IN_TRANSIT):
        is_late = state.estimate_told and "estimate" not in known
        return "in_transit_late" if is_late else _with_estimate(state.status, known)
    return _other(state, known)


def _before_scan(state: ShipmentState, facts: SentenceFacts) -> str:
    if not facts.has_number:
        return "created_without_number"
    if state.evidence in _LABEL_KEYS:
        return _LABEL_KEYS[Evidence(state.evidence)]
    return "label_created" if state.status == ShipmentStatus.LABEL_CREATED else "created"


def _trouble(state: ShipmentState, known: dict[str, str]) -> str:
    delay = _delay(state)
    if delay:
        return _with_estimate(delay, known) if state.first_scan_at else "label_delayed"
    if state.reason == Reason.FAILED_ATTEMPT and state.attempts > 1:
        return "exception_failed_attempts"
    return f"exception_{state.reason or Reason.OTHER}"


def _delay(state: ShipmentState) -> str:
    """Return the delay a parcel is in, "" when it is another trouble."""
    if state.reason in _DELAYS:
        return _DELAYS[Reason(state.reason)]
    vague = state.reason in ("", Reason.OTHER)
    return "delayed" if vague and state.status == ShipmentStatus.DELAYED else ""


def _other(state: ShipmentState, known: dict[str, str]) -> str:
    if state.status == ShipmentStatus.AVAILABLE_FOR_PICKUP and "return_by" in known:
        return "available_for_pickup_until"
    if state.status == ShipmentStatus.RETURNING and state.reason in _RETURN_CAUSES:
        return f"returning_{state.reason}"
    if state.status == ShipmentStatus.DELIVERED:
        return "delivered" + ("_place" if "place" in known else "") + ("_signed" if state.signed_by else "")
    return state.status


def _with_estimate(key: str, known: dict[str, str]) -> str:
    if "estimate" not in known:
        return key
    return f"{key}_window" if "estimate_until" in known else f"{key}_estimate"


def _known_parameters(state: ShipmentState, facts: SentenceFacts) -> dict[str, str]:
    """Return the parameters that can be filled truthfully. A signature is told without the name of who signed."""
    values = {
        "carrier": _plain(facts.carrier),
        "place": _town(state.delivered_place[0]),
        "date": _day(state.status_local_date, state.status_at, facts.zone),
        "return_by": state.return_by.isoformat() if state.return_by else "",
        "count": str(state.attempts),
    }
    return {name: value for name, value in (values | _estimate(state, facts)).items() if value}


def _estimate(state: ShipmentState, facts: SentenceFacts) -> dict[str, str]:
    """Return the estimated days, nothing when they are over: by the calendar, or because the carrier has reported the
    parcel on a later day."""
    if not state.estimate_told or facts.estimate_is_past:
        return {}
    first, last = _day(None, state.estimate_at, facts.zone), _day(None, state.estimate_until, facts.zone)
    if max(first, last) < _day(state.status_local_date, state.status_at, facts.zone):
        return {}
    return {"estimate": first, "estimate_until": last if last > first else ""}


def _day(local: date | None, at: datetime | None, zone: str) -> str:
    if local is not None:
        return local.isoformat()
    return at.astimezone(zone_info(zone)).date().isoformat() if at else ""


def _town(city: str) -> str:
    city = _plain(city)
    return city.title() if city.isupper() else city


def _plain(text: str) -> str:
    """Keep what can stand in a sentence: one line, no braces, not endless."""
    return " ".join(text.replace("{", "").replace("}", "").split())[:_MAX_PLACE]
