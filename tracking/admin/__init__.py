"""The admin pages. A new page is one new file and one line here."""

from tracking.admin import case

__all__ = ["case"]
