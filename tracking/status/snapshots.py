"""What snapshots say about a parcel as a whole: estimate, proof of delivery, not found.

The source of the highest precedence that says something is the one shown.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from tracking.status.contract import EventFact, ObservationFact
from tracking.status.evidence import evidence_rank
from tracking.status.ordering import Placed
from tracking.vocabulary import EVIDENCE_RANK, Evidence, Milestone

Place = tuple[str, str, str, str]  # city, region, postcode, country
NO_PLACE: Place = ("", "", "", "")
_TROUBLE = frozenset({Milestone.DELAYED, Milestone.EXCEPTION})
_HAS_DATA, _SCANNED = EVIDENCE_RANK[Evidence.CARRIER_HAS_DATA], EVIDENCE_RANK[Evidence.ITEM_SCANNED]


class Proof(NamedTuple):
    """What shows that a parcel was handed over."""

    signed_by: str = ""
    place: Place = NO_PLACE
    delivered_to: str = ""
    url: str = ""


def ranked(observations: Iterable[ObservationFact]) -> list[ObservationFact]:
    """Return each source's newest observation, highest precedence first, ties to the newer."""
    newest: dict[int, ObservationFact] = {}
    for one in observations:
        other = newest.get(one.source_id)
        if other is None or (one.observed_at, repr(one)) > (other.observed_at, repr(other)):
            newest[one.source_id] = one
    return sorted(newest.values(), key=lambda one: (one.precedence, -one.observed_at.timestamp(), one.source_id))


def is_tellable(observation: ObservationFact, first_scan_at: datetime | None) -> bool:
    """Return whether an estimate was made after the first scan; earlier ones are kept and not told."""
    return first_scan_at is not None and _named_at(observation) >= first_scan_at


def is_overtaken(observation: ObservationFact, placed: Iterable[Placed]) -> bool:
    """Return whether an estimate no longer says what its source expects: it reported trouble since it last named the
    estimate. Carriers withdraw it during a delay; the last one known is kept and not told."""
    own = (one.event for one in placed if one.event.source_id == observation.source_id)
    named = _named_at(observation)
    return any(event.milestone in _TROUBLE and event.received_at > named for event in own)


def estimate(observations: Sequence[ObservationFact], first_scan_at: datetime | None) -> ObservationFact | None:
    """Return the observation whose estimate is shown: the highest that may be told, else the highest there is."""
    made = [one for one in observations if one.estimate_at is not None]
    told = (one for one in made if is_tellable(one, first_scan_at))
    return next(told, made[0] if made else None)


def proof(observations: Sequence[ObservationFact], delivery: EventFact | None) -> Proof:
    """Return the proof of a delivery: each fact from the highest source that has it, the event's own words last."""
    own_place = _place_of(delivery) if delivery else NO_PLACE
    places = [_delivered_place(one) for one in observations] + [own_place]
    signers = [one.signed_by for one in observations] + [delivery.signed_by if delivery else ""]
    return Proof(
        signed_by=next(filter(None, signers), ""),
        place=next((place for place in places if any(place)), NO_PLACE),
        delivered_to=next((one.delivered_to for one in observations if one.delivered_to), ""),
        url=next((one.proof_url for one in observations if one.proof_url), ""),
    )


def not_found_since(observations: Iterable[ObservationFact], placed: Sequence[Placed]) -> datetime | None:
    """Return since when a carrier does not know the number, if nothing contradicts: a scan told by anybody, data known
    to a source at least as high, or such a source saying that it does know the number."""
    seen = list(observations)
    since = [
        one.not_found_since or one.observed_at
        for one in seen
        if one.not_found and not _is_known(one.precedence, seen, placed)
    ]
    return min(since, default=None)


def last_place(events: Iterable[EventFact]) -> Place:
    """Return the last place named in events given newest first."""
    return next((place for place in map(_place_of, events) if place[0] or place[2]), NO_PLACE)


def _named_at(observation: ObservationFact) -> datetime:
    return observation.estimate_told_at or observation.observed_at


def _is_known(precedence: int, observations: Iterable[ObservationFact], placed: Iterable[Placed]) -> bool:
    if any(one.not_found is False and one.precedence <= precedence for one in observations):
        return True
    return any(
        evidence_rank(one.event) >= (_HAS_DATA if one.event.precedence <= precedence else _SCANNED) for one in placed
    )


def _delivered_place(one: ObservationFact) -> Place:
    return one.delivered_city, one.delivered_region, one.delivered_postcode, one.delivered_country


def _place_of(event: EventFact) -> Place:
    return event.place_city, event.place_region, event.place_postcode, event.place_country
