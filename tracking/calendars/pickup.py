"""When a carrier next collects at a warehouse."""

from datetime import datetime

from tracking.calendars.contract import PickupPlan
from tracking.calendars.days import ONE_DAY, at_local, local_day


def next_cutoff(plan: PickupPlan, after: datetime) -> datetime | None:
    """Return the first pickup cut-off (aware UTC) strictly after a moment (aware); None when the plan has none."""
    if not plan.cutoffs:
        return None
    day = local_day(plan.zone, after)
    # A week finds every weekday once; each closed day can cost one more week.
    for _ in range(8 + 7 * len(plan.closed)):
        clock = plan.cutoffs.get(day.weekday())
        if clock is not None and day not in plan.closed:
            cutoff = at_local(plan.zone, day, clock)
            if cutoff > after:
                return cutoff
        day += ONE_DAY
    return None
