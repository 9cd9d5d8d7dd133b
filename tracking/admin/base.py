"""What all admin pages share: read-only pages, our style sheets, permissions by name."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from tracking.admin.reader import reader


def may(request: HttpRequest, permission: str) -> bool:
    """True if the reader has a permission of the tracking app, named without its app: `act_on_case`."""
    return bool(request.user.has_perm(f"tracking.{permission}"))


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied (403) unless the reader has the permission."""
    if not may(request, permission):
        raise PermissionDenied(f"This needs the permission {permission}.")


class ReadOnlyAdmin(ModelAdmin):
    """A page that shows rows and never edits them by the form: changes go through operations."""

    list_fullwidth = True
    compressed_fields = True
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody edits rows here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes rows here."""
        return False

    def page(self, request: HttpRequest, template: str, title: Any, **context: Any) -> HttpResponse:
        """Answer with a page of our own inside the admin's frame; `reader` and `opts` are always in its context."""
        request.current_app = self.admin_site.name
        frame = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "reader": reader(request),
            "is_fullwidth": "1",
        }
        return TemplateResponse(request, template, {**frame, **context})


def own_rows(ids: Iterable[str]) -> list[int]:
    """Ids as they came from check boxes: whole numbers, each once, in their order; anything else is dropped."""
    return list(dict.fromkeys(int(one) for one in ids if one.isdecimal()))
