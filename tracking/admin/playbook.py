"""The playbook: one table of everything that follows, every cell a link to its setting; made to be printed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from tracking.admin.base import ReadOnlyAdmin, require
from tracking.exception_queue.playbook import playbook
from tracking.models import EscalationPolicy, Playbook


@admin.register(Playbook)
class PlaybookAdmin(ReadOnlyAdmin):
    """What the engine does, status by status and kind by kind."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The whole table."""
        if not self.has_view_permission(request):
            require(request, "view_playbook")
        found = playbook()
        ladders = dict(EscalationPolicy.objects.values_list("severity", "pk"))
        return self.page(request, "shiptrack/playbook/page.html", "Playbook", playbook=found, ladders=ladders)
