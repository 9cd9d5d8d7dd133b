"""Orders: the list, and the page of one order with all its parcels."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from tracking.admin.base import may, require
from tracking.admin.lists import RowList, Tab
from tracking.admin.reader import Reader, reader
from tracking.admin.tickets_shown import tickets_shown
from tracking.customer_page.operations import renew_link
from tracking.exception_queue.errors import ActionRefused
from tracking.models import Customer, Order, Shipment
from tracking.orders.queries import ids_by_email, ids_by_number, story
from tracking.privacy import masking
from tracking.privacy.errors import RevealRefused
from tracking.privacy.operations import may_reveal, reveal_customer
from tracking.privacy.queries import VISIBLE_FOR, revealed_customers
from tracking.shipments.queries import ids_by_tracking_number, told
from tracking.templatetags.shiptrack import badge, money, status_badge, when

MOST_BADGES = 3


@admin.register(Order)
class OrderAdmin(RowList):
    """Every order we know."""

    columns = ("order_number", "store_name", "ordered", "ordered_by", "parcels", "total", "marks")
    list_select_related = ("store", "customer")
    list_filter = ("store", "needs_review", "is_test")
    search_fields = ("normalized_number",)
    search_help_text = "Order number, tracking number, or a whole e-mail address"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """With the parcels, one query for the page."""
        return super().get_queryset(request).prefetch_related("shipments")

    def find(self, request: HttpRequest, text: str) -> list[int]:
        """By order number or tracking number; by e-mail only for who may see personal data."""
        if "@" in text:
            return ids_by_email(text) if may_reveal(request.user) else []
        by_number = Shipment.objects.filter(pk__in=ids_by_tracking_number(text), order__isnull=False)
        return [*ids_by_number(text), *(pk for pk in by_number.values_list("order_id", flat=True) if pk)]

    def tabs(self, request: HttpRequest) -> list[Tab]:
        """Views of the list."""
        views = (
            ("All", ""),
            ("Needs review", "needs_review__exact=1"),
            ("Cancelled", "cancelled_at__isnull=False"),
            ("Test orders", "is_test__exact=1"),
        )
        chosen = request.GET.urlencode()
        return [Tab(label, query, is_on=query == chosen) for label, query in views]

    @admin.display(description="Order")
    def order_number(self, row: Order, who: Reader) -> SafeString:
        """Number, a link to the page."""
        address = reverse("admin:tracking_order_change", args=[row.pk])
        return format_html('<a class="st-link st-nowrap" href="{}">{}</a>', address, row)

    @admin.display(description="Store")
    def store_name(self, row: Order, who: Reader) -> str:
        """The shop front."""
        return str(row.store)

    @admin.display(description="Ordered")
    def ordered(self, row: Order, who: Reader) -> SafeString:
        """When it was placed."""
        return when(row.created_at, who, "not known")

    @admin.display(description="Customer")
    def ordered_by(self, row: Order, who: Reader) -> str:
        """Initials and city."""
        return ", ".join(part for part in (masking.customer(row.customer).name, row.ship_to_city) if part) or "—"

    @admin.display(description="Parcels")
    def parcels(self, row: Order, who: Reader) -> SafeString | str:
        """Status of its first parcels."""
        shown = list(row.shipments.all())
        if not shown:
            return "none yet"
        badges = format_html_join(" ", "{}", ((status_badge(each.status),) for each in shown[:MOST_BADGES]))
        more = f" +{len(shown) - MOST_BADGES}" if len(shown) > MOST_BADGES else ""
        return format_html("{}{}", badges, more)

    @admin.display(description="Total")
    def total(self, row: Order, who: Reader) -> str:
        """Its value."""
        return money(row.total_minor, row.currency) or "—"

    @admin.display(description="Marks")
    def marks(self, row: Order, who: Reader) -> SafeString:
        """What sets it apart."""
        return marks(row, needs_review=row.needs_review)

    def get_urls(self) -> list[URLPattern]:
        """Also the door to personal data."""
        reveal = self.admin_site.admin_view(require_POST(self.reveal))
        renew = self.admin_site.admin_view(require_POST(self.renew_link))
        return [
            path("<int:pk>/reveal/", reveal, name="order_reveal"),
            path("<int:pk>/new-link/", renew, name="order_new_link"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one order."""
        if not self.has_view_permission(request):
            require(request, "view_order")
        found = story(int(object_id)) if object_id.isdecimal() else None
        if found is None:
            raise Http404("There is no such order.")
        order, who = found.order, reader(request)
        language = (get_language() or "en").partition("-")[0]
        revealed = order.customer_id in revealed_customers(request.user, [order.customer_id], who.now)
        person = masking.customer(order.customer, revealed=revealed)
        return self.page(
            request,
            "shiptrack/order/page.html",
            f"Order {order}",
            story=found,
            order=order,
            parcels=[(parcel, told(parcel, language)) for parcel in found.parcels],
            tickets=tickets_shown(person, order.customer, order_id=order.pk),
            marks=marks(order, needs_review=found.needs_review),
            person=person,
            is_erased=bool(order.customer and order.customer.erased_at),
            may_reveal=may_reveal(request.user),
            may_renew=may(request, "message_customer"),
            minutes=int(VISIBLE_FOR.total_seconds() // 60),
        )

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Log the look, then show the page with the customer as they are. `next` may name another page of ours."""
        customer = Customer.objects.filter(order__pk=pk).first()
        if customer is None:
            raise Http404("This order has no customer.")
        try:
            reveal_customer(customer_id=customer.pk, actor=request.user, now=reader(request).now, where=f"order {pk}")
        except RevealRefused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(_back(request, reverse("admin:tracking_order_change", args=[pk])))

    def renew_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the address of the customer's page."""
        try:
            renew_link(order_id=pk, actor=reader(request).user, now=reader(request).now)
        except Order.DoesNotExist as missing:
            raise Http404("There is no such order.") from missing
        except ActionRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "The customer's page has a new link. The former ones open nothing any more.")
        return HttpResponseRedirect(reverse("admin:tracking_order_change", args=[pk]))


def marks(order: Order, *, needs_review: bool) -> SafeString:
    """Badges of what sets an order apart."""
    shown = (
        (needs_review, badge("high", "rate_review", "Needs review", "A parcel of this order has an open case")),
        (bool(order.cancelled_at), badge("low struck", "block", "Cancelled")),
        (order.is_test, badge("unm", "science", "Test order", "No customer is ever written to about it")),
        (order.is_stub, badge("dashed", "pending", "Only its number is known")),
    )
    return format_html_join(" ", "{}", ((sign,) for is_shown, sign in shown if is_shown))


def _back(request: HttpRequest, otherwise: str) -> str:
    wanted = request.POST.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise
