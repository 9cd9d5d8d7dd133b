"""Who gets a case: the first matching rule's team, and a person of it who is on shift."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta

from tracking.calendars.carrier import national_holidays
from tracking.calendars.contract import WorkingWeek
from tracking.calendars.working import add_working_hours, working_hours_between
from tracking.models import ExceptionCase, RoutingRule, Team, TeamMember
from tracking.routing.matching import CaseFacts, Rule, first_match
from tracking.routing.shifts import Absences, is_on_shift
from tracking.vocabulary import CaseState

NEVER = datetime.min.replace(tzinfo=UTC)


class NoTeam(Exception):
    """No team exists; the presets were never loaded."""


class Desk:
    """Rules, teams, hours and shifts, loaded once per batch; gives cases to people in turn.

    `rules` are the rules to go by; without them those in force.
    """

    def __init__(self, rules: Iterable[Rule] | None = None) -> None:
        if rules is None:
            rules = [rule_of(row) for row in RoutingRule.objects.filter(is_active=True)]
        self._rules = list(rules)
        self._teams = {row.pk: row for row in Team.objects.prefetch_related("hours")}
        self._members: dict[int, list[TeamMember]] | None = None
        self._absences: Absences | None = None
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

    def team(self, team_id: int) -> Team:
        """Return a team as it was when the desk was set up. Raises KeyError."""
        return self._teams[team_id]

    def owner_for(self, rule: Rule, now: datetime, *, but_not: Collection[int] = ()) -> int | None:
        """Return the user who gets the case; None when nobody fitting is on shift: the case is unowned.

        A partner's case goes to the people of its internal team, who own the next action. `but_not` are users who
        must not get it.
        """
        if rule.strategy == RoutingRule.Strategy.UNOWNED:
            return None
        ready = [row for row in self.on_shift(rule.team_id, now) if row.user_id not in but_not]
        if rule.strategy == RoutingRule.Strategy.PERSON:
            ready = [row for row in ready if row.user_id == rule.person_id]
        if not ready:
            return None
        if rule.strategy == RoutingRule.Strategy.LEAST_LOADED:
            chosen = min(ready, key=lambda row: (self._open_cases(row.user_id), row.pk))
        else:
            chosen = min(ready, key=lambda row: (row.last_assigned_at or NEVER, row.pk))
        self._give(chosen, now)
        return chosen.user_id

    def anybody_of(self, team_id: int, now: datetime, *, but_not: Collection[int] = ()) -> int | None:
        """Return the least loaded person on shift of a team, or of a partner's internal team; None when nobody is."""
        rule = Rule(id=0, position=0, version=0, team_id=team_id, strategy=RoutingRule.Strategy.LEAST_LOADED)
        return self.owner_for(rule, now, but_not=but_not)

    def on_shift(self, team_id: int, now: datetime) -> list[TeamMember]:
        """Return who takes cases of a team, is on duty at `now` and is not away."""
        return [row for row in self.members(team_id) if row.takes_cases and self._is_there(row, now)]

    def leads(self, team_id: int, now: datetime) -> list[int]:
        """Return the users who lead a team (or a partner's internal team) and are not away; away ones if all are."""
        leads = [row.user_id for row in self.members(team_id) if row.is_lead]
        return [user for user in leads if not self.is_away(user, now)] or leads

    def is_away(self, user_id: int, now: datetime) -> bool:
        """True while an absence of the person lasts."""
        self._absences = self._absences or Absences()
        return self._absences.is_away(user_id, now)

    def members(self, team_id: int) -> list[TeamMember]:
        """Return the active people of a team, or of a partner's internal team."""
        if self._members is None:
            self._members = defaultdict(list)
            rows = TeamMember.objects.filter(user__is_active=True).select_related("team")
            for row in rows.prefetch_related("shifts").order_by("pk"):
                self._members[row.team_id].append(row)
        team = self._teams.get(team_id)
        return self._members[team.desk_id] if team else []

    def _is_there(self, row: TeamMember, now: datetime) -> bool:
        return is_on_shift(row, now) and not self.is_away(row.user_id, now)

    def due(self, team_id: int, start: datetime, hours: float) -> datetime:
        """Return when `hours` working hours of the team have passed since `start` (aware UTC)."""
        return add_working_hours(self._week(team_id, start), start, hours)

    def worked(self, team_id: int, start: datetime, end: datetime) -> float:
        """Return the working hours of the team between two moments (aware UTC)."""
        return working_hours_between(self._week(team_id, start), start, end)

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
        """A partner whose hours nobody entered is looked after in the hours of its internal team."""
        team = self._teams[team_id]
        if not team.hours.all() and team.desk_id in self._teams:
            team = self._teams[team.desk_id]
        return working_week(team, start.year)


def working_week(team: Team, year: int) -> WorkingWeek:
    """Return the hours of a team (its `hours` loaded or not) with the public holidays of a year and the one after."""
    hours: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for row in team.hours.all():
        hours[row.weekday].append((row.start, row.end))
    closed = national_holidays(team.country, year) | national_holidays(team.country, year + 1)
    return WorkingWeek(team.time_zone, {day: tuple(sorted(spans)) for day, spans in hours.items()}, frozenset(closed))


def rule_of(row: RoutingRule) -> Rule:
    """Return a stored rule in the form that matching reads."""
    return Rule(
        id=row.pk,
        position=row.position,
        version=row.version,
        team_id=row.team_id,
        strategy=row.strategy,
        kinds=tuple(row.kinds),
        severities=tuple(row.severities),
        causes=tuple(row.causes),
        carrier_id=row.carrier_id,
        service_id=row.service_id,
        warehouse_id=row.warehouse_id,
        country=row.country,
        minimum=row.minimum_total_minor,
        maximum=row.maximum_total_minor,
        currency=row.currency,
        care_level=row.care_level,
        tags=tuple(row.tags),
        person_id=row.person_id,
        is_last=row.is_last,
    )


def forget_turns() -> None:
    """Let the round robin begin anew (the demo plays stretches of time that are not in order)."""
    TeamMember.objects.update(last_assigned_at=None)
