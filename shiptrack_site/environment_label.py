"""The label above every page: what kind of installation this is."""

from django.conf import settings
from django.http import HttpRequest

from tracking.jobs.queries import demo_progress


def environment(request: HttpRequest) -> list[str] | None:
    """The banner above every page: that the demo is still loading, or that this is a local installation."""
    if settings.MODE != "local":
        return None
    percent = demo_progress()
    return ["Local", "info"] if percent is None else [f"The demo is loading: {percent} %", "warning"]
