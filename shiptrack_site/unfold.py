"""How the admin looks: name, colours, own style sheets and scripts (django-unfold 0.91)."""

from django.http import HttpRequest
from django.templatetags.static import static

PETROL = {
    "50": "#f0f8fa",
    "100": "#e0f1f5",
    "200": "#b5dbe4",
    "300": "#84c5d5",
    "400": "#67c6db",
    "500": "#3aa9c2",
    "600": "#0b6a80",
    "700": "#095769",
    "800": "#0a4655",
    "900": "#0b3a47",
    "950": "#06242d",
}
"""The primary scale. It collides with no status colour."""


def tokens(request: HttpRequest) -> str:
    """Address of the style sheet with colours and small parts."""
    return static("shiptrack/tokens.css")


def shell(request: HttpRequest) -> str:
    """Address of the style sheet with our changes to the theme's frame; first, because its layer must come first."""
    return static("shiptrack/shell.css")


def icon(request: HttpRequest) -> str:
    """Address of the icon in the browser's tab."""
    return static("shiptrack/icon.svg")


def theme(request: HttpRequest) -> str:
    """Address of the script that sets dark or light before the first paint."""
    return static("shiptrack/theme.js")


def keys(request: HttpRequest) -> str:
    """Address of the script that answers to keys."""
    return static("shiptrack/keys.js")


UNFOLD = {
    "SITE_TITLE": "ShipTrack",
    "SITE_HEADER": "ShipTrack",
    "SITE_SYMBOL": "package_2",
    "SITE_URL": None,  # there is no public front page to return to
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": PETROL},
    "STYLES": [shell, tokens],
    "SCRIPTS": [theme, keys],
    "ENVIRONMENT": "shiptrack_site.environment_label.environment",
    "GLOBAL_CALLBACK": "shiptrack_site.feed_banner.banner",
    "DASHBOARD_CALLBACK": "shiptrack_site.dashboard.home",
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": "shiptrack_site.navigation.side_bar",
    },
    # `search_models` would read every matching row; the callback looks up by index.
    "COMMAND": {"search_models": False, "search_callback": "tracking.admin.palette.search"},
}
