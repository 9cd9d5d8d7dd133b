"""When a window is over, also while the clocks pause because the only source is silent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.detectors import presets
from tracking.detectors.contract import Policy, ShipmentFacts, Window

LONGEST_PAUSE = timedelta(hours=24)  # a silent source stops the clocks for one day; then they run again


@dataclass(frozen=True, slots=True)
class Due:
    """When a condition becomes a signal (aware UTC). `by_feed`: its clock ran on while nobody could be heard."""

    at: datetime
    by_feed: bool = False


def window_of(policy: Policy, name: str) -> Window:
    """Return the window of that name: the policy's, else the preset's, else none (at once)."""
    return policy.windows.get(name) or presets.PLAIN_WINDOWS.get(name) or Window(0)


def due_after(facts: ShipmentFacts, start: datetime, window: Window) -> Due:
    """Return when `window` is over that began at `start` (aware UTC), the pause of a silent source left out."""
    due = _add(facts, start, window)
    silent = facts.paused_from
    if silent is None or due <= silent:
        return Due(due)
    resumed = silent + LONGEST_PAUSE
    return Due(max(due, _add(facts, resumed, _rest(facts, max(start, silent), due, window))), by_feed=True)


def due_on(facts: ShipmentFacts, at: datetime) -> Due:
    """Return when a fixed moment (aware UTC) counts as reached: not before the pause of a silent source is over."""
    silent = facts.paused_from
    if silent is None or at <= silent:
        return Due(at)
    return Due(max(at, silent + LONGEST_PAUSE), by_feed=True)


def _add(facts: ShipmentFacts, start: datetime, window: Window) -> datetime:
    return start + window.clock() if window.is_clock else facts.calendar.add(start, window.days)


def _rest(facts: ShipmentFacts, start: datetime, end: datetime, window: Window) -> Window:
    if window.is_clock:
        return Window((end - start) / timedelta(days=1), is_clock=True)
    return Window(facts.calendar.elapsed(start, end))
