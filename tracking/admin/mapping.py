"""Status mappings: the rows in force, changing one, and the versions there have been."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin import mapping_form
from tracking.admin.base import may, require
from tracking.admin.code import publish
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader
from tracking.events.meanings import published
from tracking.mapping.queries import changes_of, rows_in_force
from tracking.models import MappingVersion, StatusMapping
from tracking.templatetags.shiptrack import badge, person_name, status_badge, when

ROWS, VERSIONS, CODES = "tracking_statusmapping", "tracking_mappingversion", "tracking_trackingcode"


@admin.register(StatusMapping)
class StatusMappingAdmin(RowList):
    """The rows of the version in force."""

    columns = ("matches", "text", "meaning", "proves", "describes", "written_by")
    list_filter = ("source_kind", "milestone", "reason", "author", "carrier")
    search_fields = ("code",)
    search_help_text = "A code as the carrier sends it, or its beginning"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatusMapping]:
        """Only what is in force; earlier rows are reached through their version."""
        rows = super().get_queryset(request)
        return rows.filter(version__number=published().number)

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By code; one version has few rows."""
        return list(rows_in_force().filter(code__istartswith=text.strip()).values_list("pk", flat=True))

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Whose rows."""
        chosen = request.GET.urlencode()
        views = (("All rows", ""), ("Written by people", "author__exact=person"), ("Presets", "author__exact=preset"))
        return [Tab(label, query, is_on=query == chosen) for label, query in views]

    @admin.display(description="When a source says")
    def matches(self, row: StatusMapping, who: Reader) -> SafeString:
        """Field, code and subcode, a link to the row."""
        address = reverse(f"admin:{ROWS}_change", args=[row.pk])
        said = " ".join(part for part in (row.code, row.subcode) if part)
        scope = " · ".join(part for part in (row.source_kind or "any source", row.carrier, row.field) if part)
        return format_html(
            '<a class="st-link st-mono" href="{}">{}</a> <span class="st-mute">{}</span>', address, said, scope
        )

    @admin.display(description="and the text begins")
    def text(self, row: StatusMapping, who: Reader) -> str:
        """The text pattern."""
        return f"“{row.pattern}”" if row.pattern else "with anything"

    @admin.display(description="it means")
    def meaning(self, row: StatusMapping, who: Reader) -> SafeString:
        """Milestone and reason."""
        if row.is_pass:
            return badge("low", "arrow_forward", "Passes on")
        reason = row.get_reason_display() if row.reason else ""
        hint = badge("low", "lightbulb", "hint") if row.hint else ""
        return format_html('{} <span class="st-mute">{}</span> {}', status_badge(row.milestone), reason, hint)

    @admin.display(description="and proves")
    def proves(self, row: StatusMapping, who: Reader) -> str:
        """Evidence."""
        return row.get_evidence_display()

    @admin.display(description="Vendor's words")
    def describes(self, row: StatusMapping, who: Reader) -> str:
        """What the vendor says the code is."""
        return row.description or "—"

    @admin.display(description="Written by")
    def written_by(self, row: StatusMapping, who: Reader) -> SafeString:
        """Preset or a person."""
        return badge("pri" if row.author == row.Author.PERSON else "low", "", row.get_author_display())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One row: first what a change would do, then publishing it as a new version."""
        if not self.has_view_permission(request):
            require(request, "view_statusmapping")
        row = _row(object_id)
        form = mapping_form.of_row(request, row)
        in_force = row.version.number == published().number
        if request.method == "POST":
            require(request, "publish_configuration")
            if in_force and form.is_valid() and "publish" in request.POST and publish(request, form):
                return HttpResponseRedirect(reverse(f"admin:{ROWS}_changelist"))
        return self.page(
            request,
            "shiptrack/mapping/row.html",
            f"Mapping {row}",
            row=row,
            meaning=self.meaning(row, None),  # type: ignore[arg-type]
            in_force=in_force,
            form=form,
            preview=form.preview() if request.method == "POST" and form.is_valid() else None,
            may_publish=may(request, "publish_configuration"),
        )


def _row(object_id: str) -> StatusMapping:
    rows = StatusMapping.objects.select_related("version__published_by")
    found = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
    if found is None:
        raise Http404("There is no such mapping.")
    return found


@admin.register(MappingVersion)
class MappingVersionAdmin(RowList):
    """Every published version; none is ever edited."""

    columns = ("number_shown", "published_on", "by", "why", "rows")
    list_select_related = ("published_by",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MappingVersion]:
        """With the number of rows."""
        return super().get_queryset(request).annotate(row_count=Count("rows"))

    @admin.display(description="Version")
    def number_shown(self, row: MappingVersion, who: Reader) -> SafeString:
        """Its number, a link to what it changed."""
        address = reverse(f"admin:{VERSIONS}_change", args=[row.pk])
        force = badge("ok", "check", "in force") if row.number == published().number else ""
        return format_html('<a class="st-link" href="{}">Version {}</a> {}', address, row.number, force)

    @admin.display(description="Published")
    def published_on(self, row: MappingVersion, who: Reader) -> SafeString:
        """When."""
        return when(row.published_at, who)

    @admin.display(description="By")
    def by(self, row: MappingVersion, who: Reader) -> str:
        """Who."""
        return person_name(row.published_by) or "the product"

    @admin.display(description="Why")
    def why(self, row: MappingVersion, who: Reader) -> str:
        """The note."""
        return row.note or "—"

    @admin.display(description="Rows")
    def rows(self, row: Any, who: Reader) -> str:
        """How many."""
        return f"{row.row_count:,}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What one version changed against the one before it."""
        if not self.has_view_permission(request):
            require(request, "view_mappingversion")
        rows = MappingVersion.objects.select_related("published_by")
        version = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if version is None:
            raise Http404("There is no such version.")
        changes = changes_of(version)
        return self.page(
            request,
            "shiptrack/mapping/version.html",
            f"Mapping version {version.number}",
            version=version,
            changes=changes[:200],
            change_count=len(changes),
        )
