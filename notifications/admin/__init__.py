"""The admin pages about messages. A new page is one new file and one line here."""

from notifications.admin import outbox, rules, templates

__all__ = ["outbox", "rules", "templates"]
