"""All detectors, written down by hand, and the one question that is asked of them together."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from tracking.detectors import ended, pickup, promise, reasons, returns, sources, waiting
from tracking.detectors.contract import Detector, Findings, Policy, ShipmentFacts, Watch
from tracking.detectors.rule import nothing
from tracking.vocabulary import SEVERITY_RANK, Direction, SignalKind

DETECTORS: tuple[Detector, ...] = (
    waiting.MISSING_TRACKING,
    waiting.UNKNOWN_NUMBER,
    waiting.NO_FIRST_SCAN,
    waiting.BATCH_ACCEPTED_ONLY,
    waiting.STALLED,
    waiting.PRESUMED_LOST,
    reasons.CARRIER_DELAY,
    reasons.WEATHER_DELAY,
    promise.WILL_MISS_PROMISE,
    promise.MISSED_PROMISE,
    reasons.ADDRESS_ISSUE,
    reasons.PAYMENT_DUE,
    reasons.FAILED_ATTEMPT,
    pickup.HELD_AT_LOCATION,
    pickup.PICKUP_EXPIRING,
    reasons.CUSTOMS_HOLD,
    reasons.DAMAGED,
    reasons.LOST,
    reasons.REFUSED,
    returns.RETURN_TO_SENDER,
    ended.MISDELIVERY_SUSPECTED,
    ended.DELIVERED_NOT_RECEIVED,
    ended.MOVEMENT_AFTER_DELIVERY,
    sources.SOURCE_CONFLICT,
    reasons.OTHER,
)
ON_RETURNS = frozenset({SignalKind.LOST, SignalKind.DAMAGED})
NOT_ON_RETURNS = "Parcels that customers send back are watched for loss and damage only."


def detect(facts: ShipmentFacts, policy: Policy, now: datetime) -> Findings:
    """Return what every detector says of one shipment at `now` (aware UTC): signals, most severe first, and watches.

    `next_check_at` is the earliest moment after `now` at which the clock alone changes an answer; None if never.
    """
    ask = _watch_return if facts.direction == Direction.RETURN else _watch
    watches = tuple([ask(detector, facts, policy, now) for detector in DETECTORS])
    signals = [watch.signal for watch in watches if watch.signal]
    moments = (at for watch in watches for at in (watch.due_at, watch.clears_at) if at and at > now)
    return Findings(
        signals=tuple(sorted(signals, key=lambda signal: -SEVERITY_RANK[signal.severity])),
        next_check_at=min(moments, default=None),
        watches=watches,
    )


def duplicates(detectors: Iterable[Detector] = DETECTORS) -> tuple[str, ...]:
    """Return the kinds for which more than one detector is registered, sorted; a system check refuses them."""
    return tuple(sorted(kind for kind, times in Counter(one.kind for one in detectors).items() if times > 1))


def _watch(detector: Detector, facts: ShipmentFacts, policy: Policy, now: datetime) -> Watch:
    return detector.watch(facts, policy, now)


def _watch_return(detector: Detector, facts: ShipmentFacts, policy: Policy, now: datetime) -> Watch:
    if detector.kind not in ON_RETURNS:
        return nothing(detector.kind, NOT_ON_RETURNS, detector.needs_person)
    return detector.watch(facts, policy, now)
