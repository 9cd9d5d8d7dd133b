"""Who is on duty when: weekly shifts in the team's time zone, less the times somebody is away."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from tracking.calendars.days import ONE_DAY, at_local, local_day
from tracking.models import Absence, TeamMember

DAY_END = time(23, 59)  # a shift may not cross midnight; one that ends in the last minute ends with the day
Span = tuple[datetime, datetime]


class Absences:
    """The absences there are, read in one query."""

    def __init__(self) -> None:
        self._spans: dict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
        for user_id, start, end in Absence.objects.values_list("user_id", "starts_at", "ends_at"):
            self._spans[user_id].append((start, end))

    def is_away(self, user_id: int, now: datetime) -> bool:
        """True while an absence of the person lasts; its end no longer counts."""
        return any(start <= now and (end is None or now < end) for start, end in self._spans[user_id])


def is_on_shift(member: TeamMember, now: datetime) -> bool:
    """True when a shift of the person lasts at `now`; who has no shifts is never given cases by a rule.

    `member` comes with its team and its shifts.
    """
    zone = member.team.time_zone
    return any(start <= now < end for start, end in _spans(member, zone, now, 0, 0))


def last_end(member: TeamMember, now: datetime, within: timedelta) -> datetime | None:
    """Return when the person's newest shift ended (aware UTC), if that was within a span before `now`.

    Shifts that follow on one another are one; who is on shift at `now` has not ended it.
    """
    days = within // ONE_DAY + 1
    ends = [end for _, end in joined_spans(member, now, -days, 1) if end <= now]
    newest = max(ends, default=None)
    return newest if newest and now - newest < within else None


def next_start(member: TeamMember, after: datetime) -> datetime | None:
    """Return when the person's next shift begins after a moment (aware UTC); None for who has no shifts."""
    starts = [start for start, _ in joined_spans(member, after, 0, 8) if start > after]
    return min(starts, default=None)


def joined_spans(member: TeamMember, now: datetime, first: int, last: int) -> list[Span]:
    """Return the person's shifts (aware UTC) of the local days `first` to `last` counted from today, joined."""
    found: list[Span] = []
    for start, end in sorted(_spans(member, member.team.time_zone, now, first, last)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _spans(member: TeamMember, zone: str, now: datetime, first: int, last: int) -> list[Span]:
    today = local_day(zone, now)
    found = []
    for number in range(first, last + 1):
        day = today + ONE_DAY * number
        for shift in member.shifts.all():
            if shift.weekday == day.weekday():
                end = at_local(zone, day, shift.end)
                if shift.end >= DAY_END:
                    end = at_local(zone, day + ONE_DAY, time.min)
                found.append((at_local(zone, day, shift.start), end))
    return found
