"""What a reader wants to see of the queue, as a value: read from an address, written to one, made a condition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import Q

from tracking.models.case import OPEN
from tracking.vocabulary import CareLevel, CaseState, CauseFamily, Outcome, Severity, ShipmentStatus, SignalKind

BREACHING = timedelta(hours=1)
DUE_NOW = timedelta(hours=4)
CLAIM_SOON = timedelta(days=7)
A_DAY = timedelta(hours=24)
SPANS = {
    "24h": timedelta(hours=24), "7d": timedelta(days=7), "14d": timedelta(days=14), "90d": timedelta(days=90),
}  # fmt: skip
JUDGED = "judged"  # any outcome but "duplicate", which says nothing of the detector
ANY_STATE = "any"
FIRST_YEAR, LAST_YEAR = 2000, 2100  # of days that can be meant
MINE_DUE, MINE, UNOWNED, BREACHED, LATE = "mine_due", "mine", "unowned", "breaching", "late"
WAKING, REOPENED, CLAIM_DUE = "waking", "reopened", "claim_due"
ME, NOBODY = "me", "none"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader wants to see of the queue; everything empty: all open cases. Unknown values count as empty."""

    state: str = ""  # a case state, or `any`
    view: str = ""  # one of VIEW_CODES: of the open ones
    kind: str = ""
    severity: str = ""
    owner: str = ""  # `me`, `none` or a person's id
    carrier: str = ""  # ids
    warehouse: str = ""
    team: str = ""
    care: str = ""
    status: str = ""  # the parcel's
    cause: str = ""
    outcome: str = ""  # of resolved ones; or JUDGED
    incident: str = ""  # the feed incident that raised it
    answered: str = ""  # `yes`: a person has acted on it; `no`
    opened: str = ""  # one of SPANS: within that time; or a day (2026-11-19) of the reader
    ended: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Wanted":
        """Take what is known from a request's parameters; drop what cannot be meant."""
        return cls(**{name: values[name] for name in cls.__slots__ if _is_known(name, values.get(name, ""))})

    def chosen(self) -> dict[str, str]:
        """What was chosen, by name, in the order of the fields."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    def query(self) -> str:
        """The same as the part of an address after the question mark."""
        return urlencode(self.chosen())

    def is_default(self) -> bool:
        """True when nothing was chosen."""
        return self == Wanted()

    def anywhere(self) -> "Wanted":
        """The same in every state, unless a state or view was chosen: what a search looks through."""
        return self if self.state or self.view else replace(self, state=ANY_STATE)

    @property
    def is_resolved_only(self) -> bool:
        """True when only resolved cases are wanted: those are read newest first."""
        return self.state == CaseState.RESOLVED and not self.view

    @property
    def ordering(self) -> tuple[str, ...]:
        """In which order they are read, in columns an index holds."""
        if self.is_resolved_only:
            return ("-resolved_at", "-id")
        return ("claim_due_at", "id") if self.view == CLAIM_DUE else ("time_left_at", "id")


VIEW_CODES = frozenset({MINE_DUE, MINE, UNOWNED, BREACHED, LATE, WAKING, REOPENED, CLAIM_DUE})
_WORDS: dict[str, frozenset[str]] = {
    "state": frozenset({*CaseState.values, ANY_STATE}),
    "view": VIEW_CODES,
    "kind": frozenset(SignalKind.values),
    "severity": frozenset(Severity.values),
    "care": frozenset(CareLevel.values),
    "status": frozenset(ShipmentStatus.values),
    "cause": frozenset(CauseFamily.values),
    "outcome": frozenset({*Outcome.values, JUDGED}),
    "answered": frozenset({"yes", "no"}),
}
_COLUMNS = {"kind": "kind", "severity": "severity", "care": "care_level", "status": "shipment_status", "cause": "cause"}


def _is_known(name: str, value: str) -> bool:
    if name in ("opened", "ended"):
        return value in SPANS or day_of(value) is not None
    if name in _WORDS:
        return value in _WORDS[name]
    is_id = value.isascii() and value.isdecimal() and len(value) < 10
    return is_id or (name == "owner" and value == ME) or (name in ("owner", "carrier", "warehouse") and value == NOBODY)


def condition(wanted: Wanted, user_id: int | None, now: datetime, day_ends: datetime | None = None) -> Q:
    """Return the condition of what is wanted by this reader at `now` (aware UTC).

    `day_ends` is the reader's midnight, in the reader's zone; without it "today" means the next 24 h, and days are UTC.
    """
    ends = day_ends or now + A_DAY
    found = _state_condition(wanted) & _view_condition(wanted.view, user_id, now, ends)
    found &= _owner_condition(wanted, user_id)
    for name, column in _COLUMNS.items():
        if getattr(wanted, name):
            found &= Q(**{column: getattr(wanted, name)})
    for name in ("carrier", "warehouse", "team", "incident"):
        if value := getattr(wanted, name):
            found &= Q(**{f"{name}_id": None if value == NOBODY else int(value)})
    if wanted.outcome:
        ended = ~Q(outcome=Outcome.DUPLICATE) if wanted.outcome == JUDGED else Q(outcome=wanted.outcome)
        found &= Q(state=CaseState.RESOLVED) & ended
    if wanted.answered:
        found &= Q(first_responded_at__isnull=wanted.answered == "no")
    return found & _time_condition(wanted, now, ends)


def day_of(value: str) -> date | None:
    """The day that a choice names ("2026-11-19"), None if it names none."""
    try:
        day = date.fromisoformat(value) if len(value) == len("2026-11-19") else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year < LAST_YEAR else None


def _time_condition(wanted: Wanted, now: datetime, day_ends: datetime) -> Q:
    """Within a span. What was opened in it is open still or ended in it too, so history is never read through."""
    found = Q()
    if wanted.opened:
        start, end = _span(wanted.opened, now, day_ends)
        found &= Q(opened_at__gte=start, opened_at__lt=end)
        found &= OPEN | Q(state=CaseState.RESOLVED, resolved_at__gte=start)
    if wanted.ended:
        start, end = _span(wanted.ended, now, day_ends)
        found &= Q(state=CaseState.RESOLVED, resolved_at__gte=start, resolved_at__lt=end)
    return found


def _span(value: str, now: datetime, day_ends: datetime) -> tuple[datetime, datetime]:
    """Begin and end of a chosen time: a local day, or the last so many hours (whose end lies ahead)."""
    if value in SPANS:
        return now - SPANS[value], now + A_DAY
    zone, first = day_ends.tzinfo or UTC, day_of(value) or now.date()
    return datetime.combine(first, time(), zone), datetime.combine(first + timedelta(days=1), time(), zone)


def _state_condition(wanted: Wanted) -> Q:
    if wanted.state == CaseState.RESOLVED:
        return Q(state=CaseState.RESOLVED)
    if wanted.state == ANY_STATE and not wanted.view:
        return Q()
    return OPEN & Q(state=wanted.state) if wanted.state in CaseState.values else OPEN


def _view_condition(view: str, user_id: int | None, now: datetime, day_ends: datetime) -> Q:
    conditions = {
        MINE_DUE: Q(owner_id=user_id, time_left_at__lte=now + DUE_NOW),
        MINE: Q(owner_id=user_id),
        UNOWNED: Q(owner_id=None),
        BREACHED: Q(time_left_at__lte=now + BREACHING),
        LATE: Q(time_left_at__lt=now),
        WAKING: Q(state=CaseState.WAITING, waiting_until__lt=day_ends),
        REOPENED: Q(reopened_count__gt=0),
        CLAIM_DUE: Q(claim_due_at__isnull=False, claim_due_at__lte=now + CLAIM_SOON),
    }
    return conditions.get(view, Q())


def _owner_condition(wanted: Wanted, user_id: int | None) -> Q:
    if not wanted.owner:
        return Q()
    if wanted.owner == NOBODY:
        return Q(owner_id=None)
    return Q(owner_id=user_id if wanted.owner == ME else int(wanted.owner))


@dataclass(frozen=True, slots=True)
class View:
    """A part of the queue with a name: what the side bar lists with its number."""

    code: str
    label: str
    definition: str
    wanted: Wanted
    tint: str = ""  # "pri" = mine, now; "high" = wants attention when it is not empty
    begins_group: bool = False


VIEWS: tuple[View, ...] = (
    View("mine_due", "Mine due now", "Cases you own that are late or due within 4 h", Wanted(view=MINE_DUE), "pri"),
    View("mine", "Mine", "Open cases you own", Wanted(view=MINE)),
    View("unowned", "Unowned", "Open cases that nobody owns", Wanted(view=UNOWNED), "high"),
    View("breaching", "Breaching < 1 h", "Open cases that are late or due within 1 h", Wanted(view=BREACHED), "high"),
    View("high_care", "High care", "Open cases of parcels with high care", Wanted(care=CareLevel.HIGH)),
    View("waking", "Wake today", "Put aside until a time before tonight's midnight", Wanted(view=WAKING)),
    View(
        "no_first_scan", "No first scan", "Open cases whose main problem is a missing first scan",
        Wanted(kind=SignalKind.NO_FIRST_SCAN), begins_group=True,
    ),
    View("stalled", "Stalled", "Open cases of parcels that stopped moving", Wanted(kind=SignalKind.STALLED)),
    View("address", "Address", "Open cases with an address problem", Wanted(kind=SignalKind.ADDRESS_ISSUE)),
    View("failed_attempt", "Failed attempt", "Cases after a failed attempt", Wanted(kind=SignalKind.FAILED_ATTEMPT)),
    View(
        "disputes", "Disputes", "Open cases of parcels that were delivered but not received",
        Wanted(kind=SignalKind.DELIVERED_NOT_RECEIVED),
    ),
    View("reopened", "Reopened", "Open cases that had been resolved before", Wanted(view=REOPENED)),
    View("claim_due", "Claim due", "Cases whose claim window closes within 7 days", Wanted(view=CLAIM_DUE), "high"),
    View("open", "All open", "Every case that is not resolved", Wanted(), begins_group=True),
)  # fmt: skip
