"""The views of the side bar with their numbers: counted once per request, whoever asks."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from tracking.admin.base import may
from tracking.admin.reader import reader
from tracking.exception_queue import own_views, queries
from tracking.exception_queue.wanted import VIEWS, Wanted
from tracking.ingest.incidents import open_incidents
from tracking.jobs.queries import demo_jobs
from tracking.models import ExceptionCase, SavedView

PAGE, SILENT, LOADING = "page", "silent sources", "demo loading"


@dataclass(frozen=True, slots=True)
class ViewLink:
    """One line of the side bar below the queue. `count` is "" where it is told later or never."""

    key: str
    label: str
    definition: str
    address: str
    count: str
    tint: str
    begins_group: bool
    is_on: bool


def queue_address() -> str:
    """The address of the queue without anything chosen."""
    return reverse("admin:tracking_exceptioncase_changelist")


def counted(request: HttpRequest, page: QuerySet[ExceptionCase] | None = None) -> dict[str, int]:
    """Numbers of all views, of silent sources, of a demo that is loading, and under PAGE of the page's own rows; all in
    one query, once per request: most pages need ask no further."""
    return _asked(request, page)[0]


def _asked(request: HttpRequest, page: QuerySet[ExceptionCase] | None = None) -> tuple[dict[str, int], list[SavedView]]:
    found: tuple[dict[str, int], list[SavedView]] | None = getattr(request, "shiptrack_counts", None)
    if found is None:
        who = reader(request)
        more: dict[str, QuerySet[Any]] = {SILENT: open_incidents(), LOADING: demo_jobs()}
        if page is not None:
            more[PAGE] = page
        found = queries.view_counts(who.user.pk, who.now, who.day_ends, more)
        request.shiptrack_counts = found  # type: ignore[attr-defined]
    return found


def view_links(request: HttpRequest) -> list[ViewLink]:
    """The views of this reader in their order, those of their own last; once per request."""
    found: list[ViewLink] | None = getattr(request, "shiptrack_views", None)
    if found is None:
        found = _view_links(request) if may(request, "act_on_case") else []
        request.shiptrack_views = found  # type: ignore[attr-defined]
    return found


def own_counts(request: HttpRequest) -> dict[str, str]:
    """Numbers of the reader's own views as shown, by the key of their link; searches are not counted."""
    who = reader(request)
    parts = {view.pk: own_views.wanted_of(view) for view in _asked(request)[1]}
    plain = {pk: wanted for pk, (wanted, search) in parts.items() if not search and not wanted.is_resolved_only}
    if not plain:
        return {}
    found, more = queries.own_view_counts(plain, who.user.pk, who.now, who.day_ends)
    return {_own_key(pk): f"{count:,}" + ("+" if more else "") for pk, count in found.items()}


def _view_links(request: HttpRequest) -> list[ViewLink]:
    (counts, kept), here = _asked(request), _here(request)
    links = [
        ViewLink(
            view.code, view.label, view.definition, _address(view.wanted.query()),
            queries.shown_count(counts[view.code]), view.tint if counts[view.code] else "", view.begins_group,
            here == view.wanted.query(),
        )
        for view in VIEWS
    ]  # fmt: skip
    own = [
        ViewLink(_own_key(view.pk), view.name, "A view of your own", _address(view.query), "", "", False,
                 bool(view.query) and here == view.query)
        for view in kept
    ]  # fmt: skip
    return [*links, *own]


def _own_key(pk: int) -> str:
    return f"own-{pk}"


def _address(query: str) -> str:
    return f"{queue_address()}?{query}" if query else queue_address()


def _here(request: HttpRequest) -> str | None:
    """What this page chooses of the queue; None on other pages."""
    if request.path != queue_address():
        return None
    values: Any = request.GET.dict()
    return own_views.as_query(Wanted.read(values), values.get("q", ""))
