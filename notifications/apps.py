from django.apps import AppConfig
from django.core.checks import register

from notifications.checks import CHECKS


class NotificationsConfig(AppConfig):
    """What people and other systems are told; may import tracking, never the reverse."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register the system checks."""
        for check in CHECKS:
            register(check)
