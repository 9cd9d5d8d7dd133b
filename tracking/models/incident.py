"""What goes wrong with a feed: silences, and changes that only the reconciliation found."""

from django.db import models
from django.db.models import Q

from tracking.models.order import Order
from tracking.models.source import Source


class FeedHour(models.Model):
    """One clock hour (UTC) in which a source was heard: how often, and the first and last time.

    Gaps between messages are read from these rows, so that nobody walks over the messages themselves. A gap of an hour
    or more always lies between two rows.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, db_index=False)
    hour_at = models.DateTimeField()
    heard = models.PositiveIntegerField(help_text="Messages, and answers to our questions.")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "hour_at"], name="feedhour_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.hour_at:%Y-%m-%d %H:00}"


class FeedIncident(models.Model):
    """A source that has fallen silent while parcels depend on it; at most one open per source."""

    class Reason(models.TextChoices):
        SILENT = "silent", "No message for too long"
        FAILED_POLLS = "failed_polls", "Our questions fail"

    class Ended(models.TextChoices):
        NOT_YET = "", "Still open"
        HEARD = "heard", "The source spoke again"
        NO_LONGER_ASKED = "no_longer_asked", "A person switched the source off"
        NO_PARCELS = "no_parcels", "No active parcel depends on it any more"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="incidents")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    began_at = models.DateTimeField(help_text="Since when nothing was heard; the clocks stand from here.")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=16, choices=Ended.choices, blank=True)
    parcels = models.PositiveIntegerField(help_text="Active parcels it told of, when the incident opened.")
    parcels_alone = models.PositiveIntegerField(help_text="Those that no other source tells of: their clocks stand.")
    limit = models.DurationField(
        null=True, blank=True, help_text="The silence that counts as too long, if that was it."
    )

    class Meta:
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(ended_at=None), name="feedincident_one_open")
        ]

    def __str__(self) -> str:
        return f"{self.source} since {self.began_at:%Y-%m-%d %H:%M}"


class FeedGap(models.Model):
    """A change that a platform reported only when asked: its webhook never came."""

    class About(models.TextChoices):
        ORDER = "order", "Order"
        FULFILMENT = "fulfilment", "Fulfilment"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    about = models.CharField(max_length=12, choices=About.choices)
    external_id = models.CharField(max_length=128)
    label = models.CharField(max_length=160, blank=True, help_text="As people call it: #1042.")
    changed_at = models.DateTimeField(help_text="The vendor's version that no webhook told.")
    found_at = models.DateTimeField(help_text="When the reconciliation brought it.")
    message_id = models.BigIntegerField(null=True, blank=True)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "about", "external_id", "changed_at"], name="feedgap_once")
        ]
        indexes = [models.Index(fields=["source", "-found_at"], name="feedgap_newest")]

    def __str__(self) -> str:
        return f"{self.label or self.external_id} changed {self.changed_at:%Y-%m-%d %H:%M}"
