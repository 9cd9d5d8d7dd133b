"""What every admin page says while a source is silent."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from tracking.admin.queue_counts import SILENT, counted
from tracking.admin.reader import reader
from tracking.ingest.incidents import Silence, open_silences


def banner(request: HttpRequest) -> dict[str, Any]:
    """Add to the context of a page what its banner needs; asked only where the banner is drawn, and in detail (one
    query) only if a source is silent."""
    return {"feed_silences": partial(_silences, request), "feed_reader": partial(reader, request)}


def _silences(request: HttpRequest) -> list[Silence]:
    """The open incidents, for whoever may see sources."""
    may_see = request.user.has_perm("tracking.view_source")
    return open_silences(reader(request).now) if may_see and counted(request)[SILENT] else []
