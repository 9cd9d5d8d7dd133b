"""The side bar: which pages exist, in which order, for whom. A page shows once it is registered and may be viewed."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from tracking.exception_queue import queries

Item = tuple[str, str, str]  # title, icon, "app.Model"

WORK: tuple[Item, ...] = (
    ("Exception queue", "inbox", "tracking.ExceptionCase"),
    ("Shipments", "package_2", "tracking.Shipment"),
    ("Orders", "receipt_long", "tracking.Order"),
    ("Team load", "group_work", "tracking.TeamLoad"),
    ("Shift hand-over", "swap_horiz", "tracking.ShiftHandover"),
)
FEEDS: tuple[Item, ...] = (
    ("Sources", "sensors", "tracking.Source"),
    ("Inbound messages", "mail", "tracking.InboundMessage"),
    ("Tracking codes", "help", "tracking.TrackingCode"),
    ("Status mapping", "account_tree", "tracking.StatusMapping"),
)
SETUP: tuple[Item, ...] = (
    ("Stores", "storefront", "tracking.Store"),
    ("Carriers", "local_shipping", "tracking.Carrier"),
    ("Services", "speed", "tracking.Service"),
    ("Warehouses", "warehouse", "tracking.Warehouse"),
    ("Windows", "hourglass_empty", "tracking.WindowPolicy"),
    ("Exception kinds", "rule", "tracking.KindPolicy"),
    ("Care levels", "shield", "tracking.CarePolicy"),
    ("Promises", "event_available", "tracking.PromisePolicy"),
    ("Polling", "sync", "tracking.PollPolicy"),
    ("Teams", "groups", "tracking.Team"),
    ("Shifts", "schedule", "tracking.TeamMember"),
    ("Absences", "flight_takeoff", "tracking.Absence"),
    ("Escalation", "stairs", "tracking.EscalationPolicy"),
    ("Routing", "alt_route", "tracking.RoutingRule"),
)
UPKEEP: tuple[Item, ...] = (
    ("People", "person", "auth.User"),
    ("Groups", "group", "auth.Group"),
    ("Privacy tasks", "privacy_tip", "tracking.PrivacyTask"),
    ("Personal data look-ups", "visibility", "tracking.RevealLog"),
    ("Domain events", "history", "tracking.DomainEvent"),
    ("Failed logins", "lock", "axes.AccessAttempt"),
)


def side_bar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the side bar for this reader, in the theme's form."""
    home = {"title": "Home", "icon": "space_dashboard", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [
        {"title": "Work", "items": [home, *_items(request, WORK)]},
        {"title": "Feeds", "items": [*_items(request, FEEDS), *_discipline(request)]},
        {"title": "Set up", "collapsible": True, "items": _items(request, SETUP)},
        {"title": "Administration", "collapsible": True, "items": _items(request, UPKEEP)},
    ]
    return [group for group in groups if group["items"]]


def _discipline(request: HttpRequest) -> list[dict[str, Any]]:
    page = {"title": "Data discipline", "icon": "rule_settings", "link": reverse("discipline")}
    return [page] if request.user.has_perm("tracking.view_shipment") else []


def open_count(request: HttpRequest) -> str:
    """The queue's badge: open cases, counted up to the cap; not counted again where the page has done so."""
    counted = getattr(request, "shiptrack_open_count", None)
    return queries.shown_count(queries.count_open() if counted is None else counted)


def _items(request: HttpRequest, items: tuple[Item, ...]) -> list[dict[str, Any]]:
    return [_item(title, icon, label) for title, icon, label in items if _is_shown(request, label)]


def _is_shown(request: HttpRequest, label: str) -> bool:
    page = admin.site._registry.get(apps.get_model(label))
    return page is not None and page.has_view_permission(request)


def _item(title: str, icon: str, label: str) -> dict[str, Any]:
    address = reverse("admin:" + label.lower().replace(".", "_") + "_changelist")
    item = {"title": title, "icon": icon, "link": address}
    if label == "tracking.ExceptionCase":
        item |= {"badge": "shiptrack_site.navigation.open_count", "badge_variant": "primary"}
    return item
