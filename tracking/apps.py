from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Signals in, one truth per parcel, owned exceptions out."""

    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Tracking"
