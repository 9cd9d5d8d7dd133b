"""The home page: what needs attention, with a link behind every number."""

from typing import Any

from django.http import HttpRequest

from tracking.admin.reader import reader


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the index page's context what the reader should know first."""
    return {**context, "title": "Home", "reader": reader(request)}
