"""People with the permissions of their groups."""

from django.contrib.auth.models import Permission, User

AGENT = ("act_on_case", "assign_others")
MANAGER = (*AGENT, "approve_money")


def person(name: str, *codenames: str) -> User:
    """A person who may do what is named; nothing named: an agent."""
    user = User.objects.create(username=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames or AGENT))
    return User.objects.get(pk=user.pk)


def onlooker(name: str) -> User:
    """A person who may do nothing."""
    return User.objects.create(username=name)
