"""What our lists share: counts that stop, search by exact look-ups, tabs above the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

from tracking.admin.base import ReadOnlyAdmin
from tracking.admin.reader import Reader, reader

COUNTED_TO = 10_000


class CappedPaginator(Paginator):
    """Counts at most 10 000 rows, so that a long list costs no more than a short one; narrow it to see the rest."""

    @cached_property
    def count(self) -> int:
        """Rows in all, at most 10 000."""
        return cast("QuerySet[Any]", self.object_list)[:COUNTED_TO].count()


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab above a list: its query string decides what the list shows."""

    label: str
    query: str
    count: str = ""
    is_on: bool = False
    title: str = ""


class RowList(ReadOnlyAdmin):
    """A read-only list: fixed order, capped counts, search only by `find` (exact and prefix look-ups by index)."""

    columns: ClassVar[tuple[str, ...]] = ()
    """Names of methods (row, reader) -> what the cell shows, described by `admin.display`."""
    comes_from = ""
    """Where rows come from, for a list that is empty and to which nobody adds by hand."""
    list_display_links = None
    paginator = CappedPaginator
    list_before_template = "shiptrack/lists/tabs.html"
    sortable_by: ClassVar[tuple[str, ...]] = ()
    actions: ClassVar[list[Any]] = []

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["shiptrack/pages.css"]}

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """Ids of the rows that somebody may mean by `text`; asked only where `search_fields` are named."""
        return []

    def get_list_display(self, request: HttpRequest) -> tuple[Callable[[Any], Any], ...]:
        """The columns, knowing who reads and in which zone."""
        who = reader(request)
        return tuple(_column(getattr(self, name), who) for name in self.columns)

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """The tabs above this list; none unless a page says so."""
        return []

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list with its tabs, and in whose zone its times are."""
        own = {"list_tabs": self.tabs(request), "reader": reader(request)}
        return super().changelist_view(request, {**(extra_context or {}), **own})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Model], search_term: str
    ) -> tuple[QuerySet[Model], bool]:
        """Narrow the list to what somebody typed, through `find`."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=self.find(request, search_term)), False


def _column(show: Callable[[Any, Reader], Any], who: Reader) -> Callable[[Any], Any]:
    def cell(row: Any) -> Any:
        return show(row, who)

    cell.__name__ = show.__name__
    cell.short_description = getattr(show, "short_description", show.__name__)  # type: ignore[attr-defined]
    return cell
