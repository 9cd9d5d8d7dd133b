"""What the pages about messages share: who may look, and how a page is found."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse

from tracking.admin.base import ReadOnlyAdmin, require

LOOK = "view_shipment"
"""Whoever may look at parcels may look at what was said about them."""


class MessagesAdmin(ReadOnlyAdmin):
    """A page about messages: read by everybody who may see parcels, changed by operations only."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to whoever may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may see parcels."""
        user: Any = getattr(request, "user", AnonymousUser())
        return bool(user.has_perm(f"tracking.{LOOK}"))

    def may_look(self, request: HttpRequest) -> None:
        """Raise PermissionDenied (403) for everybody else."""
        require(request, LOOK)


def address(model: str, page: str, *parts: object) -> str:
    """Return the address of a page of ours: `address("outboxrow", "changelist")`."""
    return reverse(f"admin:notifications_{model}_{page}", args=parts)


def number_in(request: HttpRequest, name: str) -> int:
    """Return a whole number out of what was posted, 0 for anything else."""
    value = request.POST.get(name, "") or request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 12 else 0
