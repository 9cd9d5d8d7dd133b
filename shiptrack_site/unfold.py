"""How the admin looks: name, colours, own style sheets and scripts (django-unfold 0.91)."""

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

UNFOLD = {
    "SITE_TITLE": "ShipTrack",
    "SITE_HEADER": "ShipTrack",
    "SITE_SYMBOL": "package_2",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": PETROL},
    "COMMAND": {"search_models": False},  # it loads every matching row; see the search callback instead
}
