from django.apps import AppConfig
from django.core.checks import register

from tracking import bulk, timestamps
from tracking.checks import CHECKS


class TrackingConfig(AppConfig):
    """Signals in, one truth per parcel, owned exceptions out."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tracking"

    def ready(self) -> None:
        """Register the system checks; read moments fast, ask for many rows by one parameter."""
        timestamps.read_fast()
        bulk.register_lookups()
        for check in CHECKS:
            register(check)
