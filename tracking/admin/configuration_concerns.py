"""Policies say how many open cases they concern, and which."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.base import require
from tracking.admin.reader import reader
from tracking.exception_queue.concerns import MOST, Concerned
from tracking.models import ExceptionCase
from tracking.templatetags.shiptrack import capped

SHOWN = 200


class ConcernedCases:
    """Part of an admin page: a column with the number of open cases, linked to a page that lists them."""

    def find_concerned(self) -> Concerned:
        """Ids of the open cases by the key of the row they concern."""
        raise NotImplementedError

    def key_of(self, row: Any) -> str:
        """The key of a row; its id unless said otherwise."""
        return str(row.pk)

    def concerned(self, request: HttpRequest) -> Concerned:
        """The same, asked once per request."""
        found: Mapping[str, list[int]] | None = getattr(request, "shiptrack_concerned", None)
        if found is None:
            found = self.find_concerned()
            request.shiptrack_concerned = found  # type: ignore[attr-defined]
        return found

    def get_list_display(self, request: HttpRequest) -> list[str | Callable[[Any], Any]]:
        """The columns, and the open cases at their end."""
        return [*super().get_list_display(request), self._column(request)]  # type: ignore[misc]

    def _column(self, request: HttpRequest) -> Callable[[Any], SafeString]:
        def cases(row: Any) -> SafeString:
            key = self.key_of(row)
            return self.link(key, len(self.concerned(request).get(key, ())))

        cases.short_description = "Open cases"  # type: ignore[attr-defined]
        return cases

    def link(self, key: str, count: int) -> SafeString:
        """The number, a link to its cases; a plain 0 where there are none."""
        if not count:
            return SafeString("0")
        address = reverse(f"admin:{self._route}")
        return format_html('<a class="st-link" href="{}?row={}">{}</a>', address, key, capped(count, MOST))

    @property
    def _route(self) -> str:
        opts = self.opts  # type: ignore[attr-defined]
        return f"{opts.app_label}_{opts.model_name}_cases"

    def get_urls(self) -> list[URLPattern]:
        """Also the list of cases."""
        view = self.admin_site.admin_view(self.cases_view)  # type: ignore[attr-defined]
        return [path("cases/", view, name=self._route), *super().get_urls()]  # type: ignore[misc]

    def cases_view(self, request: HttpRequest) -> HttpResponse:
        """The open cases that one row concerns, the least time left first."""
        opts = self.opts  # type: ignore[attr-defined]
        require(request, f"view_{opts.model_name}")
        ids = self.concerned(request).get(request.GET.get("row", ""), [])
        rows = ExceptionCase.objects.filter(pk__in=ids[:SHOWN]).select_related("order", "owner", "team")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": f"Open cases of this {opts.verbose_name}",
            "opts": opts,
            "reader": reader(request),
            "is_fullwidth": "1",
            "cases": list(rows.order_by("time_left_at", "id")),
            "total": capped(len(ids), MOST),
            "shown": SHOWN,
            "is_cut": len(ids) > SHOWN,
        }
        return TemplateResponse(request, "shiptrack/lists/concerned.html", context)
