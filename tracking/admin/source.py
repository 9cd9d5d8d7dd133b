"""Sources: how they feel, what they lack, their settings, and adding a new one."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from unfold.views import ChangeList

from tracking import clock
from tracking.admin.base import may, require
from tracking.admin.lists import RowList
from tracking.admin.reader import Reader, reader
from tracking.admin.source_facts import failed_of, polls_due, quota_left, state_badge, strip
from tracking.admin.source_forms import NewSourceForm, SettingsForm, StandingForm
from tracking.connectors.registry import CONNECTORS
from tracking.detectors import words
from tracking.ingest import sources
from tracking.ingest.incidents import silences_of
from tracking.ingest.queries import health, last_messages
from tracking.ingest.reconciliation import gaps_by_day, gaps_of
from tracking.ingest.standing import set_standing
from tracking.models import Source, Store
from tracking.privacy import masking
from tracking.templatetags.shiptrack import badge, capped, feed_dot, when

GAP_DAYS = 14
FEW_GAPS, MOST_GAPS = 10, 500
WEBHOOK_PATH = "/hooks/{slug}/"


class HealthList(ChangeList):
    """The rows of the list with their health, asked for all at once."""

    result_list: Iterable[Any]

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows; each has `health`."""
        super().get_results(request)
        rows = list(self.result_list)
        found = health(rows, clock.now())
        for row in rows:
            row.health = found[row.pk]
        self.result_list = rows


@admin.register(Source)
class SourceAdmin(RowList):
    """Every connected account."""

    columns = ("name_shown", "state", "last_message", "lag", "failures", "quota", "polling", "messages_failed")
    list_filter = ("kind", "feed_state")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may connect a new account."""
        return may(request, "manage_sources")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with health."""
        return HealthList

    @admin.display(description="Source")
    def name_shown(self, row: Source, who: Reader) -> SafeString:
        """Name, kind, a link to the page."""
        address = reverse("admin:tracking_source_change", args=[row.pk])
        sandbox = badge("low", "science", "Sandbox") if row.is_sandbox else ""
        kind = row.get_kind_display()
        return format_html(
            '<a class="st-link" href="{}">{}</a> <span class="st-mute">{}</span> {}', address, row, kind, sandbox
        )

    @admin.display(description="State")
    def state(self, row: Source, who: Reader) -> SafeString:
        """Its health."""
        return state_badge(row)

    @admin.display(description="Last message")
    def last_message(self, row: Source, who: Reader) -> SafeString:
        """When it last said anything."""
        return when(row.last_message_at, who, "never")

    @admin.display(description="Lag, median and p95")
    def lag(self, row: Any, who: Reader) -> str:
        """From event to receipt over the last week."""
        found = row.health.lag
        return f"{words.duration(found.median)} / {words.duration(found.p95)}" if found else "too few events"

    @admin.display(description="Failures in a row")
    def failures(self, row: Source, who: Reader) -> SafeString:
        """How many calls failed since the last good one."""
        return format_html('<span title="{}">{}</span>', masking.text(row.last_failure), row.failures_in_a_row)

    @admin.display(description="Quota left")
    def quota(self, row: Source, who: Reader) -> str:
        """As the vendor reports it."""
        return quota_left(row)

    @admin.display(description="Polls due")
    def polling(self, row: Any, who: Reader) -> str:
        """Parcels to ask about now, of all it is asked about."""
        return polls_due(row, row.health, who)[0] if row.polling_is_on else "paused"

    @admin.display(description="Messages failed")
    def messages_failed(self, row: Any, who: Reader) -> SafeString:
        """Messages that could not be used, a link to them."""
        return format_html('<a class="st-link" href="{}">{}</a>', failed_of(row), capped(row.health.failed))

    def get_urls(self) -> list[URLPattern]:
        """Also what administrators do to a source."""
        view = self.admin_site.admin_view
        own = [
            path("<int:pk>/settings/", view(require_POST(self.save_settings)), name="source_settings"),
            path("<int:pk>/test/", view(require_POST(self.test)), name="source_test"),
            path("<int:pk>/pause/", view(require_POST(self.pause)), name="source_pause"),
            path("<int:pk>/resume/", view(require_POST(self.resume)), name="source_resume"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one source."""
        if not self.has_view_permission(request):
            require(request, "view_source")
        return self._show(request, _source(object_id))

    def _show(
        self,
        request: HttpRequest,
        source: Source,
        form: SettingsForm | None = None,
        standing: StandingForm | None = None,
    ) -> HttpResponse:
        who, connector = reader(request), CONNECTORS.get(source.kind)
        found = health([source], who.now)[source.pk]
        manages = may(request, "manage_sources")
        return self.page(
            request,
            "shiptrack/source/page.html",
            str(source),
            source=source,
            state=state_badge(source),
            dot=feed_dot(source.feed_state),
            facts=strip(source, found, who),
            missing=sources.missing(source) if connector else [("Connector", f"There is none of kind {source.kind}.")],
            is_blocked=bool(source.blocked_until and source.blocked_until > who.now),
            last_failure=masking.text(source.last_failure),
            webhook=settings.PUBLIC_URL + WEBHOOK_PATH.format(slug=source.slug) if _is_pushed(source.kind) else "",
            polls=bool(connector and connector.poll.style != "none"),
            health=found,
            rows=[(row, masking.text(row.error or row.result)[:160]) for row in last_messages(source.pk)],
            failed_link=failed_of(source),
            silences=silences_of(source.pk, who.now),
            **_gaps(source, request, who),
            stores=list(source.stores.all()),
            manages=manages,
            form=(form or SettingsForm(connector, source=source)) if manages and connector else None,
            standing=standing
            or StandingForm(initial={name: getattr(source, name) for name in StandingForm.base_fields}),
        )

    def save_settings(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store what was typed; blank secrets stay as they are."""
        require(request, "manage_sources")
        source = _source(str(pk))
        form = SettingsForm(CONNECTORS[source.kind], request.POST, source=source)
        standing = StandingForm(request.POST)
        if not (form.is_valid() & standing.is_valid()):
            return self._show(request, source, form, standing)
        try:
            sources.add_source(
                kind=source.kind, slug=source.slug, store="", values=form.values(), now=clock.now(), name=source.name
            )
        except sources.BadSource as refused:
            form.add_error(None, str(refused))
            return self._show(request, source, form, standing)
        set_standing(source_id=pk, **standing.decisions())
        messages.success(request, "The settings are stored. Test the connection to see whether they work.")
        return HttpResponseRedirect(page_of(pk))

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the cheapest real call and say what came of it."""
        require(request, "manage_sources")
        works, sentence = sources.test_connection(source_id=_source(str(pk)).pk, now=clock.now())
        (messages.success if works else messages.error)(request, sentence)
        return HttpResponseRedirect(page_of(pk))

    def pause(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop asking; what is pushed still comes in."""
        require(request, "manage_sources")
        sources.pause(source_id=_source(str(pk)).pk)
        messages.success(request, "Paused: we do not ask this source any more. What it pushes still comes in.")
        return HttpResponseRedirect(page_of(pk))

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask again, at once."""
        require(request, "manage_sources")
        sources.resume(source_id=_source(str(pk)).pk, now=clock.now())
        messages.success(request, "Switched on: the source is asked again within two minutes.")
        return HttpResponseRedirect(page_of(pk))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the kind, then what that kind needs. Only names are compulsory: the source's page says what lacks."""
        require(request, "manage_sources")
        connector = CONNECTORS.get(request.GET.get("kind", ""))
        if connector is None:
            return self.page(request, "shiptrack/source/kinds.html", "Add a source", kinds=list(CONNECTORS.values()))
        posted = request.POST if request.method == "POST" else None
        basics, form = NewSourceForm(posted), SettingsForm(connector, posted)
        if posted is not None and basics.is_valid() and form.is_valid():
            try:
                source, _ = sources.add_source(
                    kind=connector.kind, values=form.values(), now=clock.now(), **basics.cleaned_data
                )
            except sources.BadSource as refused:
                basics.add_error(None, str(refused))
            else:
                messages.success(request, f"{source} is there. The page below says what it still lacks.")
                return HttpResponseRedirect(page_of(source.pk))
        stores = list(Store.objects.values_list("name", flat=True)[:50])
        title = f"Add a {connector.label} source"
        return self.page(
            request, "shiptrack/source/add.html", title, connector=connector, basics=basics, form=form, stores=stores
        )


def page_of(pk: int) -> str:
    """Address of a source's page."""
    return reverse("admin:tracking_source_change", args=[pk])


def _gaps(source: Source, request: HttpRequest, who: Reader) -> dict[str, Any]:
    """Lost webhooks of the last days, those of one day if the address names it."""
    connector = CONNECTORS.get(source.kind)
    if connector is None or connector.poll.style != "cursor":
        return {"counts_gaps": False}
    first = who.local(who.now).date() - timedelta(days=GAP_DAYS - 1)
    days = gaps_by_day(source.pk, who.zone, datetime.combine(first, time(), who.zone))
    chosen = next((day for day in days if day.isoformat() == request.GET.get("gaps")), None)
    begins = datetime.combine(chosen or first, time(), who.zone)
    ends = datetime.combine(chosen + timedelta(days=1), time(), who.zone) if chosen else None
    most = MOST_GAPS if chosen else FEW_GAPS
    rows = list(gaps_of(source.pk, begins, ends)[: most + 1])
    return {
        "counts_gaps": True,
        "gap_days": days,
        "gap_day": chosen,
        "gaps": rows[:most],
        "gaps_left_out": len(rows) > most,
    }


def _is_pushed(kind: str) -> bool:
    connector = CONNECTORS.get(kind)
    return bool(connector and any(setting.needed_for == "webhook" for setting in connector.setting_fields))


def _source(object_id: str) -> Source:
    found = Source.objects.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
    if found is None:
        raise Http404("There is no such source.")
    return found
