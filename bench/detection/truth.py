"""What an alarm should have been raised for: worked out from the lives alone, with a calendar of its own.

Nothing of the product is used here, so that a fault in its calendars or windows cannot hide itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bench.detection.lives import HORIZON, ORIGIN, PHYSICAL, SHIP_TO, Life, Step

CUTOFF = time(17)  # when the carrier collects at the warehouse, on open days
STALLED, OUT_STALLED, LOST = 3, 1, 7  # open days without a scan
FIRST_SCAN, BATCH, CUSTOMS, PICKUP = 1, 2, 1, 2
NUMBER = timedelta(hours=24)
REPORTED = {
    "wrong": "address_issue",
    "attempt": "failed_attempt",
    "refused": "refused",
    "return": "return_to_sender",
    "damaged": "damaged",
    "lost": "lost",
    "weather": "weather_delay",
    "missent": "carrier_delay",
    "note": "carrier_delay",
}
CLEARED_BY_SCAN = frozenset({"wrong", "weather", "missent", "note"})
ATTEMPT_OVER = frozenset({"done", "pickup", "return"})


Ends = Callable[[Step], datetime]  # when a step ends what went before it


@dataclass(frozen=True, slots=True)
class Truth:
    """One problem a parcel really has: from when an alarm is right, and by when it has to be there (aware)."""

    parcel: int
    kind: str
    since: datetime
    deadline: datetime
    by_clock: bool


def open_days_after(start: datetime, days: float) -> datetime:
    """Return when so many open days (Monday to Friday at the carrier, midnight to midnight) have passed."""
    left, at = timedelta(days=days), start.astimezone(ORIGIN)
    while True:
        midnight = datetime.combine(at.date() + timedelta(days=1), time(0), ORIGIN)
        rest = midnight - at
        if at.weekday() < 5:
            if left <= rest:
                return at + left
            left -= rest
        at = midnight


def next_cutoff(after: datetime) -> datetime:
    """Return the next collection after a moment."""
    day = after.astimezone(ORIGIN).date()
    while True:
        at = datetime.combine(day, CUTOFF, ORIGIN)
        if day.weekday() < 5 and at > after:
            return at
        day += timedelta(days=1)


def truths_of(life: Life, heard: dict[Step, datetime]) -> list[Truth]:
    """Return every problem of one life before the horizon. `heard`: when the product was first told of each step."""
    return _problems(life, heard, lambda step: step.at)


def as_told(life: Life, heard: dict[Step, datetime]) -> list[Truth]:
    """Return the problems that the parcel seemed to have to whoever knew only what was told by then.

    Those that are no truths make the alarms that were wrong and could not be helped: the silence had ended within its
    window, and its end was told after it.
    """
    return _problems(life, heard, lambda step: heard[step])


def _problems(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    found = [*_number(life), *_first_scan(life, ends), *_batch(life, heard, ends), *_silence(life, heard, ends)]
    found += [*_reported(life, heard), *_customs(life, heard, ends), *_pickup(life, heard, ends)]
    found += _promise(life, heard, ends)
    return [truth for truth in found if truth.deadline < HORIZON]


def _clock(life: Life, kind: str, due: datetime, told: datetime) -> Truth:
    """A problem that time makes: due at `due`, but nobody could know before `told`, when its beginning was told."""
    return Truth(life.key, kind, due, max(due, told), by_clock=True)


def _since_scan(
    life: Life, kind: str, due: datetime, step: Step, heard: dict[Step, datetime], ends: Ends
) -> list[Truth]:
    """A silence after `step` that lasts beyond `due`; none where its end was told before its beginning."""
    later = [each for each in life.steps if each.name in PHYSICAL and each.at > step.at]
    over = min((ends(each) for each in later), default=HORIZON)
    over_told = min((heard[each] for each in later), default=HORIZON)
    if over <= due or over_told <= heard[step]:
        return []
    return [_clock(life, kind, due, heard[step])]


def _steps(life: Life, *names: str) -> list[Step]:
    return [step for step in life.steps if step.name in names]


def _number(life: Life) -> list[Truth]:
    due = life.fulfilled_at + NUMBER
    late = life.number_at is None or life.number_at > due
    return [_clock(life, "missing_tracking", due, life.fulfilled_at)] if late else []


def _first_scan(life: Life, ends: Ends) -> list[Truth]:
    if life.number_at is None:
        return []
    label_at = _steps(life, "label")[0].at
    due = open_days_after(next_cutoff(label_at), FIRST_SCAN)
    proof = min((ends(step) for step in life.steps if step.name in PHYSICAL or step.name == "batch"), default=HORIZON)
    return [_clock(life, "no_first_scan", due, label_at)] if proof > due else []


def _batch(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    found = []
    for step in _steps(life, "batch"):
        due = open_days_after(step.at, BATCH)
        found += _since_scan(life, "batch_accepted_only", due, step, heard, ends)
    return found


def _silence(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    found = []
    scans = [step for step in life.steps if step.name in PHYSICAL]
    for step in scans:
        if step.name in ("done", "pickup", "lost"):
            continue
        due = open_days_after(step.at, OUT_STALLED if step.name == "out" else STALLED)
        found += _since_scan(life, "stalled", due, step, heard, ends)
        found += _since_scan(life, "presumed_lost", open_days_after(step.at, LOST), step, heard, ends)
    return found


def _reported(life: Life, heard: dict[Step, datetime]) -> list[Truth]:
    found: dict[str, Truth] = {}
    for step in life.steps:
        kind = REPORTED.get(step.name)
        if kind is None or kind in found or _overtaken(life, step, heard):
            continue
        found[kind] = Truth(life.key, kind, heard[step], heard[step], by_clock=False)
    return list(found.values())


def _overtaken(life: Life, step: Step, heard: dict[Step, datetime]) -> bool:
    """True when what ends the problem was told before the problem itself, or with it."""
    later = [each for each in life.steps if each.at > step.at and heard[each] <= heard[step]]
    if step.name in CLEARED_BY_SCAN:
        return any(each.name in PHYSICAL for each in later)
    if step.name == "attempt":
        return any(each.name in ATTEMPT_OVER for each in later)
    return step.name == "lost" and any(each.name == "done" for each in later)


def _customs(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    found = []
    for step in _steps(life, "customs"):
        due = open_days_after(step.at, CUSTOMS)
        found += _since_scan(life, "customs_hold", due, step, heard, ends)
    return found


def _pickup(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    found = []
    for step in _steps(life, "pickup"):
        due = open_days_after(step.at, PICKUP)
        found += _since_scan(life, "held_at_location", due, step, heard, ends)
    return found


def _promise(life: Life, heard: dict[Step, datetime], ends: Ends) -> list[Truth]:
    if life.promised is None:
        return []
    end = datetime.combine(life.promised + timedelta(days=1), time(0), SHIP_TO)
    done = min((ends(step) for step in _steps(life, "done")), default=HORIZON)
    found = [_clock(life, "missed_promise", end, end)] if done > end else []
    for told, day in life.estimates:
        if day > life.promised and told < min(done, end):
            at = heard[Step("estimate", told)]
            found.append(Truth(life.key, "will_miss_promise", at, at, by_clock=False))
    return found
