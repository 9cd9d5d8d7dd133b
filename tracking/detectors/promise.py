"""Detectors of the date given at order time: about to be missed, and missed."""

from datetime import datetime

from tracking.calendars.days import ONE_DAY, day_start, local_day
from tracking.detectors import words
from tracking.detectors.attribution import BECAUSE, cause_of_lateness
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.gates import ended, reported, shown
from tracking.detectors.rule import Condition, Rule
from tracking.detectors.windows import due_on, window_of
from tracking.vocabulary import Precision

NO_PROMISE = "No promise is known."


def promise_end(facts: ShipmentFacts) -> datetime | None:
    """Return the moment (aware UTC) when the promise is over: for a date the end of that day at the ship-to."""
    if facts.promise_at is None or not facts.promise_is_date:
        return facts.promise_at
    zone = facts.ship_to_zone or "UTC"
    return day_start(zone, local_day(zone, facts.promise_at) + ONE_DAY)


def estimate_misses(facts: ShipmentFacts, policy: Policy) -> bool:
    """True when the carrier's estimate lies behind the promise by more than the will_miss_promise window (12 h).

    Where only the day of the estimate is known, the days are compared. The end of an estimated span counts.
    """
    estimate, end = facts.state.estimate_until or facts.state.estimate_at, promise_end(facts)
    if estimate is None or end is None or facts.promise_at is None:
        return False
    if facts.state.estimate_precision == Precision.DATE:
        zone = facts.ship_to_zone or "UTC"
        return local_day(zone, estimate) > local_day(zone, facts.promise_at)
    return estimate > end + window_of(policy, "will_miss_promise").clock()


def find_will_miss_promise(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier expects to arrive after the promise; held until the estimate has been back inside for a while."""
    end, estimate = promise_end(facts), facts.state.estimate_until or facts.state.estimate_at
    if why := ended(facts):
        return why
    if end is None:
        return NO_PROMISE
    if estimate is None:
        return "The carrier gives no estimate."
    if facts.state.is_returning:
        return "The parcel is on its way back."
    if now >= end:
        return "The promised time has passed already."
    if estimate_misses(facts, policy):
        return _misses(facts, policy, estimate, end)
    return _back_inside(facts, policy, now, estimate, end)


def find_missed_promise(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The promised time has passed and the parcel is not delivered, or the carrier itself says it missed its window."""
    if why := ended(facts):
        return why
    end, missed = promise_end(facts), reported(facts.state, "missed_window")
    cause = cause_of_lateness(facts, policy)
    if missed is not None:
        return Condition(
            missed.first_at,
            evidence=lambda: (
                f"The carrier reported on {shown(facts.state, missed.last_at, facts.ship_to_zone)} that it missed"
                f" its delivery window. {BECAUSE[cause]}"
            ),
            brief="the carrier missed its window",
            fingerprint=f"{missed.last_identity}:{missed.count}",
            window="at once",
            count=missed.count,
            cause=cause,
        )
    if end is None or facts.promise_at is None:
        return NO_PROMISE
    if facts.state.available_at is not None and facts.state.available_at < end:
        return "It was ready for pickup in time."
    return Condition(
        end,
        evidence=lambda: f"Promised for {_promised(facts)} and not delivered {_by_then(facts)}. {BECAUSE[cause]}",
        brief=f"promised {words.day(facts.promise_at, facts.ship_to_zone)}",
        fingerprint=facts.promise_at.isoformat(),
        due=due_on(facts, end),
        window=f"until {words.moment(end, facts.ship_to_zone)}",
        value=f"{words.duration(now - end)} late" if now >= end else f"{words.duration(end - now)} left",
        cause=cause,
        parameters={} if facts.state.first_scan_at else {"phase": "not_scanned"},
    )


def _by_then(facts: ShipmentFacts) -> str:
    return "by the end of that day" if facts.promise_is_date else "by then"


def _misses(facts: ShipmentFacts, policy: Policy, estimate: datetime, end: datetime) -> Condition:
    cause = cause_of_lateness(facts, policy)
    margin = words.window(window_of(policy, "will_miss_promise"))
    return Condition(
        facts.state.last_event_at or facts.created_at,
        evidence=lambda: (
            f"The carrier expects delivery on {_estimated(facts, estimate)}; promised is {_promised(facts)},"
            f" and the tolerance is {margin}. {BECAUSE[cause]}"
        ),
        brief=f"estimate {words.day(estimate, facts.ship_to_zone)}",
        fingerprint=_estimated_day(facts, estimate),
        clears_at=end,
        window=f"estimate at most {margin} after the promise",
        value=f"estimate {_estimated(facts, estimate)}",
        cause=cause,
    )


def _back_inside(
    facts: ShipmentFacts, policy: Policy, now: datetime, estimate: datetime, end: datetime
) -> Condition | str:
    since, clear = facts.estimate_inside_since, window_of(policy, "will_miss_promise.clear")
    if since is None or now >= since + clear.clock():
        return "The estimate keeps the promise."
    return Condition(
        since,
        evidence=lambda: (
            f"The estimate is back inside the promise since {words.moment(since, facts.ship_to_zone)}"
            f" ({_estimated(facts, estimate)}); the signal clears when that has held for {words.window(clear)}."
        ),
        brief="estimate back inside the promise",
        fingerprint=_estimated_day(facts, estimate),
        clears_at=min(since + clear.clock(), end),
        cause=cause_of_lateness(facts, policy),
    )


def _promised(facts: ShipmentFacts) -> str:
    at = facts.promise_at or facts.created_at
    said = words.day(at, facts.ship_to_zone) if facts.promise_is_date else words.moment(at, facts.ship_to_zone)
    return f"{said} ({facts.promise_origin})" if facts.promise_origin else said


def _estimated_day(facts: ShipmentFacts, estimate: datetime) -> str:
    return local_day(facts.ship_to_zone or "UTC", estimate).isoformat()


def _estimated(facts: ShipmentFacts, estimate: datetime) -> str:
    if facts.state.estimate_precision == Precision.DATE:
        return words.day(estimate, facts.ship_to_zone)
    return words.moment(estimate, facts.ship_to_zone)


WILL_MISS_PROMISE = Rule("will_miss_promise", find_will_miss_promise)
MISSED_PROMISE = Rule("missed_promise", find_missed_promise)
