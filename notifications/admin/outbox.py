"""The outbox: what waits for a person, what leaves when, what was said; and what people do with one message."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme

from notifications.admin.base import MessagesAdmin, address, number_in
from notifications.admin.writing import write_view
from notifications.channels.registry import CHANNELS
from notifications.doorbell import messages_are_due
from notifications.ledger_lines import row_detail, rule_names
from notifications.models import MessagingSwitch, OutboxRow
from notifications.outbox import operations
from notifications.outbox.operations import OutboxRefused
from notifications.previewing import customer_of, parcels, words_of_row
from notifications.queries import COUNTED_TO, VIEWS, orders_of, outbox_counts, outbox_page, outbox_row
from notifications.vocabulary import OutboxState
from notifications.words import STATE_LOOK, TO_WHOM, acts_for, title_of
from tracking.admin.base import may, require
from tracking.admin.reader import reader
from tracking.models import Order
from tracking.privacy.queries import revealed_customers

PAGE = 50
Act = Callable[..., OutboxRow]
ACTS: dict[str, tuple[Act, str]] = {
    "send_now": (operations.send_now, "It leaves now, if it is still true."),
    "cancel": (operations.cancel, "It is withdrawn and does not leave."),
    "approve": (operations.approve, "Approved: it leaves now, if it is still true."),
    "it_was_sent": (operations.it_was_sent, "It counts as sent."),
    "send_again": (operations.send_again, "It is sent again."),
    "retry": (operations.retry, "It is tried again."),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One message as the list shows it."""

    row: OutboxRow
    title: str
    to: str
    tint: str
    icon: str
    detail: str
    order: Order | None
    acts: list[tuple[str, str, str]]


@admin.register(OutboxRow)
class OutboxAdmin(MessagesAdmin):
    """Messages to customers and colleagues."""

    def get_urls(self) -> list[URLPattern]:
        """Also what people do with a message, and writing one from a case."""
        wrap = self.admin_site.admin_view
        own = [
            path("<int:row_id>/do/<slug:name>/", wrap(self.act_view), name="notifications_act"),
            path("write/<int:case_id>/", wrap(lambda *a, **k: write_view(self, *a, **k)), name="notifications_write"),
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One view of the outbox, newest first; the views that wait for a person come first."""
        self.may_look(request)
        counts = outbox_counts()
        wanted = request.GET.get("view", "")
        view = (
            wanted
            if wanted in VIEWS
            else next((key for key in ("approve", "unknown", "failed") if counts[key]), "sent")
        )
        rows = outbox_page(view, before=number_in(request, "before"), limit=PAGE + 1)
        names, orders = rule_names(), orders_of(rows[:PAGE])
        return self.page(
            request,
            "notifications/outbox.html",
            "Messages",
            views=[(key, label, counts[key], key == view) for key, (label, _) in VIEWS.items()],
            counted_to=COUNTED_TO,
            view=view,
            items=[_item(row, names, orders.get(row.order_id or 0)) for row in rows[:PAGE]],
            older=rows[PAGE - 1].pk if len(rows) > PAGE else 0,
            switch=MessagingSwitch.objects.filter(is_off=True).first(),
            may_act=may(request, "message_customer"),
            here=request.get_full_path(),
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message: what it says, why and on which facts it was decided, what became of every try."""
        self.may_look(request)
        row = outbox_row(int(object_id)) if object_id.isdecimal() and len(object_id) < 18 else None
        if row is None:
            raise Http404("There is no such message.")
        who, shipments = reader(request), parcels(row.covers)
        customer = customer_of(shipments)
        revealed = bool(customer and customer.pk in revealed_customers(who.user, [customer.pk], who.now))
        words, about = words_of_row(row, revealed=revealed)
        decision = getattr(row, "decision", None)
        return self.page(
            request,
            "notifications/message.html",
            title_of(row.rule_key, rule_names()),
            row=row,
            words=words,
            about=about,
            is_masked=bool(customer) and not revealed,
            parcels=shipments,
            decision=decision,
            item=_item(row, rule_names(), None),
            channel=CHANNELS[row.channel].label if row.channel in CHANNELS else row.channel,
            tries=row.deliveries.all(),
            actions=row.actions.select_related("actor"),
            reports=row.reports.all(),
            may_act=may(request, "message_customer"),
            here=request.get_full_path(),
        )

    def act_view(self, request: HttpRequest, row_id: int, name: str) -> HttpResponse:
        """Carry out what a person decided about one message. POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        require(request, "message_customer")
        if name not in ACTS:
            raise Http404("There is no such act.")
        act, done = ACTS[name]
        try:
            row = act(row_id=row_id, actor=request.user, now=reader(request).now)
        except OutboxRow.DoesNotExist as error:
            raise Http404("There is no such message.") from error
        except OutboxRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, done)
            if row.state == OutboxState.SCHEDULED:
                messages_are_due()
        wanted = request.POST.get("next", "")
        if not (wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})):
            wanted = address("outboxrow", "change", row_id)
        return HttpResponseRedirect(wanted)


def _item(row: OutboxRow, names: dict[str, str], order: Order | None) -> Item:
    tint, icon = STATE_LOOK[row.state]
    who = TO_WHOM.get(row.audience, row.audience)  # type: ignore[call-overload]
    return Item(row, title_of(row.rule_key, names), who, tint, icon, row_detail(row, ""), order, acts_for(row))
