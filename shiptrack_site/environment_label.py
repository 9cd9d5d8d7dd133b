"""The label above every page: what kind of installation this is."""

from django.conf import settings
from django.http import HttpRequest

from tracking.admin.queue_counts import LOADING, counted
from tracking.jobs.queries import demo_progress


def environment(request: HttpRequest) -> list[str] | None:
    """The banner above every page: that the demo is still loading, or that this is a local installation."""
    if settings.MODE != "local":
        return None
    percent = demo_progress() if _may_be_loading(request) else None
    return ["Local", "info"] if percent is None else [f"The demo is loading: {percent} %", "warning"]


def _may_be_loading(request: HttpRequest) -> bool:
    """Those who are logged in have the answer among the numbers of their side bar."""
    return not request.user.is_authenticated or bool(counted(request)[LOADING])
