"""The admin pages about messages. A new page is one new file and one line here."""

from notifications.admin import channels, outbox, rules, templates

__all__ = ["channels", "outbox", "rules", "templates"]
