"""Shipments: the list, and the page of one parcel with its whole story."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from tracking.admin.base import may, require
from tracking.admin.dispute_shown import mentioned
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader, reader
from tracking.admin.reports_shown import reports_in
from tracking.admin.shipment_facts import details, evidence_steps, strip, warnings
from tracking.admin.shipment_story import lines, watch_lines
from tracking.admin.tickets_shown import tickets_shown
from tracking.exception_queue import corrections
from tracking.exception_queue.concerns import deciding_rows
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.quiet import why_quiet
from tracking.models import Shipment
from tracking.privacy import masking
from tracking.privacy.queries import revealed_customers
from tracking.shipments.queries import ids_by_text, story, told
from tracking.templatetags.parcels import carried_by
from tracking.templatetags.shiptrack import badge, care_chip, number_groups, status_badge, when
from tracking.vocabulary import TERMINAL_STATUSES, Direction, ShipmentStatus

MOVING = [status for status in ShipmentStatus.values if status not in TERMINAL_STATUSES]


class NeedsALook(SimpleListFilter):
    """Facts that make a parcel worth a look whatever its status."""

    title = "needs a look"
    parameter_name = "look"
    conditions: ClassVar[dict[str, tuple[str, Q]]] = {
        "claimed_twice": ("Number claimed twice", Q(claimed_twice=True)),
        "moved_after_end": ("Moved after the end", Q(moved_after_end_at__isnull=False)),
        "conflict": ("Sources disagree", Q(conflict_since__isnull=False)),
        "not_found": ("Carrier does not know it", Q(not_found_since__isnull=False)),
        "unmapped": ("Has unmapped events", Q(unmapped_events__gt=0)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices."""
        return [(key, label) for key, (label, _) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> QuerySet[Shipment]:
        """Narrow to the chosen one."""
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class CorrectStatusForm(forms.Form):
    """A person's word about where the parcel stands."""

    status = forms.ChoiceField(label="Status it really has", choices=ShipmentStatus.choices)
    note = forms.CharField(label="How do you know?", widget=forms.Textarea(attrs={"rows": 2}), max_length=300)


class SettleForm(forms.Form):
    """A person says what the movement after the end was."""

    note = forms.CharField(label="What was it?", widget=forms.Textarea(attrs={"rows": 2}), max_length=300)


@admin.register(Shipment)
class ShipmentAdmin(RowList):
    """Every parcel we know."""

    columns = ("parcel", "of_order", "state", "carrier_shown", "ships_from", "last_scan", "next_check")
    list_select_related = ("order", "carrier", "service", "warehouse")
    list_filter = ("status", "carrier", "warehouse", "direction", NeedsALook)
    search_fields = ("number",)
    search_help_text = "Tracking number or order number, whole or its beginning"

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By tracking number or order number."""
        return ids_by_text(text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        """Parcels that were joined into another one are not listed."""
        return super().get_queryset(request).filter(merged_into=None)

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Views of the list."""
        views = (
            ("All", ""),
            ("On their way", f"status__in={','.join(MOVING)}"),
            ("Label only", "status__exact=label_created"),
            ("Delivered", "status__exact=delivered"),
            ("Returns", f"direction__exact={Direction.RETURN.value}"),
            ("Moved after the end", "look=moved_after_end"),
        )
        chosen = request.GET.urlencode(safe=",")
        return [Tab(label, query, is_on=query == chosen) for label, query in views]

    @admin.display(description="Parcel")
    def parcel(self, row: Shipment, who: Reader) -> SafeString:
        """The number in groups of four, a link to the page."""
        address = reverse("admin:tracking_shipment_change", args=[row.pk])
        name = number_groups(row.number) if row.number else "no number yet"
        flags = badge("med", "content_copy", "claimed twice") if row.claimed_twice else ""
        return format_html('<a class="st-link st-nowrap" href="{}">{}</a> {}', address, name, flags)

    @admin.display(description="Order")
    def of_order(self, row: Shipment, who: Reader) -> SafeString | str:
        """The order's number, a link to it."""
        if row.order is None:
            return "—"
        address = reverse("admin:tracking_order_change", args=[row.order.pk])
        return format_html('<a class="st-link" href="{}">{}</a>', address, row.order)

    @admin.display(description="Status")
    def state(self, row: Shipment, who: Reader) -> SafeString:
        """Status, and what makes it doubtful."""
        doubts = badge("high", "sync_problem", "moved after the end") if row.moved_after_end_at else ""
        return format_html("{} {} {}", status_badge(row.status), care_chip(row.care_level), doubts)

    @admin.display(description="Carrier")
    def carrier_shown(self, row: Shipment, who: Reader) -> str:
        """Carrier and service."""
        return carried_by(row.carrier, row.service) or "—"

    @admin.display(description="Warehouse")
    def ships_from(self, row: Shipment, who: Reader) -> str:
        """Where it leaves from."""
        return str(row.warehouse or "—")

    @admin.display(description="Last scan")
    def last_scan(self, row: Shipment, who: Reader) -> SafeString:
        """Last physical scan."""
        return when(row.last_scan_at, who, "not yet")

    @admin.display(description="Next check")
    def next_check(self, row: Shipment, who: Reader) -> SafeString:
        """When the clock looks at it again."""
        return when(row.next_check_at, who, "not due")

    def get_urls(self) -> list[URLPattern]:
        """Also what people do to a parcel when the carrier is wrong."""
        own = [
            path("<int:pk>/correct/", self.admin_site.admin_view(require_POST(self.correct)), name="shipment_correct"),
            path("<int:pk>/settle/", self.admin_site.admin_view(require_POST(self.settle)), name="shipment_settle"),
        ]
        return own + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one parcel."""
        return self._show(request, object_id)

    def _show(self, request: HttpRequest, object_id: str, **forms_given: forms.Form) -> HttpResponse:
        if not self.has_view_permission(request):
            require(request, "view_shipment")
        found = story(int(object_id)) if object_id.isdecimal() else None
        if found is None:
            raise Http404("There is no such parcel.")
        parcel = found.shipment
        if parcel.merged_into_id:
            return HttpResponseRedirect(page_of(parcel.merged_into_id))
        who = reader(request)
        language = (get_language() or "en").partition("-")[0]
        person = _person(request, parcel, who)
        policies = Policies()
        watches = watch_lines(why_quiet(parcel, who.now, policies), who, deciding_rows(parcel, policies))
        context = {
            "story": found,
            "parcel": parcel,
            "person": person,
            "told": told(parcel, language),
            "facts": strip(found, who),
            "details": details(parcel, person, who),
            "steps": evidence_steps(parcel),
            "warnings": warnings(parcel, who),
            "running": [each for each in watches if each.fired or each.due],
            "idle": [each for each in watches if not (each.fired or each.due)],
            "lines": lines(found, who, language),
            "may_act": may(request, "act_on_case"),
            "correct_form": CorrectStatusForm(initial={"status": parcel.status}),
            "settle_form": SettleForm(),
            "disputes": mentioned(found.entries),
            "reports": reports_in(found.entries),
            "tickets": tickets_shown(
                person, parcel.order.customer if parcel.order else None, shipment_id=parcel.pk, order_id=parcel.order_id
            ),
            **forms_given,
        }
        return self.page(request, "shiptrack/shipment/page.html", _title(parcel), **context)

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a person's word about the status."""
        require(request, "act_on_case")
        form = CorrectStatusForm(request.POST)
        if not form.is_valid():
            return self._show(request, str(pk), correct_form=form)
        return self._act(request, pk, corrections.correct_status, "The status is corrected.", **form.cleaned_data)

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a person's word about movement after the end."""
        require(request, "act_on_case")
        form = SettleForm(request.POST)
        if not form.is_valid():
            return self._show(request, str(pk), settle_form=form)
        return self._act(request, pk, corrections.settle, "The movement is settled.", **form.cleaned_data)

    def _act(self, request: HttpRequest, pk: int, operation: Any, done: str, **given: Any) -> HttpResponse:
        try:
            operation(shipment_id=pk, actor=request.user, now=reader(request).now, **given)
        except (ActionRefused, Shipment.DoesNotExist) as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(page_of(pk))


def page_of(shipment_id: int) -> str:
    """Address of a parcel's page."""
    return reverse("admin:tracking_shipment_change", args=[shipment_id])


def _person(request: HttpRequest, parcel: Shipment, who: Reader) -> masking.Person:
    customer = parcel.order.customer if parcel.order else None
    seen = customer is not None and customer.pk in revealed_customers(request.user, [customer.pk], who.now)
    return masking.customer(customer, revealed=seen)


def _title(parcel: Shipment) -> str:
    name = number_groups(parcel.number) if parcel.number else f"parcel {parcel.pk}, no number yet"
    return f"{parcel.carrier or ''} {name}".strip()
