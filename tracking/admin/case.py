"""The exception queue and the page of one case, as admin pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path

from tracking.admin import case_bulk, case_page, case_panel, case_queue, case_undo, queue_live, queue_views
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
    change_list_template = "shiptrack/queue/queue.html"

    class Media:
        css = {"all": ["shiptrack/queue.css", "shiptrack/case.css"]}
        js = [f"shiptrack/queue{part}.js" for part in ("-panel", "-ask", "", "-live")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExceptionCase]:
        """Cases with all that a row shows."""
        return queries.with_row(ExceptionCase.objects.all())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The least time left first; resolved ones newest first."""
        return case_queue.wanted_by(request).ordering

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[ExceptionCase], per_page: int, *args: Any, **kwargs: Any
    ) -> case_queue.CappedPaginator:
        """Count the page with the numbers of the side bar."""
        return case_queue.CappedPaginator(request, queryset, per_page)

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
            name: (case_bulk.bulk(action), name, action.label) for name, action in ACTIONS.items() if action.in_bulk
        }

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue. Answers actions on several cases too."""
        answer: HttpResponse = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None)
        if context and "cl" in context and "rows" not in context:
            context["title"] = "Exception queue"
            found = context["cl"]
            found.full_result_count = found.result_count  # the page counts for itself; the frame then keeps quiet
            context.update(case_queue.page_context(request))
            context.update(case_panel.rows_and_panel(request, list(found.result_list)))
            context.update(case_queue.pages(request, found.page_num))
            context["actions"] = [ACTIONS[name] for name in self.get_actions(request)]
            context["undo"] = case_undo.offered(request)
            if not context["rows"]:
                context["empty"] = case_queue.empty_words(context["wanted"], found.query, context["reader"])
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one case."""
        self._require_view(request)
        if not (object_id.isascii() and object_id.isdecimal()):
            raise Http404("A case has a number.")
        return case_page.show(self, request, int(object_id))

    def get_urls(self) -> list[URLPattern]:
        """Our own addresses beside Django's."""
        mine = self.admin_site.admin_view
        own = [
            path("counts/", mine(self.counts_view), name="tracking_queue_counts"),
            path("presence/", mine(self.presence_view), name="tracking_queue_presence"),
            path("undo/", mine(self.undo_view), name="tracking_queue_undo"),
            path("views/", mine(self.views_view), name="tracking_queue_views"),
            path("views/save/", mine(self.save_view), name="tracking_queue_save"),
            path("<int:case_id>/peek/", mine(self.peek_view), name="tracking_case_peek"),
            path("<int:case_id>/reveal/", mine(self.reveal_view), name="tracking_case_reveal"),
            path("<int:case_id>/do/<slug:name>/", mine(self.act_view), name="tracking_case_act"),
        ]
        return own + super().get_urls()

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def counts_view(self, request: HttpRequest) -> HttpResponse:
        """Numbers of the views."""
        self._require_view(request)
        return queue_live.counts(request)

    def presence_view(self, request: HttpRequest) -> HttpResponse:
        """Who is at which case."""
        self._require_view(request)
        return queue_live.present(request)

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Undo the reader's last action."""
        return case_undo.undo(request)

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """The reader's own views."""
        self._require_view(request)
        return queue_views.manage(self, request)

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep what is chosen as a view."""
        self._require_view(request)
        return queue_views.save(request)

    def peek_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """One case as a panel."""
        self._require_view(request)
        return case_panel.show(request, case_id)

    def act_view(self, request: HttpRequest, case_id: int, name: str) -> HttpResponse:
        """One action on one case."""
        return case_page.act(self, request, case_id, name)

    def reveal_view(self, request: HttpRequest, case_id: int) -> HttpResponse:
        """Show the customer's data, logged."""
        return case_page.reveal(request, case_id)
