"""The exception queue and the page of one case, as admin pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from tracking.admin import case_page, case_queue
from tracking.admin.base import ReadOnlyAdmin, may
from tracking.admin.case_actions import ACTIONS
from tracking.exception_queue import queries
from tracking.models import ExceptionCase
from tracking.privacy.operations import may_reveal

QueueAction = tuple[Callable[..., Any], str, str]


@admin.register(ExceptionCase)
class CaseAdmin(ReadOnlyAdmin):
    """Django's change list and change page with bodies of our own; nothing here decides, operations do."""

    list_filter = [case_queue.WantedFilter]
    search_fields = ["order__number"]  # opens the box; the search itself is ours
    search_help_text = "Order, tracking number or case, for example #1001 or C-12"
    paginator = case_queue.CappedPaginator
    change_list_template = "shiptrack/queue/queue.html"

    class Media:
        css = {"all": ["shiptrack/queue.css", "shiptrack/case.css"]}
        js = ["shiptrack/keys.js", "shiptrack/queue.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExceptionCase]:
        """Cases with all that a row shows."""
        return queries.with_row(ExceptionCase.objects.all())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The least time left first; resolved ones newest first."""
        return queries.ordering(case_queue.wanted_by(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ExceptionCase], search_term: str
    ) -> tuple[QuerySet[ExceptionCase], bool]:
        """Exact and prefix look-ups on normalized columns; e-mail for those who may see personal data."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(queries.search_condition(search_term, with_email=may_reveal(request.user))), False

    def get_actions(self, request: HttpRequest) -> dict[str, QueueAction]:
        """The actions on several cases, for those who may act."""
        if not may(request, "act_on_case"):
            return {}
        return {
            name: (case_queue.bulk(action), name, action.label) for name, action in ACTIONS.items() if action.in_bulk
        }

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue. Answers actions on several cases too."""
        answer: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None)
        if context and "cl" in context and "rows" not in context:
            context["title"] = "Exception queue"
            found = context["cl"]
            found.full_result_count = found.result_count  # the page counts for itself; the frame then keeps quiet
            context.update(case_queue.page_context(request, list(found.result_list)))
            context.update(case_queue.pages(request, found.page_num))
            context["actions"] = [ACTIONS[name] for name in self.get_actions(request)]
            context["empty"] = case_queue.empty_words(context["wanted"], found.query)
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one case."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not (object_id.isascii() and object_id.isdecimal()):
            raise Http404("A case has a number.")
        return case_page.show(self, request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        """Addresses of the actions on one case, beside Django's."""
        own = [
            path("<int:case_id>/reveal/", self.admin_site.admin_view(self.reveal_view), name="tracking_case_reveal"),
            path("<int:case_id>/do/<slug:name>/", self.admin_site.admin_view(self.act_view), name="tracking_case_act"),
        ]
        return own + super().get_urls()

    def act_view(self, request: HttpRequest, case_id: int, name: str) -> HttpResponse:
        """One action on one case."""
        return case_page.act(self, request, case_id, name)

    def reveal_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Show the customer's data, logged."""
        return case_page.reveal(request, case_id)
