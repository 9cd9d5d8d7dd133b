"""The admin pages about messages. A new page is one new file and one line here."""

from notifications.admin import outbox

__all__ = ["outbox"]
