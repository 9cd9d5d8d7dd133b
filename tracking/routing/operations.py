"""Who gets a case: the first matching rule's team, and a person of it who is on shift."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracking.calendars.carrier import national_holidays
from tracking.calendars.contract import WorkingWeek
from tracking.calendars.working import add_working_hours
from tracking.models import ExceptionCase, RoutingRule, Team, TeamMember
from tracking.routing.matching import CaseFacts, Rule, first_match
from tracking.vocabulary import CaseState

NEVER = datetime.min.replace(tzinfo=UTC)


class NoTeam(Exception):
    """No team exists; the presets were never loaded."""


class Desk:
    """Rules, teams, hours and shifts, loaded once per batch; gives cases to people in turn."""

    def __init__(self) -> None:
        self._rules = [_rule(row) for row in RoutingRule.objects.filter(is_active=True)]
        self._teams = {row.pk: row for row in Team.objects.prefetch_related("hours")}
        self._members: dict[int, list[TeamMember]] | None = None
        self._load: Counter[int] | None = None
        self._given: dict[int, TeamMember] = {}
        self._turns = 0
        self._weeks: dict[tuple[int, int], WorkingWeek] = {}

    def rule_for(self, facts: CaseFacts) -> Rule:
        """Return the rule that takes the case; without any rule the first team takes it. Raises NoTeam."""
        found = first_match(self._rules, facts)
        if found and found.team_id in self._teams:
            return found
        if not self._teams:
            raise NoTeam("There is no team to give cases to. Run: manage.py load_presets")
        return Rule(id=0, position=0, version=0, team_id=min(self._teams), strategy=RoutingRule.Strategy.ROUND_ROBIN)

    def owner_for(self, rule: Rule, now: datetime) -> int | None:
        """Return the user who gets the case; None when nobody of the team is on shift: the case is unowned."""
        if rule.strategy == RoutingRule.Strategy.UNOWNED:
            return None
        on_shift = [row for row in self._team_members(rule.team_id) if _is_on_shift(row, now)]
        if not on_shift:
            return None
        if rule.strategy == RoutingRule.Strategy.LEAST_LOADED:
            chosen = min(on_shift, key=lambda row: (self._open_cases(row.user_id), row.pk))
        else:
            chosen = min(on_shift, key=lambda row: (row.last_assigned_at or NEVER, row.pk))
        self._give(chosen, now)
        return chosen.user_id

    def due(self, team_id: int, start: datetime, hours: float) -> datetime:
        """Return when `hours` working hours of the team have passed since `start` (aware UTC)."""
        return add_working_hours(self._week(team_id, start), start, hours)

    def save(self) -> None:
        """Write whose turn it was."""
        for row in sorted(self._given.values(), key=lambda each: each.pk):
            TeamMember.objects.filter(pk=row.pk).update(last_assigned_at=row.last_assigned_at)
        self._given = {}

    def _give(self, chosen: TeamMember, now: datetime) -> None:
        # Several cases of one batch fall into one moment: a microsecond more for each keeps the turns apart.
        chosen.last_assigned_at = now + timedelta(microseconds=self._turns)
        self._turns += 1
        if self._load is not None:
            self._load[chosen.user_id] += 1
        self._given[chosen.pk] = chosen

    def _team_members(self, team_id: int) -> list[TeamMember]:
        if self._members is None:
            self._members = defaultdict(list)
            rows = TeamMember.objects.filter(takes_cases=True, user__is_active=True).select_related("team")
            for row in rows.prefetch_related("shifts").order_by("pk"):
                self._members[row.team_id].append(row)
        return self._members[team_id]

    def _open_cases(self, user_id: int) -> int:
        if self._load is None:
            owned = ExceptionCase.objects.exclude(state=CaseState.RESOLVED).exclude(owner=None)
            self._load = Counter(owned.values_list("owner_id", flat=True))
        return self._load[user_id]

    def _week(self, team_id: int, start: datetime) -> WorkingWeek:
        key = (team_id, start.year)
        if key not in self._weeks:
            self._weeks[key] = self._read_week(team_id, start)
        return self._weeks[key]

    def _read_week(self, team_id: int, start: datetime) -> WorkingWeek:
        team = self._teams[team_id]
        hours: dict[int, list[tuple[time, time]]] = defaultdict(list)
        for row in team.hours.all():
            hours[row.weekday].append((row.start, row.end))
        closed = national_holidays(team.country, start.year) | national_holidays(team.country, start.year + 1)
        return WorkingWeek(
            team.time_zone, {day: tuple(sorted(spans)) for day, spans in hours.items()}, frozenset(closed)
        )


def _rule(row: RoutingRule) -> Rule:
    return Rule(
        id=row.pk,
        position=row.position,
        version=row.version,
        team_id=row.team_id,
        strategy=row.strategy,
        kinds=tuple(row.kinds),
        severities=tuple(row.severities),
        carrier_id=row.carrier_id,
        warehouse_id=row.warehouse_id,
        country=row.country,
        is_last=row.is_last,
    )


def _is_on_shift(member: TeamMember, now: datetime) -> bool:
    """True when the person is on duty at `now`; people without shifts are never given cases by a rule."""
    if member.away_from and member.away_from <= now and (member.away_until is None or now < member.away_until):
        return False
    local = now.astimezone(ZoneInfo(member.team.time_zone))
    return any(
        shift.weekday == local.weekday() and shift.start <= local.time() < shift.end for shift in member.shifts.all()
    )


def forget_turns() -> None:
    """Let the round robin begin anew (the demo plays stretches of time that are not in order)."""
    TeamMember.objects.update(last_assigned_at=None)
