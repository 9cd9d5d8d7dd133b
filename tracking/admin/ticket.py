"""Tickets: what customers ask at the help desk and what they were matched to, and the tickets of our cases."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader
from tracking.models import SupportTicket
from tracking.templatetags.shiptrack import badge, when
from tracking.vocabulary import TicketKind, TicketOrigin, TicketState

STATE_LOOK = {
    TicketState.OPEN: ("pri", "confirmation_number"),
    TicketState.PENDING: ("med", "hourglass_empty"),
    TicketState.SOLVED: ("ok", "check_circle"),
    TicketState.CLOSED: ("low", "lock"),
    TicketState.DELETED: ("high", "delete"),
}


@admin.register(SupportTicket)
class SupportTicketAdmin(RowList):
    """Every ticket, the newest first. What customers wrote is read at the desk, not here."""

    columns = ("ticket", "asks", "state_shown", "of_order", "of_case", "matched", "received")
    list_select_related = ("order", "case")
    list_filter = ("state", "kind", "origin", "desk")
    fields: ClassVar[tuple[str, ...]] = (
        "desk", "external_id", "origin", "state", "kind", "matched_by", "created_at", "updated_at", "received_at",
    )  # fmt: skip

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Views of the list."""
        views = (
            ("All", ""),
            ("Where is my order?", f"kind__exact={TicketKind.WISMO.value}"),
            ("Not received", f"kind__exact={TicketKind.NOT_RECEIVED.value}"),
            ("Of our cases", f"origin__exact={TicketOrigin.CASE.value}"),
        )
        chosen = request.GET.urlencode()
        return [Tab(label, query, is_on=query == chosen) for label, query in views]

    @admin.display(description="Ticket")
    def ticket(self, row: SupportTicket, who: Reader) -> SafeString | str:
        """The desk and its number, a link to the desk's own page."""
        if not row.url.startswith("https://"):
            return str(row)
        return format_html(
            '<a class="st-link" href="{}" rel="noreferrer noopener" target="_blank">{}</a>', row.url, row
        )

    @admin.display(description="About")
    def asks(self, row: SupportTicket, who: Reader) -> str:
        """What the customer wants, or that it stands for a case."""
        return str(row.get_origin_display() if row.origin == TicketOrigin.CASE else row.get_kind_display())

    @admin.display(description="State")
    def state_shown(self, row: SupportTicket, who: Reader) -> SafeString:
        """Where it stands at the desk."""
        tint, icon = STATE_LOOK.get(TicketState(row.state), ("low", "help"))
        return badge(tint, icon, row.get_state_display())

    @admin.display(description="Order")
    def of_order(self, row: SupportTicket, who: Reader) -> SafeString | str:
        """The order it speaks of, a link to it."""
        if row.order is None:
            return "—"
        address = reverse("admin:tracking_order_change", args=[row.order.pk])
        return format_html('<a class="st-link" href="{}">{}</a>', address, row.order)

    @admin.display(description="Case")
    def of_case(self, row: SupportTicket, who: Reader) -> SafeString | str:
        """The case it raised or stands for, a link to it."""
        if row.case_id is None:
            return "—"
        address = reverse("admin:tracking_exceptioncase_change", args=[row.case_id])
        return format_html('<a class="st-link" href="{}">C-{}</a>', address, row.case_id)

    @admin.display(description="Found by")
    def matched(self, row: SupportTicket, who: Reader) -> str:
        """By what it found its order."""
        return str(row.get_matched_by_display()) if row.matched_by else "—"

    @admin.display(description="Received")
    def received(self, row: SupportTicket, who: Reader) -> SafeString | str:
        """When it came in."""
        return when(row.received_at, who)
