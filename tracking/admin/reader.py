"""Who reads a page, and when and where: how its times are shown."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest

from tracking import clock
from tracking.models import Team

A_YEAR = timedelta(days=365)
A_WEEK = 7  # days, beyond which a weekday names two


@dataclass(frozen=True, slots=True)
class Reader:
    """The person reading: `now` (aware UTC) and the zone in which times are shown."""

    user: Any
    now: datetime
    zone: ZoneInfo

    def local(self, at: datetime) -> datetime:
        """The moment in the reader's zone."""
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> str:
        """`Thu 19 Nov`, with the year once it is a year away."""
        shown = self.local(at)
        year = f" {shown.year}" if abs(self.now - at) > A_YEAR else ""
        return f"{shown:%a} {shown.day} {shown:%b}{year}"

    def moment(self, at: datetime) -> str:
        """`Thu 19 Nov 10:12`, 24 h."""
        return f"{self.day(at)} {self.local(at):%H:%M}"

    def near(self, at: datetime) -> str:
        """The shortest that is clear: `13:31` today, `Thu 13:31` within a week, else `Thu 19 Nov`."""
        shown = self.local(at)
        days = abs((shown.date() - self.local(self.now).date()).days)
        if days < A_WEEK:
            return f"{shown:%H:%M}" if days == 0 else f"{shown:%a %H:%M}"
        return self.day(at)

    @property
    def day_ends(self) -> datetime:
        """The reader's next midnight."""
        tomorrow = self.local(self.now).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, self.zone)

    @property
    def zone_name(self) -> str:
        """The zone as named once per screen, for example `EST`."""
        return self.local(self.now).tzname() or str(self.zone)

    @property
    def as_of(self) -> str:
        """When the page was made: `Thu 19 Nov 10:12:04 EST`."""
        return f"{self.day(self.now)} {self.local(self.now):%H:%M:%S} {self.zone_name}"


def reader(request: HttpRequest) -> Reader:
    """Return the reader of this request; asks once per request for the zone of the person's first team (else UTC)."""
    found = getattr(request, "shiptrack_reader", None)
    if found is None:
        found = Reader(request.user, clock.now(), _zone_of(request.user))
        request.shiptrack_reader = found  # type: ignore[attr-defined]
    return found


def _zone_of(user: Any) -> ZoneInfo:
    name = (
        Team.objects.filter(memberships__user=user.pk)
        .order_by("memberships__id")
        .values_list("time_zone", flat=True)
        .first()
    )
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
