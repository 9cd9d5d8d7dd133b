from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What people and other systems are told; may import tracking, never the reverse."""

    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Notifications"
