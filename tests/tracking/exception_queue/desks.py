"""Teams, people and cases for tests of ladders, absences and shifts."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User

from tracking.models import (
    EscalationPolicy,
    EscalationStep,
    ExceptionCase,
    RoutingRule,
    Shift,
    Shipment,
    Team,
    TeamMember,
    WorkingHours,
)
from tracking.vocabulary import SEVERITY_RANK

TUESDAY = datetime(2026, 3, 3, 15, tzinfo=UTC)  # 10:00 in New York
HOUR = timedelta(hours=1)
NINE, FIVE = time(9), time(17)
STEPS = ((0, "notify_owner"), (1, "notify_lead"), (2, "raise_severity"), (4, "reassign"))


def make_team(name: str = "support", **facts: Any) -> Team:
    """A team in New York that works Monday to Friday, nine to five."""
    team = Team.objects.create(**{"name": name, "slug": name, "time_zone": "America/New_York", **facts})
    WorkingHours.objects.bulk_create(WorkingHours(team=team, weekday=day, start=NINE, end=FIVE) for day in range(5))
    return team


def make_rule(team: Team, **facts: Any) -> RoutingRule:
    """The last rule, or one with `facts`."""
    return RoutingRule.objects.create(
        **{"position": 1000, "name": "Everything else", "is_last": True, "team": team, **facts}
    )


def join(team: Team, name: str, *, days: range = range(5), start: time = NINE, end: time = FIVE, **facts: Any) -> User:
    """A person of the team who may act on cases and assign them, on shift on these days."""
    user, is_new = User.objects.get_or_create(username=name)
    if is_new:
        user.user_permissions.set(Permission.objects.filter(codename__in=("act_on_case", "assign_others")))
    member = TeamMember.objects.create(team=team, user=user, **facts)
    Shift.objects.bulk_create(Shift(member=member, weekday=day, start=start, end=end) for day in days)
    return user


def make_case(team: Team, owner: User | None = None, *, due: datetime = TUESDAY, **facts: Any) -> ExceptionCase:
    """An open case whose clocks both run out at `due`."""
    values: dict[str, Any] = {
        "shipment": Shipment.objects.create(created_at=TUESDAY, ship_to_country="US"),
        "kind": "stalled",
        "cause": "carrier",
        "severity": "medium",
        "since": due - 30 * HOUR,
        "team": team,
        "owner": owner,
        "next_action": "Ask the carrier",
        "next_action_due_at": due,
        "first_response_due_at": due,
        "time_left_at": due,
        "opened_at": due - 8 * HOUR,
        **facts,
    }
    return ExceptionCase.objects.create(severity_rank=SEVERITY_RANK[values["severity"]], **values)


def make_ladder(severity: str = "medium", steps: tuple[tuple[float, str], ...] = STEPS, **facts: Any) -> None:
    """A ladder of one severity."""
    policy = EscalationPolicy.objects.create(severity=severity, **facts)
    EscalationStep.objects.bulk_create(
        EscalationStep(policy=policy, after_hours=hours, action=action) for hours, action in steps
    )
