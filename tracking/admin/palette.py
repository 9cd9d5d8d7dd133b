"""The command palette: typing a number, an e-mail or a case finds the page. Exact and prefix look-ups by index only."""

import re

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from tracking.models import ExceptionCase, Order, Shipment
from tracking.orders.queries import ids_by_email, ids_by_number
from tracking.privacy import masking
from tracking.privacy.operations import may_reveal
from tracking.shipments.queries import ids_by_tracking_number
from tracking.templatetags.shiptrack import number_groups

MOST = 20
_EACH = 8
_CASE = re.compile(r"(?:case\s*|c-?)?(\d{1,18})", re.IGNORECASE)


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return at most 20 pages that somebody may mean by `term`, in a fixed number of queries, of what they may see.

    The theme hands the term over in lower case; look-ups do not depend on it.
    """
    text = term.strip()[:200]
    if len(text) < 2:
        return []
    if "@" in text:
        return _orders(request, ids_by_email(text) if may_reveal(request.user) else [])
    found = [*_cases(request, text), *_orders(request, ids_by_number(text)), *_parcels(request, text)]
    return found[:MOST]


def _cases(request: HttpRequest, text: str) -> list[SearchResult]:
    match = _CASE.fullmatch(text)
    if match is None or not request.user.has_perm("tracking.view_exceptioncase"):
        return []
    rows = ExceptionCase.objects.filter(pk=int(match.group(1))).select_related("order")
    return [
        SearchResult(
            title=f"Case {row.pk}: {row.get_kind_display()}",
            description=" · ".join(part for part in (row.get_state_display(), str(row.order or "")) if part),
            link=reverse("admin:tracking_exceptioncase_change", args=[row.pk]),
            icon="inbox",
        )
        for row in rows
    ]


def _orders(request: HttpRequest, ids: list[int]) -> list[SearchResult]:
    if not request.user.has_perm("tracking.view_order"):
        return []
    rows = Order.objects.filter(pk__in=ids[:_EACH]).select_related("store", "customer").order_by("-id")
    return [
        SearchResult(
            title=f"Order {row}",
            description=" · ".join(part for part in (str(row.store), masking.customer(row.customer).name) if part),
            link=reverse("admin:tracking_order_change", args=[row.pk]),
            icon="receipt_long",
        )
        for row in rows
    ]


def _parcels(request: HttpRequest, text: str) -> list[SearchResult]:
    if not request.user.has_perm("tracking.view_shipment"):
        return []
    rows = Shipment.objects.filter(pk__in=ids_by_tracking_number(text)[:_EACH]).select_related("carrier", "order")
    return [
        SearchResult(
            title=number_groups(row.number) or f"Parcel {row.pk}",
            description=" · ".join(
                part for part in (row.get_status_display(), str(row.carrier or ""), str(row.order or "")) if part
            ),
            link=reverse("admin:tracking_shipment_change", args=[row.pk]),
            icon="package_2",
        )
        for row in rows.order_by("-id")
    ]
