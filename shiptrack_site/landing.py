"""Where people arrive after logging in: agents at their queue, others at home; a deep link stays what it is."""

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from tracking.exception_queue.wanted import MINE_DUE, Wanted

AGENTS = "Support agents"
LEADERS = frozenset({"Operations managers", "Administrators"})


def login(request: HttpRequest) -> HttpResponse:
    """The admin's login; who would arrive at home arrives where their work is."""
    home = reverse("admin:index")
    answer: HttpResponse = admin.site.login(request)
    if request.method == "POST" and answer.get("Location") == home:
        answer["Location"] = first_page(request.user)
    return answer


def first_page(user: AbstractBaseUser | AnonymousUser | User) -> str:
    """The address of somebody's first page. One query."""
    groups = set(user.groups.values_list("name", flat=True)) if isinstance(user, User) else set()
    if AGENTS in groups and not groups & LEADERS:
        return reverse("admin:tracking_exceptioncase_changelist") + "?" + Wanted(view=MINE_DUE).query()
    return reverse("admin:index")
