"""Disputes: the list, the form that opens one, and the printable page of its frozen evidence."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from tracking.admin.base import require
from tracking.admin.dispute_shown import shown
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader, reader
from tracking.exception_queue import disputes
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.evidence_pack import TITLES
from tracking.models import Dispute, Shipment
from tracking.privacy import masking
from tracking.privacy.operations import may_reveal, reveal_customer
from tracking.privacy.queries import revealed_customers
from tracking.shipments.queries import ids_by_text
from tracking.templatetags.shiptrack import badge, case_state_badge, number_groups, when
from tracking.vocabulary import DisputeKind, DisputeSource, ShipmentStatus

BY_AGENTS = (DisputeSource.AGENT, DisputeSource.TICKET)


class OpenForm(forms.Form):
    """What the customer says, as an agent takes it down."""

    kind = forms.ChoiceField(label="What is disputed", choices=DisputeKind.choices)
    source = forms.ChoiceField(
        label="How the customer told us", choices=[(each.value, each.label) for each in BY_AGENTS]
    )
    said = forms.CharField(
        label="What the customer says", max_length=disputes.LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )


@admin.register(Dispute)
class DisputeAdmin(RowList):
    """What customers say against the carrier's story."""

    comes_from = "A customer's report opens one, or an agent does: “customer disputes it” on a case or parcel."
    columns = ("name", "parcel", "of_order", "customer_shown", "told", "opened", "stands")
    list_select_related = ("shipment", "shipment__order", "customer", "case")
    list_filter = ("kind", "source")
    search_fields = ("shipment__number",)
    search_help_text = "Tracking number or order number, whole or its beginning"

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By tracking number or order number of the parcel."""
        return list(Dispute.objects.filter(shipment_id__in=ids_by_text(text)).values_list("pk", flat=True))

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Views of the list."""
        kinds = [(kind.label, f"kind__exact={kind.value}") for kind in DisputeKind]
        chosen = request.GET.urlencode()
        return [Tab(label, query, is_on=query == chosen) for label, query in [("All", ""), *kinds]]

    @admin.display(description="Dispute")
    def name(self, row: Dispute, who: Reader) -> SafeString:
        """Its number and kind, a link to its evidence."""
        return format_html('<a class="st-link" href="{}">{}</a>', page_of(row.pk), row)

    @admin.display(description="Parcel")
    def parcel(self, row: Dispute, who: Reader) -> SafeString:
        """The tracking number, a link."""
        address = reverse("admin:tracking_shipment_change", args=[row.shipment_id])
        text = number_groups(row.shipment.number) or "no number"
        return format_html('<a class="st-link st-nowrap" href="{}">{}</a>', address, text)

    @admin.display(description="Order")
    def of_order(self, row: Dispute, who: Reader) -> str:
        """The order's number."""
        return str(row.shipment.order or "—")

    @admin.display(description="Customer")
    def customer_shown(self, row: Dispute, who: Reader) -> str:
        """Initials only."""
        return masking.customer(row.customer).name or "—"

    @admin.display(description="By")
    def told(self, row: Dispute, who: Reader) -> str:
        """How it reached us."""
        return row.get_source_display()

    @admin.display(description="Opened")
    def opened(self, row: Dispute, who: Reader) -> SafeString:
        """When the evidence was frozen."""
        return when(row.opened_at, who)

    @admin.display(description="Case")
    def stands(self, row: Dispute, who: Reader) -> SafeString | str:
        """How its case stands, a link to it."""
        if row.case is None:
            return "—"
        ended = badge("ok", "flag", row.case.get_outcome_display()) if row.case.outcome else ""
        address = reverse("admin:tracking_exceptioncase_change", args=[row.case.pk])
        state = ended or case_state_badge(row.case.state)
        return format_html('<a class="st-link" href="{}">C-{}</a> {}', address, row.case.pk, state)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        """Newest first."""
        return super().get_queryset(request).order_by("-opened_at", "-id")

    def get_urls(self) -> list[URLPattern]:
        """Also the form that opens a dispute, and the logged look at personal data."""
        view = self.admin_site.admin_view
        return [
            path("open/<int:shipment_id>/", view(self.open_view), name="tracking_dispute_open"),
            path("<int:pk>/reveal/", view(require_POST(self.reveal_view)), name="tracking_dispute_reveal"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The evidence as it was frozen, checked against its hashes at this moment."""
        if not self.has_view_permission(request):
            require(request, "view_dispute")
        rows = Dispute.objects.select_related("shipment__order", "shipment__carrier", "case", "customer", "opened_by")
        dispute = rows.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
        if dispute is None:
            raise Http404("There is no such dispute.")
        who = reader(request)
        customer = [dispute.customer_id] if dispute.customer_id else []
        revealed = bool(revealed_customers(request.user, customer, who.now))
        checks = disputes.verify(dispute)
        sections = [
            {
                "title": TITLES.get(check.section.name, check.section.name),
                "template": f"shiptrack/dispute/{check.section.name}.html",
                "content": shown(check.section.content, revealed=revealed),
                "sha256": check.section.sha256,
                "state": check.state,
            }
            for check in checks
        ]
        return self.page(
            request,
            "shiptrack/dispute/page.html",
            str(dispute),
            dispute=dispute,
            sections=sections,
            changed=sum(check.state == "changed" for check in checks),
            erased=sum(check.state == "erased" for check in checks),
            is_revealed=revealed,
            can_reveal=bool(customer) and not revealed and dispute.erased_at is None and may_reveal(request.user),
        )

    def reveal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the customer's data unmasked for a while, and log who looked."""
        require(request, "reveal_personal_data")
        dispute = Dispute.objects.filter(pk=pk).first()
        if dispute is None or dispute.customer_id is None:
            raise Http404("This dispute has no customer.")
        where = f"dispute {pk}"
        reveal_customer(customer_id=dispute.customer_id, actor=request.user, now=reader(request).now, where=where)
        return HttpResponseRedirect(page_of(pk))

    def open_view(self, request: HttpRequest, shipment_id: int) -> HttpResponse:
        """Take a dispute down; GET shows the form, POST freezes the evidence."""
        require(request, "act_on_case")
        rows = Shipment.objects.select_related("order", "carrier").filter(merged_into=None)
        parcel = rows.filter(pk=shipment_id).first()
        if parcel is None:
            raise Http404("There is no such parcel.")
        form = OpenForm(request.POST or None, initial={"kind": _likely(parcel), "source": DisputeSource.AGENT})
        actor: Any = request.user
        if request.method == "POST" and form.is_valid():
            try:
                made = disputes.open_dispute(
                    shipment_id=shipment_id, actor=actor, now=reader(request).now, **form.cleaned_data
                )
            except ActionRefused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, "The evidence is frozen and the case is in the queue.")
                return HttpResponseRedirect(page_of(made.pk))
        answer = self.page(
            request,
            "shiptrack/dispute/open.html",
            "The customer disputes it",
            parcel=parcel,
            form=form,
            earlier=list(parcel.disputes.select_related("case")[:5]),
            titles=list(TITLES.values()),
        )
        answer.status_code = 422 if form.errors else 200
        return answer


def page_of(dispute_id: int) -> str:
    """Address of a dispute's page."""
    return reverse("admin:tracking_dispute_change", args=[dispute_id])


def _likely(parcel: Shipment) -> str:
    delivered = parcel.status == ShipmentStatus.DELIVERED
    return DisputeKind.DELIVERED_NOT_RECEIVED if delivered else DisputeKind.WRONG_ADDRESS
