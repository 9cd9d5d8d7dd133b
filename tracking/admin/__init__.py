"""The admin pages. A new page is one new file and one line here."""

from importlib import import_module

PAGES = ()

for page in PAGES:
    import_module(f"tracking.admin.{page}")
