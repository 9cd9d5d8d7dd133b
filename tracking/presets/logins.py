"""The demo logins of a local installation."""

from datetime import time

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from tracking.models import Shift, Team, TeamMember

LOGINS = {"agent": "Support agents", "manager": "Operations managers", "admin": "Administrators"}
ON_DUTY = ("agent", "manager")
LEAD = "manager"
DAY_START, DAY_END = time(0), time(23, 59, 59)


@transaction.atomic
def create() -> None:
    """Create agent, manager and admin (password = name) with their groups; existing logins are left alone.

    Agent and manager join the support team and are on shift around the clock, so that every case finds somebody.
    """
    team = Team.objects.get(slug="support")
    for name, group in LOGINS.items():
        user, is_new = get_user_model().objects.get_or_create(
            username=name, defaults={"is_staff": True, "first_name": name.title(), "email": f"{name}@shiptrack.example"}
        )
        if is_new:
            user.set_password(name)
            user.save()
            user.groups.add(Group.objects.get(name=group))
            if name in ON_DUTY:
                _join(team, user.pk, is_lead=name == LEAD)


def _join(team: Team, user_id: int, *, is_lead: bool) -> None:
    member = TeamMember.objects.create(team=team, user_id=user_id, is_lead=is_lead)
    Shift.objects.bulk_create(Shift(member=member, weekday=day, start=DAY_START, end=DAY_END) for day in range(7))
