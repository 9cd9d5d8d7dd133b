from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import import_string


class NotificationsConfig(AppConfig):
    """What people and other systems are told; may import tracking, never the reverse."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register the system checks; they read models, which are there only now."""
        for check in import_string("notifications.checks.CHECKS"):
            register(check)
