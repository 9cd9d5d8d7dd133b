"""Team load: who has how much, who is there; moving chosen cases from one person to another."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from tracking import clock
from tracking.admin.base import ReadOnlyAdmin, may, own_rows, require
from tracking.admin.case_forms import AssignForm
from tracking.admin.lists import RowList
from tracking.admin.reader import Reader, reader
from tracking.calendars.days import ONE_DAY, day_start, local_day
from tracking.exception_queue import handover, operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.loads import BREACHING, cases_of, left_behind, loads, shift_takers
from tracking.models import ShiftHandover, TeamLoad
from tracking.templatetags.shiptrack import person_name, when

NAMED = 5


def day_ends(who: Reader) -> Any:
    """The reader's midnight (aware UTC)."""
    return day_start(str(who.zone), local_day(str(who.zone), who.now) + ONE_DAY)


def say(request: HttpRequest, result: operations.BulkResult, done: str) -> None:
    """Report what a bulk action did, and what it skipped and why."""
    if result.done:
        messages.success(request, f"{len(result.done)} {done}.")
    for case_id, why in result.skipped[:NAMED]:
        messages.warning(request, f"C-{case_id} stays as it is: {why}")
    if len(result.skipped) > NAMED:
        messages.warning(request, f"{len(result.skipped) - NAMED} more stay as they are.")


@admin.register(TeamLoad)
class TeamLoadAdmin(ReadOnlyAdmin):
    """Open, due and breaching cases by person."""

    def get_urls(self) -> list[URLPattern]:
        """One person's cases, before the pages of the admin."""
        person = self.admin_site.admin_view(self.person_view)
        return [path("person/<int:user_id>/", person, name="tracking_teamload_person"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All teams with their people."""
        if not self.has_view_permission(request):
            require(request, "view_teamload")
        who = reader(request)
        found = loads(now=who.now, day_ends=day_ends(who))
        return self.page(
            request,
            "shiptrack/people/load.html",
            "Team load",
            loads=found,
            queue=reverse("admin:tracking_exceptioncase_changelist"),
            may_assign=may(request, "assign_others"),
        )

    def person_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """A person's open cases; chosen ones are given to somebody else."""
        if not self.has_view_permission(request):
            require(request, "view_teamload")
        person = User.objects.filter(pk=user_id).first()
        if person is None:
            raise Http404("There is no such person.")
        who = reader(request)
        if request.method == "POST":
            require(request, "assign_others")
        form = AssignForm.read(request, who) if request.method == "POST" else AssignForm.blank(who)
        chosen = own_rows(request.POST.getlist("case"))
        if request.method == "POST" and form.is_valid():
            if chosen:
                return self._reassign(request, person, chosen, form)
            form.add_error(None, "Choose at least one case.")
        due = request.GET.get("due", "")
        before = {"today": day_ends(who), "breaching": who.now + BREACHING}.get(due)
        return self.page(
            request,
            "shiptrack/people/person.html",
            f"Cases of {person_name(person)}",
            person=person,
            cases=list(cases_of(user_id, due_before=before)),
            due=due if before else "",
            form=form,
            chosen=set(chosen),
            may_assign=may(request, "assign_others"),
        )

    def _reassign(self, request: HttpRequest, person: User, chosen: list[int], form: Any) -> HttpResponse:
        """Only what is theirs still: a colleague may have moved it meanwhile."""
        theirs = set(cases_of(person.pk).values_list("pk", flat=True))
        actor: Any = request.user
        result = operations.in_bulk(
            operations.assign, theirs & set(chosen), actor=actor, now=clock.now(), **form.arguments()
        )
        result.skipped += [(case_id, f"It is no longer {person}'s.") for case_id in chosen if case_id not in theirs]
        target = form.cleaned_data["owner"] or form.cleaned_data["team"]
        say(request, result, f"cases went to {target}")
        return HttpResponseRedirect(reverse("admin:tracking_teamload_person", args=[person.pk]))


@admin.register(ShiftHandover)
class ShiftHandoverAdmin(RowList):
    """What people left open at the end of their shifts."""

    comes_from = "One is written when a shift ends and its person still has open cases."
    columns = ("left", "team_shown", "open_shown", "due_shown", "breaching_shown", "back", "taken")
    list_filter = ("member__team",)
    list_select_related = ("member__user", "member__team", "taken_by")

    @admin.display(description="Who, when")
    def left(self, row: ShiftHandover, who: Reader) -> Any:
        """The person and the end of the shift, a link to the cases."""
        address = reverse("admin:tracking_shifthandover_change", args=[row.pk])
        words = f"{person_name(row.member.user)}, {who.moment(row.ended_at)}"
        return format_html('<a class="st-link" href="{}">{}</a>', address, words)

    @admin.display(description="Team")
    def team_shown(self, row: ShiftHandover, who: Reader) -> str:
        """The team of the shift."""
        return str(row.member.team)

    @admin.display(description="Open")
    def open_shown(self, row: ShiftHandover, who: Reader) -> str:
        """Open cases at the end of the shift."""
        return str(len(row.open_ids))

    @admin.display(description="Due before they are back")
    def due_shown(self, row: ShiftHandover, who: Reader) -> str:
        """Of these, due before the next shift begins."""
        return str(len(row.due_ids))

    @admin.display(description="Breaching")
    def breaching_shown(self, row: ShiftHandover, who: Reader) -> str:
        """Of these, late or due within an hour."""
        return str(len(row.breaching_ids))

    @admin.display(description="Back")
    def back(self, row: ShiftHandover, who: Reader) -> Any:
        """When the next shift begins."""
        return when(row.back_at, who, "no further shift")

    @admin.display(description="Taken over")
    def taken(self, row: ShiftHandover, who: Reader) -> str:
        """By whom."""
        return person_name(row.taken_by) if row.taken_by else "not yet" if row.due_ids else "nothing due"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The digest: what was left, what is still theirs, taking it over."""
        if not self.has_view_permission(request):
            require(request, "view_shifthandover")
        rows = ShiftHandover.objects.select_related("member__user", "member__team", "taken_by")
        row = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
        if row is None:
            raise Http404("There is no such hand-over.")
        if request.method == "POST":
            return self._take_over(request, row)
        found = left_behind(row)
        return self.page(
            request,
            "shiptrack/people/handover.html",
            f"Hand-over of {person_name(row.member.user)}",
            row=row,
            found=found,
            still=sum(1 for each in found if each.is_still_theirs),
            takers=shift_takers([row], reader(request).now)[row.pk],
            may_act=may(request, "act_on_case") and request.user.pk != row.member.user_id,
        )

    def _take_over(self, request: HttpRequest, row: ShiftHandover) -> HttpResponse:
        require(request, "act_on_case")
        chosen = own_rows(request.POST.getlist("case"))
        actor: Any = request.user
        try:
            result = handover.take_over(handover_id=row.pk, case_ids=chosen, actor=actor, now=clock.now())
        except ActionRefused as refused:
            messages.error(request, str(refused))
        else:
            say(request, result, "cases are yours now")
        return HttpResponseRedirect(reverse("admin:tracking_shifthandover_change", args=[row.pk]))
