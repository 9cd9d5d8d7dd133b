"""The side bar: which pages exist, in which order, for whom. A page shows once it is registered and may be viewed."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.admin.queue_counts import ViewLink, counted, view_links
from tracking.exception_queue import queries

Item = tuple[str, str, str]  # title, icon, "app.Model"

QUEUE = "tracking.ExceptionCase"
WORK: tuple[Item, ...] = (
    ("Exception queue", "inbox", QUEUE),
    ("Shipments", "package_2", "tracking.Shipment"),
    ("Orders", "receipt_long", "tracking.Order"),
    ("Disputes", "gavel", "tracking.Dispute"),
    ("Tickets", "confirmation_number", "tracking.SupportTicket"),
    ("Playbook", "menu_book", "tracking.Playbook"),
    ("Messages", "outgoing_mail", "notifications.OutboxRow"),
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
    ("Message rules", "rule_settings", "notifications.RuleSetVersion"),
    ("Message templates", "draft", "notifications.TemplateVersion"),
    ("Channels", "hub", "notifications.ChannelState"),
    ("Opt-outs", "unsubscribe", "notifications.OptOut"),
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


def open_count(request: HttpRequest) -> SafeString:
    """The queue's badge: open cases, counted up to the cap."""
    return _number("open", queries.shown_count(counted(request)["open"]))


def _items(request: HttpRequest, items: tuple[Item, ...]) -> list[dict[str, Any]]:
    found = []
    for title, icon, label in items:
        if _is_shown(request, label):
            found.append(_item(title, icon, label))
            if label == QUEUE:
                found += [_view_item(view) for view in view_links(request)]
    return found


def _is_shown(request: HttpRequest, label: str) -> bool:
    page = admin.site._registry.get(apps.get_model(label))
    return page is not None and page.has_view_permission(request)


def _item(title: str, icon: str, label: str) -> dict[str, Any]:
    address = reverse("admin:" + label.lower().replace(".", "_") + "_changelist")
    item = {"title": title, "icon": icon, "link": address}
    if label == QUEUE:
        item |= {"badge": "shiptrack_site.navigation.open_count", "badge_variant": "primary"}
    return item


def _view_item(view: ViewLink) -> dict[str, Any]:
    """A view of the queue, below the queue's own line."""
    line = format_html(
        '<span class="sb-view{}" title="{}">{}</span>', " sb-first" if view.begins_group else "", view.definition,
        view.label,
    )  # fmt: skip
    return {
        "title": line,
        "link": view.address,
        "active": view.is_on,
        "badge": _number(view.key, view.count, view.tint),
    }


def _number(key: str, count: str, tint: str = "") -> SafeString:
    """A number that the page keeps up to date."""
    return format_html('<span class="sb-n {}" data-count="{}">{}</span>', tint, key, count)
