"""What calendars know. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol


class CarrierCalendar(Protocol):
    """Open days of a carrier in one country. Carrier days: 24 h per open day, a closed day adds nothing."""

    def is_open(self, day: date) -> bool:
        """True when the carrier works on that local day."""
        ...

    def add(self, start: datetime, days: float) -> datetime:
        """Moment (aware UTC) at which `days` carrier days have passed since `start` (aware UTC)."""
        ...

    def elapsed(self, start: datetime, end: datetime) -> float:
        """Carrier days between two aware UTC moments; 0.0 when end <= start."""
        ...


@dataclass(frozen=True, slots=True)
class PickupPlan:
    """When a carrier collects at a warehouse: weekday (0 = Monday) -> local cut-off; closed days left out."""

    zone: str
    cutoffs: Mapping[int, time] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """Working hours of a team: weekday -> (start, end) local; a window may not cross midnight."""

    zone: str
    hours: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    closed: frozenset[date] = frozenset()
