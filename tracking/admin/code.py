"""Tracking codes: what sources say, what we take it to mean, and giving a meaning to what has none."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from tracking.admin import mapping_form
from tracking.admin.base import may, require
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader
from tracking.mapping.operations import InvalidMapping
from tracking.mapping.queries import COUNTED_TO, rows_in_force, samples, unmapped_codes, usage
from tracking.models import StatusMapping, TrackingCode
from tracking.orders.queries import starts_with
from tracking.privacy import masking
from tracking.templatetags.shiptrack import capped, status_badge, when
from tracking.vocabulary import Milestone


class UsageList(ChangeList):
    """The rows of the list with how often each was heard, asked for all at once."""

    result_list: Iterable[Any]

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows; each has `usage`."""
        super().get_results(request)
        rows = list(self.result_list)
        found = usage(row.pk for row in rows)
        for row in rows:
            row.usage = found[row.pk]
        self.result_list = rows


@admin.register(TrackingCode)
class TrackingCodeAdmin(RowList):
    """Every distinct thing sources have said."""

    columns = ("code_shown", "says", "meaning", "decided", "heard", "first_seen")
    list_filter = ("source_kind", "milestone", "reason", "carrier")
    search_fields = ("raw_code",)
    search_help_text = "A code as the carrier sends it, whole or its beginning"

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By the raw code."""
        typed = text.strip()
        rows = TrackingCode.objects.filter(starts_with("raw_code", typed) | starts_with("raw_code", typed.upper()))
        return list(rows.values_list("pk", flat=True)[:COUNTED_TO])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with usage."""
        return UsageList

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """What waits for a meaning comes first."""
        waiting = capped(unmapped_codes()[:COUNTED_TO].count())
        views = (
            ("Unmapped", f"milestone__exact={Milestone.UNMAPPED.value}", waiting),
            ("All", "", ""),
            ("Information only", f"milestone__exact={Milestone.INFO.value}", ""),
        )
        chosen = request.GET.urlencode()
        return [Tab(label, query, count, is_on=query == chosen) for label, query, count in views]

    @admin.display(description="Code")
    def code_shown(self, row: TrackingCode, who: Reader) -> SafeString:
        """The raw code, a link to its page."""
        address = reverse("admin:tracking_trackingcode_change", args=[row.pk])
        said = " ".join(part for part in (row.raw_code, row.raw_subcode) if part) or "text only"
        by = " · ".join(part for part in (row.source_kind, row.carrier) if part)
        return format_html(
            '<a class="st-link st-mono" href="{}">{}</a> <span class="st-mute">{}</span>', address, said, by
        )

    @admin.display(description="What it says")
    def says(self, row: TrackingCode, who: Reader) -> str:
        """A sample in the carrier's words."""
        return f"“{masking.text(row.sample_text)}”" if row.sample_text else "no text"

    @admin.display(description="Meaning")
    def meaning(self, row: TrackingCode, who: Reader) -> SafeString:
        """Milestone and reason."""
        reason = row.get_reason_display() if row.reason else ""
        return format_html('{} <span class="st-mute">{}</span>', status_badge(row.milestone), reason)

    @admin.display(description="Decided by")
    def decided(self, row: TrackingCode, who: Reader) -> str:
        """The row that decided."""
        return row.decided_by or "no row"

    @admin.display(description="Events, parcels")
    def heard(self, row: Any, who: Reader) -> str:
        """How often it was heard; counted to 1000 events."""
        return f"{capped(row.usage.events)} in {capped(row.usage.parcels)}"

    @admin.display(description="First seen")
    def first_seen(self, row: TrackingCode, who: Reader) -> SafeString:
        """When it was first heard."""
        return when(row.first_seen_at, who)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One code: samples, meaning, and a row for it: first what it would do, then publishing it."""
        if not self.has_view_permission(request):
            require(request, "view_trackingcode")
        code = TrackingCode.objects.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if code is None:
            raise Http404("There is no such code.")
        form = mapping_form.of_code(request, code)
        if request.method == "POST":
            require(request, "publish_configuration")
            if form.is_valid() and "publish" in request.POST and publish(request, form):
                return HttpResponseRedirect(reverse("admin:tracking_trackingcode_change", args=[code.pk]))
        return self.page(
            request,
            "shiptrack/mapping/code.html",
            f"Code {code}",
            code=code,
            decided=rows_in_force().filter(row_key=code.decided_by).first() if code.decided_by else None,
            usage=usage([code.pk])[code.pk],
            samples=samples(code.pk),
            form=form,
            preview=form.preview() if request.method == "POST" and form.is_valid() else None,
            may_publish=may(request, "publish_configuration"),
        )


def publish(request: HttpRequest, form: mapping_form.MappingForm) -> bool:
    """Publish a valid form's row; says what came of it and returns whether it was published."""
    try:
        version = form.publish(request.user)  # type: ignore[arg-type]
    except (InvalidMapping, StatusMapping.DoesNotExist) as refused:
        form.add_error(None, str(refused))
        return False
    messages.success(
        request, f"Mapping version {version.number} is in force; the parcels it concerns are worked out anew."
    )
    return True
