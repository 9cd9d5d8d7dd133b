"""Who has how much: open cases by person and team, who is on shift, who is away; what shifts left behind."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from tracking.models import Absence, ExceptionCase, ShiftHandover, Team, TeamMember
from tracking.models.case import OPEN
from tracking.routing.shifts import is_on_shift, joined_spans, next_start

BREACHING = timedelta(hours=1)
ALL_DAY = timedelta(hours=24)
LISTED = 500


@dataclass(frozen=True, slots=True)
class Counts:
    """Open cases: all of them, those due before the reader's day ends, those late or due within 1 h."""

    open: int = 0
    today: int = 0
    breaching: int = 0


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """One person of a team. Shift times are aware UTC; `away` is an absence that lasts or, else, None."""

    user: User
    counts: Counts
    is_lead: bool
    takes_cases: bool
    on_shift_until: datetime | None
    is_always_on_shift: bool
    next_shift_at: datetime | None
    away: Absence | None


@dataclass(slots=True)
class TeamLoadRow:
    """One team: its people, and the cases of the team that nobody owns."""

    team: Team
    counts: Counts
    unowned: Counts
    people: list[PersonLoad] = field(default_factory=list)

    @property
    def on_shift(self) -> int:
        """How many people are on shift and there."""
        return sum(1 for person in self.people if person.on_shift_until)


@dataclass(frozen=True, slots=True)
class Loads:
    """All teams, and who owns open cases without being in any team (or with a closed login)."""

    teams: list[TeamLoadRow]
    others: list[tuple[User, Counts]]


def loads(*, now: datetime, day_ends: datetime) -> Loads:
    """Return who has how much at `now`; "today" ends at `day_ends` (both aware UTC). A fixed number of queries."""
    by_person = _counted("owner_id", Q(owner__isnull=False), now, day_ends)
    by_team = _counted("team_id", Q(), now, day_ends)
    unowned = _counted("team_id", Q(owner=None), now, day_ends)
    away = _away(now)
    teams = {
        team.pk: TeamLoadRow(team, by_team.get(team.pk, Counts()), unowned.get(team.pk, Counts()))
        for team in Team.objects.select_related("internal_team").order_by("is_external", "name")
    }
    members = TeamMember.objects.filter(user__is_active=True).select_related("user", "team")
    seen = set()
    for member in members.prefetch_related("shifts").order_by("user__username"):
        person = _person(member, by_person.get(member.user_id, Counts()), away.get(member.user_id), now)
        teams[member.team_id].people.append(person)
        seen.add(member.user_id)
    others = User.objects.filter(pk__in=set(by_person) - seen).order_by("username")
    return Loads(list(teams.values()), [(user, by_person[user.pk]) for user in others])


def _counted(column: str, condition: Q, now: datetime, day_ends: datetime) -> dict[int, Counts]:
    rows = ExceptionCase.objects.filter(OPEN, condition).values(column).order_by(column)
    counted = rows.annotate(
        all=Count("pk"),
        today=Count("pk", filter=Q(time_left_at__lt=day_ends)),
        breaching=Count("pk", filter=Q(time_left_at__lte=now + BREACHING)),
    )
    return {row[column]: Counts(row["all"], row["today"], row["breaching"]) for row in counted}


def _away(now: datetime) -> dict[int, Absence]:
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    return {row.user_id: row for row in Absence.objects.filter(lasting, starts_at__lte=now).select_related("deputy")}


def _person(member: TeamMember, counts: Counts, away: Absence | None, now: datetime) -> PersonLoad:
    until = None
    if is_on_shift(member, now) and away is None:
        until = next((end for start, end in joined_spans(member, now, 0, 1) if start <= now < end), None)
    return PersonLoad(
        user=member.user,
        counts=counts,
        is_lead=member.is_lead,
        takes_cases=member.takes_cases,
        on_shift_until=until,
        is_always_on_shift=bool(until and until - now > ALL_DAY),
        next_shift_at=None if until else next_start(member, now),
        away=away,
    )


def cases_of(user_id: int, *, due_before: datetime | None = None) -> QuerySet[ExceptionCase]:
    """The open cases of a person, the least time left first; at most so many as a page lists.

    `due_before` (aware UTC): only those whose time is up by then.
    """
    owned = ExceptionCase.objects.filter(OPEN, owner_id=user_id).select_related("order", "team", "owner", "carrier")
    if due_before:
        owned = owned.filter(time_left_at__lt=due_before)
    return owned.order_by("time_left_at", "id")[:LISTED]


@dataclass(frozen=True, slots=True)
class LeftCase:
    """A case that was open at the end of a shift, as it is now."""

    case: ExceptionCase
    was_due: bool
    was_breaching: bool
    is_still_theirs: bool


def left_behind(row: ShiftHandover) -> list[LeftCase]:
    """Return what a shift left open and what has become of it since, the least time left first."""
    found = ExceptionCase.objects.filter(pk__in=row.open_ids).select_related("order", "team", "owner", "carrier")
    due, breaching = set(row.due_ids), set(row.breaching_ids)
    return [
        LeftCase(
            case,
            case.pk in due,
            case.pk in breaching,
            case.resolved_at is None and case.owner_id == row.member.user_id,
        )
        for case in found.order_by("time_left_at", "id")[:LISTED]
    ]


def shift_takers(rows: Iterable[ShiftHandover], now: datetime) -> dict[int, list[User]]:
    """Return who of each hand-over's team is on shift now and not the one who left: hand-over id -> people."""
    rows = list(rows)
    away = _away(now)
    members: dict[int, list[Any]] = defaultdict(list)
    teams = {row.member.team_id for row in rows}
    found = TeamMember.objects.filter(team__in=teams, user__is_active=True).select_related("user", "team")
    for member in found.prefetch_related("shifts"):
        if is_on_shift(member, now) and member.user_id not in away:
            members[member.team_id].append(member.user)
    return {row.pk: [user for user in members[row.member.team_id] if user.pk != row.member.user_id] for row in rows}
