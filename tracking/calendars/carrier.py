"""Carrier days: how long a parcel has waited, without the days on which the carrier does not work."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import holidays

from tracking.calendars.days import ONE_DAY, day_start, local_day

SATURDAY, SUNDAY = 5, 6


@lru_cache(maxsize=1024)
def national_holidays(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country (ISO 3166-1 alpha-2) in a year, by the `holidays` package 0.109.

    A country the package does not know has none: a clock that runs on a holiday is better than none at all.
    """
    if country.upper() not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    return frozenset(holidays.country_holidays(country.upper(), years=year))


@dataclass(frozen=True, slots=True)
class CarrierDays:
    """Open days of a carrier in `country`, whose days begin and end by the IANA `zone`.

    Every open local day counts as exactly one carrier day, also the 23 or 25 hours of a clock change; inside a day time
    counts evenly; a closed day adds nothing.
    """

    country: str
    zone: str
    works_saturday: bool = False
    works_sunday: bool = False
    extra_closed: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """True when the carrier works on that local day."""
        weekday = day.weekday()
        if (weekday == SATURDAY and not self.works_saturday) or (weekday == SUNDAY and not self.works_sunday):
            return False
        return day not in self.extra_closed and day not in national_holidays(self.country, day.year)

    def add(self, start: datetime, days: float) -> datetime:
        """Return the first moment (aware UTC) at which `days` carrier days have passed since `start` (aware UTC)."""
        if days <= 0:
            return start
        day, passed = self._position(start)
        left = days + (passed if self.is_open(day) else 0.0)
        while True:
            if self.is_open(day):
                if left <= 1:
                    return self._moment(day, left)
                left -= 1
            day += ONE_DAY

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Return the carrier days between two aware UTC moments; 0.0 when `end` is not after `start`."""
        if end <= start:
            return 0.0
        first, before = self._position(start)
        last, after = self._position(end)
        whole = sum(self.is_open(first + ONE_DAY * n) for n in range((last - first).days))
        return whole + (after if self.is_open(last) else 0.0) - (before if self.is_open(first) else 0.0)

    def _position(self, moment: datetime) -> tuple[date, float]:
        """Return the local day of a moment and which part of it has passed (0 to 1)."""
        day = local_day(self.zone, moment)
        begin = day_start(self.zone, day)
        return day, (moment - begin) / (day_start(self.zone, day + ONE_DAY) - begin)

    def _moment(self, day: date, part: float) -> datetime:
        """Return the moment at which `part` (0 to 1) of a local day has passed."""
        begin = day_start(self.zone, day)
        return begin + (day_start(self.zone, day + ONE_DAY) - begin) * part
